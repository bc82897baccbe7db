import { isSecretName, maskSecrets } from '../core/redact.ts';
import { mask } from '../core/secret.ts';

/** Headers that carry credentials, in requests or in answers. */
const secretHeaders =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-auth-token|x-subject-token|x-storage-token|x-api-.*|x-amz-.*|api-?key)$/i;

/** Characters of a body that a trace shows. */
const longestBody = 2000;

/** What of a URL may not be shown: all of it but its host, or what anybody may have put into its parameters. And the socket in the place of a host. */
interface Hidden {
  readonly socket?: string | undefined;
  readonly secretUrl?: boolean | undefined;
  readonly queryIsSecret?: boolean | undefined;
}

/**
 * A URL as it may be shown: without user, password and fragment, telling parameters masked. One that is a secret itself is cut
 * to its host, one that somebody else has made to its path.
 */
export function shownUrl(url: URL, { socket, secretUrl, queryIsSecret }: Hidden = {}): string {
  const origin = socket === undefined ? url.origin : `unix:${socket}:`;
  if (secretUrl) return `${origin}/${mask}`;
  if (queryIsSecret) return `${origin}${url.pathname.replace(/;[^/]*/g, `;${mask}`)}${url.search === '' ? '' : `?${mask}`}`;
  if (url.search === '') return `${origin}${url.pathname}`;
  const query = [...url.searchParams].map(
    ([name, value]) => `${encodeURIComponent(name)}=${isSecretName(name) ? mask : encodeURIComponent(value)}`,
  );
  return `${origin}${url.pathname}?${query.join('&')}`;
}

/** Values shorter than this say nothing: they are not looked for. */
const shortestParameter = 8;

/** All that may be a signature in a URL: its query, each value in it, and what stands behind a `;` in its path. */
export function parametersIn(url: URL): readonly string[] {
  const matrix = [...url.pathname.matchAll(/;([^/]*)/g)].flatMap(([, all = '']) => [all, ...all.split(';').map(valueOf)]);
  return [url.search.slice(1), ...url.searchParams.values(), ...matrix].filter(({ length }) => length >= shortestParameter);
}

const valueOf = (pair: string): string => pair.slice(pair.indexOf('=') + 1);

/** Where a redirect leads to, as far as it may be shown. */
const shownLocation = (value: string): string =>
  value.replace(/[?#;].*$/s, `?${mask}`).replace(/^([a-z]+:)?\/\/[^/@]*@/i, '$1//');

function shownHeader(name: string, value: string): string {
  if (secretHeaders.test(name)) return mask;
  // A redirect to storage is a signed URL more often than not.
  if (/^(content-)?location$/i.test(name)) return shownLocation(value);
  return value;
}

/** Headers on one line, credentials masked. */
export const shownHeaders = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${shownHeader(name, value)}`)
    .join('; ');

/** An address in an answer is somebody else's: signed, for all we know. */
const shownText = (text: string): string => (/^https?:\/\/\S*[?#;]/i.test(text) ? shownLocation(text) : text);

/** A body on one line: JSON with telling fields masked, the size of anything else. */
export function shownBody(text: string): string {
  if (text === '') return '';
  try {
    const shown = JSON.stringify(maskSecrets(JSON.parse(text), shownText));
    return shown.length > longestBody ? `${shown.slice(0, longestBody)}… (${shown.length} characters)` : shown;
  } catch {
    return `(${text.length} characters that are not JSON)`;
  }
}
