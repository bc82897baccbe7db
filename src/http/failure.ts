import { abortedError, type ImgctlError, networkError, providerError } from '../core/errors.ts';
import { proxyReason } from './proxy.ts';
import { TunnelRefused } from './tunnel.ts';

/** What was going on when a connection failed. */
export type Phase =
  'looking up the host name' | 'connecting' | 'agreeing on TLS' | 'sending' | 'waiting for the answer' | 'reading the answer';

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** `%s` stands for host and port. */
const shown =
  'Its certificate and fingerprint, to be compared, are shown by: openssl s_client -connect %s </dev/null | openssl x509 -fingerprint -sha256';
const trust = [
  'If you trust this server, use --ca-bundle FILE with the certificate of its authority, or set serverCert in the profile to its own.',
  shown,
].join('\n');
/** What to do where a server wants to know by TLS who we are. */
export const clientCertificateHint =
  'Use --client-cert FILE and --client-key FILE, or set clientCert and clientKey in the profile.';
const clock = 'Check the clock of this machine, or ask the operator of the server.';

/** What an error code of node, OpenSSL or the HTTP parser means, and what to do. `%` stands for the host and port, `@` for the phase. */
const causes: readonly (readonly [codes: RegExp, message: string, hint?: string])[] = [
  [/^ENOTFOUND$/, '% cannot be found: no such host', 'Check the address in the profile.'],
  [/^EAI_AGAIN$/, '% cannot be found now: the name server does not answer', 'Check the network connection.'],
  [/^ECONNREFUSED$/, '% refused the connection', 'Check the address and port, and that the service is running.'],
  [/^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ENETDOWN|EHOSTDOWN)$/, '% cannot be reached', 'Check the network connection.'],
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT)$/, '% did not answer in time while @', 'Allow more time with --timeout.'],
  [/^CERT_HAS_EXPIRED$/, '% has a certificate that has expired', clock],
  [/^CERT_NOT_YET_VALID$/, '% has a certificate that is not valid yet', clock],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, '% has a certificate for another name', 'Check the host name in the profile.'],
  [
    /^ERR_TLS_CERT_PINNED$/,
    '% has another certificate than the profile says',
    ['Ask the operator of the server whether it was renewed; if so, set serverCert to the new one.', shown].join('\n'),
  ],
  [/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)$/, '% has a self-signed certificate', trust],
  [/^(UNABLE_TO_|CERT_UNTRUSTED|INVALID_CA)/, '% has a certificate of an unknown authority', trust],
  [/^CERT_/, '% has a certificate that is not valid', trust],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/, '% does not speak TLS', 'Use http:// instead of https://.'],
  [/CERTIFICATE_REQUIRED/, '% requires a client certificate', clientCertificateHint],
  [
    /HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE/,
    '% refused the TLS connection: it may require a client certificate, or another one',
    clientCertificateHint,
  ],
  [/ALERT_UNKNOWN_CA/, '% does not know the authority of our client certificate', clientCertificateHint],
  [/ALERT_CERTIFICATE_EXPIRED/, '% says that our client certificate has expired', clientCertificateHint],
  [/ALERT_(CERTIFICATE_|UNSUPPORTED_CERT|ACCESS_DENIED)/, '% does not accept our client certificate', clientCertificateHint],
  [/^(EPROTO|ERR_SSL_|ERR_TLS_)/, 'no TLS connection with % could be agreed on'],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE|ERR_STREAM_DESTROYED|HPE_INVALID_EOF_STATE)$/,
    '% broke the connection while @',
  ],
];

/** Failures that another try does not mend: names and certificates stay what they are. */
const permanent = /^(ENOTFOUND|ENOENT|ENOTDIR|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|ERR_TLS_|ERR_SSL_|EPROTO|PROXY)/;

/** What a certificate is refused for that nobody vouches for: where one is pinned it is another one, whatever else is wrong with it. */
const unvouched = /^(DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|CERT_|INVALID_CA)/;

