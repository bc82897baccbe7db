/** One entry of NO_PROXY: a host and all below it, at one port or at any. */
interface Exception {
  readonly host: string;
  readonly port: string | undefined;
}

const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

function exceptionOf(entry: string): Exception {
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry);
  // An IPv6 address may stand there without brackets; then there is no port.
  if (!parts) return { host: bare(entry), port: undefined };
  return { host: bare((parts[1] ?? '').replace(/^\*?\./, '')), port: parts[2] };
}

/**
 * Whether NO_PROXY says that `url` is reached directly: `*` for all; else hosts, separated by commas or blanks, each
 * standing for itself and all below it (`example.org`, `.example.org`, `*.example.org`), with `:port` only at that
 * port. Loopback is no exception unless it is named, as with curl. Networks (`10.0.0.0/8`) are not understood.
 */
export function isDirect(url: URL, noProxy: string | undefined): boolean {
  const entries = (noProxy ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.includes('*')) return true;
  const host = bare(url.hostname);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return entries
    .map(exceptionOf)
    .some(
      (known) => known.host !== '' && (host === known.host || host.endsWith(`.${known.host}`)) && (known.port ?? port) === port,
    );
}
