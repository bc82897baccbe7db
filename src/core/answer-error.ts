import type { Answer } from './answer.ts';
import { ImgctlError, type Circumstances, type Code } from './errors.ts';

/** The kind of failure that an HTTP status stands for. 408 counts as the network's: nobody refused anything. */
function codeOfStatus(status: number): Code {
  if (status === 401 || status === 403) return 'AUTH';
  if (status === 404 || status === 410) return 'NOT_FOUND';
  if (status === 409 || status === 412) return 'CONFLICT';
  if ([413, 414, 429, 431, 494].includes(status)) return 'LIMIT';
  if (status === 408) return 'NETWORK';
  if (status === 400 || status === 422) return 'USAGE';
  if (status === 405 || status === 501) return 'UNSUPPORTED';
  return 'PROVIDER';
}

/** An address as a message may name it: what is behind `?` may be a signature, and user and password may stand in front. */
export const withoutQuery = (address: string): string =>
  address.replace(/[?#].*$/s, '').replace(/^([\w+.-]+:)?\/\/[^/]*@/, '$1//');

/**
 * Milliseconds that `Retry-After` asks for (RFC 9110 section 10.2.3: seconds, or a date by the clock of the server, which `Date`
 * tells); absent if it says nothing sensible.
 */
export function retryAfterMs({ 'retry-after': value, date }: Answer['headers']): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value) * 1000;
  const [at, now] = [Date.parse(value), Date.parse(date ?? '')];
  return Number.isNaN(at) ? undefined : Math.max(0, at - (Number.isNaN(now) ? Date.now() : now));
}

/** What an answer tells of the request that it is to: its status, and how to find it in the provider's logs. */
export const answerCircumstances = ({ status, requestId }: Answer): Pick<Circumstances, 'status' | 'requestId'> => ({
  status,
  ...(requestId === undefined ? {} : { requestId }),
});

/** What an unwelcome answer says. */
export interface ErrorText {
  /** Its words for people, or empty. */
  readonly words: string;
  /**
   * Who was asked has said it: the answer has the form of that API's errors. Else a proxy, a gateway or another server has answered
   * in its place, which knows of no image whether it is there, and of no request whether it is right.
   */
  readonly isOwn: boolean;
}

/** Kinds that tell of what was asked for: nobody but who was asked can say so. */
const verdicts: readonly Code[] = ['NOT_FOUND', 'UNSUPPORTED', 'USAGE'];
const elsewhere: Circumstances = {
  hint: 'Check the address in the profile: a gateway or another server may have answered in place of the API.',
};

/**
 * The error that an unwelcome answer stands for: kind by status, PROVIDER where it is not the API that has judged; its words as
 * message. `what` says what was being done ("creating the image").
 */
export function answerError(answer: Answer, what: string, { words, isOwn }: ErrorText, more: Circumstances = {}): ImgctlError {
  const pause = retryAfterMs(answer.headers);
  const told = words.trim() === '' ? `HTTP ${answer.status}` : `${words.trim()} (HTTP ${answer.status})`;
  const byStatus = codeOfStatus(answer.status);
  const isForeign = !isOwn && verdicts.includes(byStatus);
  return new ImgctlError(isForeign ? 'PROVIDER' : byStatus, `${what}: ${told}`, {
    ...(isForeign ? elsewhere : {}),
    ...answerCircumstances(answer),
    ...(pause === undefined ? {} : { retryAfterMs: pause }),
    ...more,
  });
}

/**
 * The failure of a request that was about no image: of a list, a description of the API, a sign-in. That those are not there says
 * of no image that it is gone: `isNoSuchImage`. Any other error comes back as it is.
 */
export function aboutNoImage(error: unknown): unknown {
  if (!(error instanceof ImgctlError) || error.code !== 'NOT_FOUND' || error.circumstances.status === undefined) return error;
  return error.with({ ofNoImage: true, hint: 'Check the address in the profile.' });
}

/** Whether an error is the provider's word that an image is not there. */
export const isNoSuchImage = (error: unknown): boolean =>
  error instanceof ImgctlError && error.code === 'NOT_FOUND' && error.circumstances.ofNoImage !== true;
