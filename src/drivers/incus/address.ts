import { configError, ImgctlError, type Code } from '../../core/errors.ts';
import type { Http } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';

/** Where requests go: an origin, and the socket where it is one of this machine. */
export interface Address {
  readonly origin: string;
  readonly socket?: string;
}

/** The value of `socket` that means whichever server runs on this machine. */
export const anySocket = 'auto';

/** Where the servers listen on this machine, the likeliest first: as their packages have it, and for members of the lesser group. */
export const usualSockets: readonly string[] = [
  '/run/incus/unix.socket',
  '/var/lib/incus/unix.socket',
  '/var/snap/lxd/common/lxd/unix.socket',
  '/var/lib/lxd/unix.socket',
  '/run/incus/unix.socket.user',
  '/var/lib/incus/unix.socket.user',
];

/** The address that a profile has; absent: whichever server runs on this machine. Throws CONFIG for two of them, and for what is none. */
export function addressFrom(url: string | undefined, socket: string | undefined): Address | undefined {
  const own = socket === anySocket ? undefined : socket;
  if (url !== undefined && own !== undefined)
    throw configError('the profile has both url and socket', { hint: 'Keep the one that leads to the server.' });
  if (own !== undefined) return { origin: 'http://localhost', socket: own };
  if (url === undefined) return undefined;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw configError(`invalid url: ${url}`, { hint: 'Use an address such as https://host.example:8443.' });
  return { origin: new URL(url).href.replace(/\/+$/, '') };
}

const nobodyThere: readonly Code[] = ['NETWORK', 'LOCAL'];

/** The first usual socket behind which a server answers. Throws LOCAL where there is one that may not be opened, else CONFIG. */
export async function serverHere(http: Http, call: Call): Promise<Address> {
  const refusals: ImgctlError[] = [];
  for (const socket of usualSockets) {
    const at = { origin: 'http://localhost', socket };
    try {
      const quick = { ...call, retries: { left: 0 } };
      if ((await http.request({ method: 'GET', url: `${at.origin}/1.0`, socket }, quick)).status === 200) return at;
    } catch (error) {
      if (!(error instanceof ImgctlError) || !nobodyThere.includes(error.code)) throw error;
      refusals.push(error);
    }
  }
  const forbidden = refusals.find(({ code }) => code === 'LOCAL');
  if (forbidden) throw forbidden;
  throw configError('no server of Incus or LXD runs on this machine', {
    hint: `Set url in the profile, or socket where it listens elsewhere than at ${usualSockets.slice(0, 4).join(', ')}.`,
  });
}
