import type { IncomingHttpHeaders } from 'node:http';
import { configError, usageError } from '../core/errors.ts';
import { withoutQuery } from '../core/answer-error.ts';
import type { ApiRequest, Headers, PreparedTry } from '../core/http.ts';
import { mask, Secret } from '../core/secret.ts';
import { type Redactor, withoutPassword } from '../core/redact.ts';
import { parametersIn, shownUrl } from './redact.ts';
import { checkSocket } from './unix-socket.ts';

/** A request as it goes over the wire: secrets revealed, body serialised. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  /** The URL as it may be shown. */
  readonly shown: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** The body as it may be traced. */
  readonly shownBody?: string;
}

/** What a header value may hold (RFC 9110 section 5.5); above all no line break, which would begin another header. */
const allowedInHeader = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Secrets are revealed by this, and nowhere else; whatever is revealed is kept out of traces. */
function reveal(secret: Secret, redactor: Redactor): string {
  const value = secret.reveal();
  redactor.learn(value);
  return value;
}

/** Throws CONFIG (a secret) or USAGE when a value holds what no header may; the message names the header, not the value. */
function wireHeaders(headers: Headers | undefined, redactor: Redactor): Record<string, string> {
  const wire: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value === undefined) continue;
    const text = value instanceof Secret ? reveal(value, redactor) : value;
    if (!allowedInHeader.test(text)) {
      const refuse = value instanceof Secret ? configError : usageError;
      throw refuse(`the value for the header ${name} holds a line break or another character that no header may hold`);
    }
    wire[name.toLowerCase()] = text;
  }
  return wire;
}

function wireJson(value: unknown, redactor: Redactor): string {
  return JSON.stringify(value, function revealed(this: Readonly<Record<string, unknown>>, key: string, shown: unknown) {
    // `toJSON` of a Secret has masked `shown` already; what holds it still has the original.
    const original = this[key];
    return original instanceof Secret ? reveal(original, redactor) : shown;
  });
}

const wireForm = (form: Readonly<Record<string, string | Secret>>, redactor: Redactor): string =>
  new URLSearchParams(
    Object.entries(form).map(([name, value]): [string, string] => [
      name,
      value instanceof Secret ? reveal(value, redactor) : value,
    ]),
  ).toString();

/** Whose URL it is, and hence what of it may be shown. */
type Address = Pick<ApiRequest, 'url' | 'socket' | 'secretUrl' | 'queryIsSecret'>;

function wireUrl({ url: given, socket, secretUrl, queryIsSecret }: Address, redactor: Redactor): URL {
  const url = given instanceof URL ? given : URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    const shown = withoutPassword(withoutQuery(String(given)));
    throw configError(`not an http(s) address: ${secretUrl ? mask : shown}`, {
      hint: 'Check the address in the profile.',
    });
  }
  if (socket !== undefined) checkSocket(socket, url);
  redactor.learnAddress(url.href);
  if (secretUrl || queryIsSecret) parametersIn(url).forEach((secret) => redactor.learn(secret));
  return url;
}

const bytesOf = (body: string | Uint8Array): Buffer =>
  typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body.buffer, body.byteOffset, body.byteLength);

/**
 * Makes a request ready for the wire. Throws CONFIG for an address that is not http(s), or no socket, and for headers as said above.
 * `own` are headers that go with every request; those of the request win, and those that were `prepared` for this try win over both.
 */
export function wireRequest(
  request: Address & Pick<ApiRequest, 'headers' | 'json' | 'form' | 'body'> & { readonly method: string },
  own: Readonly<Record<string, string>>,
  redactor: Redactor,
  prepared: PreparedTry = {},
): WireRequest {
  const url = wireUrl(request, redactor);
  const headers = { ...own, ...wireHeaders(request.headers, redactor), ...wireHeaders(prepared.headers, redactor) };
  const base = { method: request.method, url, shown: shownUrl(url, request), headers };
  const json = prepared.json ?? request.json;
  if (json !== undefined)
    return {
      ...base,
      headers: { 'content-type': 'application/json', ...headers },
      body: bytesOf(wireJson(json, redactor)),
      shownBody: JSON.stringify(json),
    };
  if (request.form !== undefined)
    return {
      ...base,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: bytesOf(wireForm(request.form, redactor)),
      shownBody: JSON.stringify(request.form),
    };
  if (request.body === undefined) return base;
  const body = bytesOf(request.body);
  return { ...base, body, shownBody: body.toString('utf8') };
}

/** Headers of an answer, repeated ones joined by ", ". */
export function answerHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
