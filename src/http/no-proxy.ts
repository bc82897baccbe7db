import { BlockList, isIP } from 'node:net';

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

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether an address lies in a network such as `10.0.0.0/8`. An entry that is no network holds nothing. */
function isInNetwork(host: string, entry: string): boolean {
  const [, network = '', bits = ''] = /^\[?([^[\]/]+)\]?\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(host) === 0 || isIP(network) === 0 || Number(bits) > (isIP(network) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), familyOf(network));
  return list.check(host, familyOf(host));
}

/**
 * Whether NO_PROXY says that `url` is reached directly: `*` for all; else hosts, separated by commas or blanks, each
 * standing for itself and all below it (`example.org`, `.example.org`, `*.example.org`), with `:port` only at that
 * port, or networks (`10.0.0.0/8`, `fd00::/8`) for addresses in them; names are not looked up for that. Loopback is no
 * exception unless it is named, as with curl.
 */
export function isDirect(url: URL, noProxy: string | undefined): boolean {
  const entries = (noProxy ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.includes('*')) return true;
  const host = bare(url.hostname);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (entries.some((entry) => isInNetwork(host, entry))) return true;
  return entries
    .map(exceptionOf)
    .some(
      (known) => known.host !== '' && (host === known.host || host.endsWith(`.${known.host}`)) && (known.port ?? port) === port,
    );
}
