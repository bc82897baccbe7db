import { notFoundError, type ImgctlError } from '../../core/errors.ts';

/** A file that is named and not there: mirrors get the lists before the files. `before`: what can be had instead. */
export const errorFrom = (url: URL, status: number, before: string | undefined): ImgctlError =>
  notFoundError(`a checksum file names ${url.href}, and the server does not have it`, {
    status,
    hint:
      before === undefined ? 'Try again later, or use another mirror.' : `Try again later, or use the serial before: ${before}`,
  });
