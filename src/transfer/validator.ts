import type { Answer } from '../core/answer.ts';

/** What a server says of the state that a file is in (RFC 9110 section 8.8), and how long it is. */
export interface Validator {
  readonly etag?: string;
  readonly modified?: string;
  readonly total?: number;
}

const lengthIn = (text: string | undefined): number | undefined => (/^\d+$/.test(text ?? '') ? Number(text) : undefined);

/** What the answer to a request for bytes says. */
export function validatorOf({ status, headers }: Answer): Validator {
  const { etag, 'last-modified': modified } = headers;
  // Of a part its own length is in `content-length`.
  const total = lengthIn(status === 206 ? headers['content-range']?.split('/')[1] : headers['content-length']);
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(modified === undefined ? {} : { modified }),
    ...(total === undefined ? {} : { total }),
  };
}

/** Whether it would be noticed if the file were replaced by another one of the same length. */
export const tellsStates = ({ etag, modified }: Validator): boolean => etag !== undefined || modified !== undefined;

const isWeak = (etag: string): boolean => etag.startsWith('W/');
const opaque = (etag: string): string => etag.replace(/^W\//, '');

/**
 * Whether two answers are of one state of a file, by all that both of them say: only then may their bytes be put together
 * (RFC 9110 section 15.3.7.3). A strong ETag decides alone, but for the length.
 */
export function isSameState(one: Validator, other: Validator): boolean {
  if (one.total !== undefined && other.total !== undefined && one.total !== other.total) return false;
  if (one.etag !== undefined && other.etag !== undefined) {
    if (opaque(one.etag) !== opaque(other.etag)) return false;
    if (!isWeak(one.etag) && !isWeak(other.etag)) return true;
  }
  return one.modified === undefined || other.modified === undefined || one.modified === other.modified;
}