/** Failures before the first byte of a request. */
const beforeSending =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ENETDOWN|EHOSTDOWN|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|ERR_TLS_CERT)/;

/** Whether trying again may help after an error that was made here. */
export const isTransient = (error: ImgctlError): boolean => error.code === 'NETWORK' && !permanent.test(codeOf(error.cause));

/**
 * What may be kept of an error from below: its code. The errors of got and node carry the request with its
 * headers, hence tokens, and whoever prints a cause would print those.
 */
const bareCause = (code: string): Error => Object.assign(new Error(code === '' ? 'no code' : code), { code });

/** got wraps what it is told. */
const refusedTunnel = (error: unknown): TunnelRefused | undefined =>
  [error, error instanceof Error ? error.cause : undefined].find((one) => one instanceof TunnelRefused);

/** Host and port of a URL, the default port included. */
export function hostOf(url: URL): string {
  return `${url.hostname}:${url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port}`;
}

/**
 * The error for an exchange that failed: NETWORK, or PROVIDER if what came was not HTTP. `peer` is `hostOf` the URL,
 * with the proxy if there is one; neither path nor query. `isPinned`: one certificate alone was to be taken.
 */
export function failure(error: unknown, peer: string, phase: Phase, isPinned = false): ImgctlError {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  const refused = refusedTunnel(error);
  if (refused) return proxyRefusal(peer, refused.status, 'HTTPS_PROXY', proxyReason(refused.headers));
  const cause = bareCause(code);
  if (/^(HPE_(?!INVALID_EOF_STATE)|Z_)/.test(code))
    return providerError(`${peer} answered something that is not HTTP (${code})`, {
      cause,
      hint: 'Check the address in the profile.',
    });
  // What OpenSSL says when a handshake goes wrong is in the message only.
  const told = isPinned && unvouched.test(code) ? 'ERR_TLS_CERT_PINNED' : code;
  const sign = code === 'EPROTO' ? `EPROTO ${message.toUpperCase().replaceAll(' ', '_')}` : told;
  const known = causes.find(([codes]) => codes.test(sign));
  const words = known?.[1] ?? `the connection to % failed while @${code === '' ? '' : ` (${code})`}`;
  return networkError(words.replace('%', peer).replace('@', phase), {
    cause,
    ...(known?.[2] === undefined ? {} : { hint: known[2].replace('%s', peer.split(' ')[0] ?? '') }),
    ...(beforeSending.test(code) ? { unsent: true } : {}),
  });
}

/**
 * The error for a proxy that answered itself, in the place of whom was asked. `variable` is what it was named in, `more`
 * what it said of its reason.
 */
export function proxyRefusal(peer: string, status: number, variable: string, more = ''): ImgctlError {
  // What the proxy itself failed in may work the next time; what it forbids does not.
  const cause = bareCause(status >= 500 ? 'EPROXY' : 'PROXY');
  const hint =
    // Oddity: tinyproxy asks for its password as a server would.
    status === 407 || status === 401
      ? `Put user and password into ${variable}: http://USER:PASSWORD@HOST:PORT`
      : status >= 500
        ? 'Check the address in the profile; add the host to NO_PROXY, or ask the operator of the proxy.'
        : 'Add the host to NO_PROXY, or ask the operator of the proxy.';
  return networkError(`${peer} cannot be reached: the proxy answered HTTP ${status}${more}`, { cause, hint });
}

/** The error for a time limit that was reached. `afterMs` is the limit; `trickled`: bytes came, and not what was waited for. */
export function timedOut(peer: string, phase: Phase, afterMs: number, trickled = false): ImgctlError {
  const limit = `${afterMs / 1000} s while ${phase}`;
  return networkError(trickled ? `${peer}: not done after ${limit}` : `${peer}: no data for ${limit}`, {
    cause: bareCause('ETIMEDOUT'),
    hint: 'Allow more time with --timeout.',
  });
}

/** The error for a call that was given up from our side. */
export const aborted = (): ImgctlError => abortedError('interrupted');
