import { authError, type ImgctlError, limitError, networkError, providerError } from '../core/errors.ts';
import type { Answer } from '../core/answer.ts';
import { isHtml, isServicePage, htmlText } from '../core/html-text.ts';
import { clientCertificateHint } from './failure.ts';

/** Titles of the pages with which web servers answer 400 to a connection that they dislike: nginx's, and Go's. */
const pages: readonly (readonly [page: RegExp, error: (peer: string) => ImgctlError])[] = [
  [
    /400 No required SSL certificate was sent/,
    (peer) => authError(`${peer} requires a client certificate`, { status: 400, hint: clientCertificateHint }),
  ],
  [
    /400 The SSL certificate error/,
    (peer) => authError(`${peer} does not accept our client certificate`, { status: 400, hint: clientCertificateHint }),
  ],
  [
    /plain HTTP request was sent to HTTPS port|Client sent an HTTP request to an HTTPS server/,
    (peer) => networkError(`${peer} only accepts TLS`, { status: 400, hint: 'Use https:// instead of http://.' }),
  ],
  [
    /400 Request Header Or Cookie Too Large/,
    (peer) => limitError(`${peer}: request headers too large (HTTP 400)`, { status: 400 }),
  ],
];

/** Envoy's and Go's whole answer to a request that they cannot read: an API has more to say. */
const isBare = (text: string): boolean => /^\s*(400 )?bad request(: [\w -]{1,60})?\s*$/i.test(text);

/** A document that is no page: APIs that speak XML say in one what is wrong. */
const isXml = (text: string): boolean => /^\s*<\?xml[^>]*\?>\s*<(?!!doctype\b|html\b)/i.test(text);

/** The error for an answer that is about the connection, from whatever stands before the API; absent: it is the API's. */
export function connectionRefusal({ status, text }: Answer & { readonly text: string }, peer: string): ImgctlError | undefined {
  if (status !== 400) return undefined;
  const known = pages.find(([page]) => page.test(text))?.[1](peer);
  if (known || (!isBare(text) && (!isHtml(text) || isXml(text) || isServicePage(text)))) return known;
  const said = isHtml(text) ? htmlText(text) : '';
  return providerError(`${peer}: a gateway rejected the request${said === '' ? '' : `: ${said.slice(0, 200)}`} (HTTP 400)`, {
    status,
  });
}
