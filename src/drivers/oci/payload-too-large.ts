import { authError, ImgctlError, limitError } from '../../core/errors.ts';
import type { Answer } from '../../core/answer.ts';
import { isQuota, errorFrom } from './errors.ts';
import { uploadSessionError } from './upload-session.ts';

/** A request carried more than the registry, or a proxy before it, takes at once. Less at once may get through. */
export class PayloadTooLarge extends ImgctlError {}

/**
 * The refusal of a request that carried a disk or a piece of it. 413 is a proxy's, 416 some registries'. 401 after the sign-in
 * worked: the token ended before the request did, since registries and proxies may look at it when the body is whole. No status
 * goes with that one, for credentials are not at fault.
 */
export function uploadError(answer: Answer, body: string, what: string): ImgctlError {
  const { status } = answer;
  if ((status !== 401 && status !== 413 && status !== 416) || (status === 413 && isQuota(body)))
    return uploadSessionError(answer, body, what);
  const { code, message, circumstances } =
    status === 401
      ? authError(`${what}: the token expired before all was sent (HTTP 401)`)
      : limitError(errorFrom(answer, body, what).message, { status });
  return new PayloadTooLarge(code, message, {
    ...circumstances,
    tooMuchAtOnce: true,
    hint: 'Send the disk in smaller requests:',
    next: [{ verb: 'profile set', args: ['chunkSize=4MiB'] }],
  });
}
