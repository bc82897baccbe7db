import type { Code } from '../../core/errors.ts';

/** Refused because too much was asked for in too short a time, and nothing was done: whoever asks again later gets an answer. */
const throttles = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyUpdates',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/** Slow lines, and two writes of one block at once: the same again is taken. */
const passing = /Failed to read block data|WRITE_REQUEST_TIMEOUT|CONFLICTING_BLOCK_UPDATE/;

/** What an answer says is wrong. */
export interface Fault {
  readonly code: string;
  readonly words: string;
  /** More closely than the code does. */
  readonly reason?: string;
}

export const isThrottle = ({ code }: Fault): boolean => throttles.has(code);

/** Whether the same request may be sent once more although it was refused: nothing was done. */
export const isPassingFault = (fault: Fault): boolean =>
  isThrottle(fault) || passing.test(`${fault.reason ?? ''} ${fault.words}`);

/** The signature is not taken because of its time, or may not be: the answer says what time it is there. */
const clockCodes = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);
export const mayBeClock = ({ code }: Fault): boolean => clockCodes.has(code);

/** The session has ended. */
export const isExpired = ({ code }: Fault): boolean => /^(ExpiredToken(Exception)?|RequestExpired)$/.test(code);

/** The credentials were taken; what was asked for is not allowed to them. */
export const isAccepted = ({ code, words }: Fault): boolean =>
  /^(UnauthorizedOperation|AccessDenied(Exception)?)$/.test(code) ||
  (code === 'AuthFailure' && /not authorized|restricted/i.test(words));

/** By code, and where one code has several reasons by the words: the first that fits. */
const kinds: readonly (readonly [code: RegExp, kind: Code, words?: RegExp])[] = [
  [/^(AuthFailure|UnauthorizedOperation|OptInRequired|PendingVerification|Blocked|RequestExpired|RequestInTheFuture)$/, 'AUTH'],
  [/^(InvalidClientTokenId|SignatureDoesNotMatch|IncompleteSignature|RequestTimeTooSkewed|InvalidToken)/, 'AUTH'],
  [/^(MissingAuthenticationToken|ExpiredToken|UnrecognizedClient|InvalidSignature|AccessDenied)/, 'AUTH'],
  [/^InvalidRequest$/, 'AUTH', /permission to access the storage/i],
  [/^InvalidRequest$/, 'CONFLICT', /is encrypted/i],
  [/^InvalidParameter(Value)?$/, 'CONFLICT', /can(no|')t be shared|cannot be shared/i],
  [/\.NotFound$|^(ResourceNotFoundException|ParameterNotFound)$/, 'NOT_FOUND'],
  [/\.Unavailable$|\.Duplicate$|\.InUse$|^ParameterAlreadyExists$/, 'CONFLICT'],
  [/^(IncorrectState|OperationNotPermitted|IdempotentParameterMismatch|ConflictException|IncorrectInstanceState)$/, 'CONFLICT'],
  [/^ValidationException$/, 'CONFLICT', /UNRELATED_SNAPSHOTS/],
  [/^ValidationException$/, 'PROVIDER', /INVALID_(PAGE|BLOCK)_TOKEN|CONFLICTING_BLOCK_UPDATE/],
  [/LimitExceeded|RateExceeded|ResourceCountExceeded|QuotaExceeded/, 'LIMIT'],
  [/^(UnknownParameter|InvalidAction|UnknownOperationException|UnsupportedOperation)$/, 'UNSUPPORTED'],
  [/^(Internal|Unavailable$|ServiceUnavailable|RequestTimeout)/, 'PROVIDER'],
  [/^(Invalid|Missing|Malformed|ValidationException|Unsupported)/, 'USAGE'],
];

/** The kind of failure that an answer stands for; absent for a code that is not known: then its status decides. */
export function kindOf(fault: Fault): Code | undefined {
  if (isThrottle(fault)) return 'LIMIT';
  const told = `${fault.reason ?? ''} ${fault.words}`;
  return kinds.find(([code, , words]) => code.test(fault.code) && (words?.test(told) ?? true))?.[1];
}
