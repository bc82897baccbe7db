import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import type { Secret } from './secret.ts';

export type Headers = Readonly<Record<string, string | Secret | undefined>>;

/** What a single try is sent with: `json` in the place of the request's, `headers` besides and before those of the request. */
export interface PreparedTry {
  readonly json?: unknown;
  readonly headers?: Headers;
}

/** One API call with a small answer. Redirects are not followed; every status comes back as an answer. */
export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string | URL;
  /**
   * Full path of a unix socket that the request goes over, never TLS and never a proxy; the host of `url` (http) is then only what
   * the `Host` header says, as with `curl --unix-socket`.
   */
  readonly socket?: string;
  readonly headers?: Headers;
  /** Sent as JSON. Secrets inside it are revealed on the wire only. */
  readonly json?: unknown;
  /**
   * Called right before each try, for what has to be fresh: a signature and its clock, `If-Match`, a body that depends on what is
   * there at that moment. What it throws is thrown as it is, and no reason for another try.
   */
  readonly prepare?: () => Promise<PreparedTry>;
  /** Sent as a form (`application/x-www-form-urlencoded`). Secrets inside it are revealed on the wire only. */
  readonly form?: Readonly<Record<string, string | Secret>>;
  /** Sent as it is; `content-type` is the caller's to set. */
  readonly body?: string | Uint8Array;
  /** Whether sending it twice is harmless. Default: GET, HEAD, PUT and DELETE are, POST and PATCH are not. */
  readonly repeatable?: boolean;
  /** Statuses that are worth another try where `repeatable`; default 408, 429 and 5xx, but for those that last, such as 501. */
  readonly retryOn?: readonly number[];
  /** An answer that refuses for the moment, before anything was done: asked again after a pause, whatever the method. */
  readonly retryWhen?: (answer: Answer & { readonly text: string }) => boolean;
  /** Changes nothing, although the method says otherwise (a sign-in): sent in a dry run too. */
  readonly harmless?: boolean;
  /** The URL itself is a credential (signed): it is masked in traces and errors. */
  readonly secretUrl?: boolean;
  /** Somebody else has made the URL: whatever its parameters are called, they are masked. */
  readonly queryIsSecret?: boolean;
}

/** Where a request goes, for people: the address, or `unix:SOCKET:/PATH`. */
export const addressOf = ({ url, socket }: Pick<ApiRequest, 'url' | 'socket'>): string =>
  socket === undefined ? String(url) : `unix:${socket}:${String(url).replace(/^\w+:\/\/[^/?#]*/, '')}`;

export interface ApiAnswer extends Answer {
  /** The URL that was asked, for messages; a secret one is masked. */
  readonly url: string;
  readonly text: string;
  /** The body as JSON. Throws a PROVIDER error that quotes its beginning when it is not JSON. */
  json(): unknown;
}

/** Bytes in order. A chunk is valid only until the next one is asked for: buffers are used again. */
export type Bytes = AsyncIterable<Uint8Array>;

/** A bulk upload. It is never repeated here: whoever owns the source may try again. */
export interface SendRequest {
  readonly method: 'PUT' | 'POST' | 'PATCH';
  readonly url: string | URL;
  /** As `ApiRequest.socket`. */
  readonly socket?: string;
  readonly headers?: Headers;
  readonly bytes: Bytes;
  /** Number of bytes; absent: chunked transfer encoding. Fewer or more bytes than said: INTEGRITY error. */
  readonly length?: number;
  /** Ask first (`Expect: 100-continue`), so that a refusal costs no bytes. */
  readonly expectContinue?: boolean;
  readonly secretUrl?: boolean;
}

/** A bulk download, from byte `from` on (default 0) when the status says 206. Redirects are not followed. */
export interface ReceiveRequest {
  readonly url: string | URL;
  /** As `ApiRequest.socket`. */
  readonly socket?: string;
  readonly headers?: Headers;
  /** First and, optionally, last byte wanted (inclusive): sent as `Range`. */
  readonly range?: { readonly from: number; readonly to?: number };
  /** It may come compressed on its way, and is given as it was before; of a file whose own bytes count that is never asked for. */
  readonly compressible?: boolean;
  /** What comes lies here, from the beginning on, as far as there is room: whoever gathers all of it anyway need not copy it. */
  readonly into?: Uint8Array;
  readonly secretUrl?: boolean;
  readonly queryIsSecret?: boolean;
}

export interface ReceiveAnswer extends Answer {
  /** The body; ends early with a NETWORK error when the connection breaks or fewer bytes come than were promised. */
  readonly bytes: Bytes;
  /** Reads a small body (an error's) to its end, at most 64 KiB of it. */
  text(): Promise<string>;
}

/**
 * What drivers speak HTTP with. Failures to get any answer are NETWORK errors; retries, time limits, proxies,
 * TLS settings, traces and the user agent are this side's business.
 */
export interface Http {
  request(request: ApiRequest, call: Call): Promise<ApiAnswer>;
  send(request: SendRequest, call: Call): Promise<ApiAnswer>;
  receive(request: ReceiveRequest, call: Call): Promise<ReceiveAnswer>;
}
