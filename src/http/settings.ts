import type { Secret } from '../core/secret.ts';
import type { Redactor } from '../core/redact.ts';
import { timerMs } from '../core/quantity.ts';

/** Certificates or a key in PEM, and what they are called in messages: their file, or where else they came from. */
export interface Pem {
  readonly text: string;
  readonly from: string;
}

/** What the network side of a run is set to. */
export interface HttpSettings {
  /** Sent with every request. */
  readonly userAgent: string;
  /** Milliseconds that each phase may take: to connect (name, tunnel and TLS included), and until the answer's headers are there. Default 30 000. */
  readonly timeoutMs?: number;
  /** Milliseconds without a single byte, in either direction, after which a transfer counts as broken. Default 60 000. */
  readonly stallMs?: number;
  /** Takes one line per request and per answer, secrets masked (`--debug`). */
  readonly trace?: (line: string) => void;
  /** Where revealed secrets are remembered, for who wants to keep them out of other texts too. Absent: an own one. */
  readonly redactor?: Redactor;
  /** Values of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
  readonly proxies?: { readonly http?: string; readonly https?: string; readonly no?: string };
  /** Certificates to trust besides the usual ones. */
  readonly ca?: Pem;
  /** The one certificate that the server may have, self-signed; neither its name nor an authority counts then. */
  readonly pinned?: Pem;
  /** Client certificate, followed by those of its authorities. */
  readonly cert?: Pem;
  /** Its key; absent: it stands with the certificate. */
  readonly key?: Pem;
  /** What opens an encrypted key. */
  readonly passphrase?: Secret;
  /** Accept any certificate. */
  readonly insecure?: boolean;
  /** Bytes that the answer to an API call may have, decompressed. Default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Upper bound of the rate of `send` and of `receive` (`--bwlimit`). Absent: none. */
  readonly bytesPerSecond?: number;
  /** All that have the same one keep to the rate together. Absent: each by itself. */
  readonly rateSharedBy?: object;
}

/** Limits with the defaults filled in. */
export interface Limits {
  readonly timeoutMs: number;
  readonly stallMs: number;
  readonly maxBodyBytes: number;
}

export const limitsOf = (settings: HttpSettings): Limits => ({
  timeoutMs: timerMs(settings.timeoutMs ?? 30_000),
  stallMs: timerMs(settings.stallMs ?? 60_000),
  maxBodyBytes: settings.maxBodyBytes ?? 64 * 1024 * 1024,
});
