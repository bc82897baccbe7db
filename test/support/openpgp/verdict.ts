import { ImgctlError } from '../../../src/core/errors.ts';

/** What a judgement came to: `good`, or how it was refused. */
export function verdict(work: () => unknown): string {
  try {
    work();
    return 'good';
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}
