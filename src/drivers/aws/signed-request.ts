import type { ApiAnswer, ApiRequest, Headers, Http } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import type { Clock } from './clock.ts';
import { isExpired, mayBeClock } from './error-codes.ts';
import { errorFrom, faultIn, isRefusedForNow } from './errors.ts';
import { sha256, sign, type Credentials, type Scope } from './sigv4.ts';

/** Whose requests these are. */
export interface Signer {
  readonly clock: Clock;
  credentials(call: Call): Promise<Credentials>;
  /** Forgets keys whose time is over; false where there are no others to be had. */
  renew(): boolean;
}

/** A request to be signed. `what` says what is being done. */
export interface ToSign extends Scope {
  readonly method: ApiRequest['method'];
  readonly url: URL;
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Of a body that is sent elsewhere. */
  readonly bodySha256?: string;
  readonly repeatable?: boolean;
  readonly harmless?: boolean;
}

const bodyOf = ({ form, json }: ToSign): string =>
  form ? new URLSearchParams(form).toString() : json === undefined ? '' : JSON.stringify(json);

const typeOf = ({ form, json }: ToSign): Readonly<Record<string, string>> =>
  form
    ? { 'content-type': 'application/x-www-form-urlencoded' }
    : json === undefined
      ? {}
      : { 'content-type': 'application/json' };

/** Headers of a request, signed with the time that it is. */
export async function signedHeaders(signer: Signer, request: ToSign, call: Call): Promise<Headers> {
  const bodySha256 = request.bodySha256 ?? sha256(bodyOf(request));
  const headers = { ...typeOf(request), ...request.headers, 'x-amz-content-sha256': bodySha256 };
  const credentials = await signer.credentials(call);
  return { ...headers, ...sign({ ...request, headers, bodySha256 }, request, credentials, signer.clock.now()) };
}

/** Whether a refusal is one of the time or of keys that have ended, and that is mended now. */
export function isMended(signer: Signer, answer: ApiAnswer, call: Call): boolean {
  const fault = faultIn(answer);
  if (!fault) return false;
  return (mayBeClock(fault) && signer.clock.setBy(answer, call)) || (isExpired(fault) && signer.renew());
}

/** A wrong clock, and then keys that have ended. */
const mostMended = 2;

/** Sends a request; the answer is a good one. Each try is signed anew. Throws what the refusal stands for. */
export async function askSigned(http: Http, signer: Signer, request: ToSign, call: Call): Promise<ApiAnswer> {
  const { method, url, form, json, repeatable, harmless } = request;
  for (let mended = 0; ; mended += 1) {
    const answer = await http.request(
      {
        method,
        url,
        ...(form ? { form } : {}),
        ...(json === undefined ? {} : { json }),
        ...(repeatable === undefined ? {} : { repeatable }),
        ...(harmless === undefined ? {} : { harmless }),
        prepare: async () => ({ headers: await signedHeaders(signer, request, call) }),
        retryWhen: isRefusedForNow,
      },
      call,
    );
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (mended === mostMended || !isMended(signer, answer, call)) throw errorFrom(answer, request.what);
  }
}
