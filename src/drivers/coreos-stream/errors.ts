import { notFoundError, type ImgctlError } from '../../core/errors.ts';

/** A file that the stream names and that is not there. */
export const errorFrom = (url: URL, status: number): ImgctlError =>
  notFoundError(`the stream names ${url.href}, and the server does not have it`, {
    status,
    hint: 'Try again later: the stream may just have got a new release.',
  });
