import type { Answer } from './answer.ts';
import { hintWith, type Next } from './hint.ts';

/** The kinds of failure and the exit status of each. Never renumbered; an unknown number means failure. */
export const exitCodes = {
  INTERNAL: 1,
  USAGE: 2,
  CONFIG: 3,
  AUTH: 4,
  NOT_FOUND: 5,
  CONFLICT: 6,
  UNSUPPORTED: 7,
  LIMIT: 8,
  NETWORK: 9,
  PROVIDER: 10,
  INTEGRITY: 11,
  PARTIAL: 12,
  WAIT_TIMEOUT: 13,
  LOCAL: 14,
  ABORTED: 130,
} as const;
export type Code = keyof typeof exitCodes;

/** What each kind means, as help and README print it. */
export const codeMeanings: Readonly<Record<Code, string>> = {
  INTERNAL: 'a bug in imgctl',
  USAGE: 'arguments, options, an impossible combination',
  CONFIG: 'no such profile, unreadable store, missing field',
  AUTH: '401, 403, expired credentials',
  NOT_FOUND: 'image, region or file not there',
  CONFLICT: 'exists already, wrong state, protected, ambiguous name',
  UNSUPPORTED: 'this provider does not offer it',
  LIMIT: 'quota, size, rate limit after retries',
  NETWORK: 'DNS, TLS, refused, reset, timed out',
  PROVIDER: '5xx, or an answer not in the promised shape',
  INTEGRITY: 'hash or length differs, or the image is unsafe',
  PARTIAL: 'some of several failed',
  WAIT_TIMEOUT: 'still running at the provider',
  LOCAL: 'disk full, no permission, cannot write here',
  ABORTED: 'interrupted: Ctrl-C (130), SIGTERM (143), SIGHUP (129)',
};

/** What may be known about a failure besides its message. `hint` names the next thing to type. */
export interface Circumstances {
  readonly hint?: string;
  /** How the command is typed whose arguments were not understood. */
  readonly usage?: string;
  /** Commands that lead on. They end up in `hint` as soon as the profile is known: `inProfile`. */
  readonly next?: readonly Next[];
  /** The field of the profile that is missing, and the values of which it may have any. */
  readonly settledBy?: { readonly field: string; readonly values: readonly string[] };
  readonly cause?: unknown;
  readonly profile?: string;
  readonly provider?: string;
  /** The credentials themselves were taken: it is this request that they are not good for. */
  readonly accepted?: boolean;
  /** What is not there is no image: it is a list, a description of the API, or the like. */
  readonly ofNoImage?: boolean;
  /** HTTP status of the provider's answer. */
  readonly status?: number;
  readonly requestId?: string;
  /** Id of a half-made remote object that could not be removed. */
  readonly leftover?: string;
  /** The provider may have made something all the same; trying again could make it twice, so that is left to the user. */
  readonly uncertain?: boolean;
  /** No connection was made, or none that is trusted: not a byte of the request has left this machine. */
  readonly unsent?: boolean;
  /** A request carried more than is taken at once; the same in smaller ones may get through. */
  readonly tooMuchAtOnce?: boolean;
  /** The provider no longer knows the upload, of which nothing is left there: it can only be begun again. */
  readonly lost?: boolean;
  /** Milliseconds that the server has asked to wait before another try. */
  readonly retryAfterMs?: number;
}

/** Every failure that imgctl foresees. `code` decides the exit status. */
export class ImgctlError extends Error {
  override readonly name = 'ImgctlError';
  readonly code: Code;
  readonly circumstances: Circumstances;

  constructor(code: Code, message: string, circumstances: Circumstances = {}) {
    super(message, circumstances.cause === undefined ? undefined : { cause: circumstances.cause });
    // USAGE promises that nothing was done: where something is left over, it is the provider that did not take it.
    this.code = code === 'USAGE' && circumstances.leftover !== undefined ? 'PROVIDER' : code;
    this.circumstances = circumstances;
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }

  /** The same failure with more known about it; what was known already wins. */
  with(more: Circumstances): ImgctlError {
    const error = new ImgctlError(this.code, this.message, { ...more, ...this.circumstances });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }

  /** The same failure as one of a profile at a provider: the commands that lead on are written out in its hint. */
  inProfile(profile: string, provider: string): ImgctlError {
    const { next, ...known } = this.circumstances;
    const error = new ImgctlError(this.code, this.message, {
      profile,
      provider,
      ...known,
      ...(next ? { hint: hintWith(known.hint, next, profile) } : {}),
    });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }
}

const kind = (code: Code) => (message: string, circumstances?: Circumstances) => new ImgctlError(code, message, circumstances);

export const usageError = kind('USAGE');
export const configError = kind('CONFIG');
export const authError = kind('AUTH');
export const notFoundError = kind('NOT_FOUND');
export const conflictError = kind('CONFLICT');
export const unsupportedError = kind('UNSUPPORTED');
export const limitError = kind('LIMIT');
export const networkError = kind('NETWORK');
export const providerError = kind('PROVIDER');
export const integrityError = kind('INTEGRITY');
export const partialError = kind('PARTIAL');
export const waitTimeoutError = kind('WAIT_TIMEOUT');
export const localError = kind('LOCAL');
export const abortedError = kind('ABORTED');

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
export const withoutQuery = (address: string): string => address.replace(/[?#].*$/s, '').replace(/^(\w+:)?\/\/[^/]*@/, '$1//');

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
