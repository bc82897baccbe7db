import type { Answer } from '../../core/answer.ts';
import { answerError } from '../../core/answer-error.ts';
import { ImgctlError, type Circumstances } from '../../core/errors.ts';
import { htmlText, isHtml } from '../../core/html-text.ts';
import { isAccepted, isPassingFault, kindOf, type Fault } from './error-codes.ts';
import { objectIn, parseXml, rowsIn, textIn, type Xml, type XmlObject } from './xml.ts';

type TextAnswer = Answer & { readonly text: string };

function xmlOf(text: string): XmlObject | undefined {
  try {
    return /^\s*<(\?xml|Response|ErrorResponse)\b/.test(text) ? parseXml(text, '') : undefined;
  } catch {
    // A page of somebody in between.
    return undefined;
  }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** EC2 gives `Errors/Error`, STS `Error`. */
function errorElement(body: XmlObject): Xml | undefined {
  const errors = objectIn(body.Errors);
  return body.Error ?? errors.Error ?? rowsIn(body.Errors)[0];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What an answer of the APIs says is wrong; absent where it is none of theirs. */
export function faultIn(answer: TextAnswer): Fault | undefined {
  const body = xmlOf(answer.text);
  if (body) {
    const error = objectIn(errorElement(body));
    const code = textIn(error.Code);
    return code === undefined ? undefined : { code, words: textIn(error.Message) ?? '' };
  }
  const json = jsonOf(answer.text);
  // Oddity: the code stands in a header, behind it an address that says nothing.
  const type = answer.headers['x-amzn-errortype'] ?? text(json?.__type);
  const code = type.replace(/:.*$/s, '').replace(/^.*#/s, '');
  if (code === '') return undefined;
  const words = text(json?.Message ?? json?.message);
  const reason = text(json?.Reason ?? json?.reason);
  return { code, words, ...(reason === '' ? {} : { reason }) };
}

/** An answer that refuses for the moment: nothing was done, and the same may be asked again. */
export const isRefusedForNow = (answer: TextAnswer): boolean => {
  if (answer.status < 400) return false;
  const fault = faultIn(answer);
  return fault !== undefined && isPassingFault(fault);
};

/** Oddity: on errors the id of the request may stand in the body alone. */
function requestIdOf(answer: TextAnswer): string | undefined {
  const body = answer.requestId === undefined ? xmlOf(answer.text) : undefined;
  return answer.requestId ?? textIn(body?.RequestID) ?? textIn(body?.RequestId);
}

/** Hundreds of characters that only an administrator can read. */
const encoded = /\s*Encoded authorization failure message:.*$/s;

const hints: readonly (readonly [code: RegExp, words: RegExp, hint: string])[] = [
  [
    /^AuthFailure$/,
    /validate the provided/i,
    'Check the access key and its secret. A region that the account has not opted in to says the same: check it with:',
  ],
  [/^ExpiredToken|^RequestExpired$/, /^/, 'The session has ended: sign in again, or get new keys.'],
  [/^(OptInRequired|PendingVerification|Blocked)$/, /^/, 'The account has to be activated for EC2 first.'],
  [
    /^InvalidRequest$/,
    /storage of this ami/i,
    'Its owner has to share its snapshots too, and the key that they are encrypted with.',
  ],
  [/^InvalidAMIName\.Malformed$/, /^/, "Use 3 to 128 letters, digits, spaces and ()[]./-'@_."],
  [/^UnknownParameter$|^InvalidAction$/, /^/, 'This partition, or what stands in for AWS, does not know the call yet.'],
];

/** The error for an unwelcome answer: by its code, for the status says little (a limit may be 400 or 503). `what` says what was being done. */
export function errorFrom(answer: TextAnswer, what: string, more: Circumstances = {}): ImgctlError {
  const fault = faultIn(answer);
  const requestId = requestIdOf(answer);
  const words = fault
    ? [fault.words.replace(encoded, ''), fault.reason].filter(Boolean).join(' ') || fault.code
    : isHtml(answer.text)
      ? htmlText(answer.text)
      : '';
  const said = fault && !words.startsWith(fault.code) ? `${fault.code}: ${words}` : words;
  const [, , hint] = hints.find(([code, said]) => fault && code.test(fault.code) && said.test(fault.words)) ?? [];
  const error = answerError(
    answer,
    what,
    { words: said, isOwn: fault !== undefined },
    {
      ...(requestId === undefined ? {} : { requestId }),
      ...(fault && isAccepted(fault) ? { accepted: true } : {}),
      ...(hint === undefined ? {} : { hint, ...(hint.endsWith('with:') ? { next: [{ verb: 'places' }] } : {}) }),
      ...more,
    },
  );
  const code = fault && kindOf(fault);
  const told = code === undefined || code === error.code ? error : new ImgctlError(code, error.message, error.circumstances);
  if (fault) codes.set(told, fault.code);
  if (fault && isPassingFault(fault)) forNow.add(told);
  return told;
}

const codes = new WeakMap<Error, string>();
const forNow = new WeakSet<Error>();

/** The code that AWS gave a failure; absent where it gave none. */
export const awsCode = (error: unknown): string | undefined => (error instanceof Error ? codes.get(error) : undefined);

/** Whether a failure is one of asking too often, or one that the same request does not meet again. */
export const isForNow = (error: unknown): boolean => error instanceof Error && forNow.has(error);
