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
  DRIFT: 15,
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
  DRIFT: 'what is there differs from what is wanted',
  ABORTED: 'interrupted: Ctrl-C (130), SIGTERM (143), SIGHUP (129)',
};

/** What may be known about a failure besides its message. `hint` names the next thing to type. */
export interface Circumstances {
  readonly hint?: string;
  /** How the command is typed whose arguments were not understood. */
  readonly usage?: string;
  /** Commands that lead on. They end up in `hint` as soon as the profile is known: `inProfile`. */
  readonly next?: readonly Next[];
  /** Fields of the profile by which it was judged: where their values come from is told with it. */
  readonly judgedBy?: readonly string[];
  /** The field of the profile that is missing, and the values of which it may have any. */
  readonly settledBy?: { readonly field: string; readonly values: readonly string[] };
  readonly cause?: unknown;
  readonly profile?: string;
  readonly provider?: string;
  /** The credentials themselves were taken: it is this request that they are not good for. */
  readonly accepted?: boolean;
  /** What is not there, or not to be believed, is no image: it is a list, a description of the API, or the like. */
  readonly ofNoImage?: boolean;
  /** HTTP status of the provider's answer. */
  readonly status?: number;
  readonly requestId?: string;
  /** The region that was asked for in the place of the profile's: commands that lead on name it, too. */
  readonly region?: string;
  /** Id of a half-made remote object that could not be removed; where it is `uncertain`, of one that may be there. */
  readonly leftover?: string;
  /** That object is no image, but what one was to be made of: `delete` does not take it. */
  readonly isLeftoverPart?: boolean;
  /** The provider may have made something all the same; trying again could make it twice, so that is left to the user. */
  readonly uncertain?: boolean;
  /** No connection was made, or none that is trusted: not a byte of the request has left this machine. */
  readonly unsent?: boolean;
  /** A request carried more than is taken at once; the same in smaller ones may get through. */
  readonly tooMuchAtOnce?: boolean;
  /** The provider no longer knows the upload, of which nothing is left there: it can only be begun again. */
  readonly lost?: boolean;
  /** What is signed is signed by keys that are not known: nothing speaks for it, and nothing against it. */
  readonly signerUnknown?: boolean;
  /** What is signed was signed in the time of a key that has expired since: whoever takes those has nothing against it. */
  readonly keyExpired?: boolean;
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

  /** The same failure as one of a profile at a provider: the commands that lead on are written out in its hint, as `written` has them. */
  inProfile(profile: string, provider: string, written?: (next: Next) => string | undefined): ImgctlError {
    const { next, ...known } = this.circumstances;
    const error = new ImgctlError(this.code, this.message, {
      profile,
      provider,
      ...known,
      ...(next
        ? {
            hint: hintWith(known.hint, next, { profile, region: known.region }, written),
          }
        : {}),
    });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }

  /** The same failure with another hint. */
  hinting(hint: string): ImgctlError {
    const error = new ImgctlError(this.code, this.message, { ...this.circumstances, hint });
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
export const driftError = kind('DRIFT');
export const abortedError = kind('ABORTED');
