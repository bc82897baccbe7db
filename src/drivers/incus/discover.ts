import type { FoundProfile, HostEnvironment } from '../../core/driver.ts';
import { Secret } from '../../core/secret.ts';
import { anySocket, usualSockets } from './address.ts';
import { remotesOf, type ClientFiles, type Remote } from './client-config.ts';

type Found = Readonly<Record<string, string | Secret>>;

/** What the official clients read, the product's own variables included. */
const clients = ({ env, configHome, home }: HostEnvironment): readonly ClientFiles[] => [
  {
    product: 'incus',
    folders: [env.INCUS_CONF || `${configHome}/incus`, env.INCUS_GLOBAL_CONF || '/etc/incus'],
    remote: env.INCUS_REMOTE,
    project: env.INCUS_PROJECT,
    socket: env.INCUS_SOCKET || (env.INCUS_DIR ? `${env.INCUS_DIR}/unix.socket` : undefined),
  },
  {
    product: 'lxd',
    folders: [
      env.LXD_CONF || `${configHome}/lxc`,
      ...(env.LXD_CONF ? [] : [`${home}/snap/lxd/common/config`]),
      env.LXD_GLOBAL_CONF || '/etc/lxd',
    ],
    remote: env.LXC_REMOTE,
    // LXD's client has no variable for it.
    project: undefined,
    socket: env.LXD_SOCKET || (env.LXD_DIR ? `${env.LXD_DIR}/unix.socket` : undefined),
  },
];

/**
 * The servers that the official clients of both products know. What they would speak to now is what `env:` means, Incus before LXD;
 * servers of images alone are no place to put one, and left out.
 */
export async function discover(surroundings: HostEnvironment): Promise<readonly FoundProfile[]> {
  const each = await Promise.all(clients(surroundings).map((files) => profilesOf(files, surroundings)));
  const found: FoundProfile[] = [];
  let isSettled = false;
  for (const profile of each.flat()) {
    const { ambient, ...rest } = profile;
    const name = freeName(profile.name, found);
    found.push(ambient && !isSettled ? { ...rest, name, ambient } : { ...rest, name });
    isSettled ||= ambient === true;
  }
  return found;
}

const freeName = (name: string, found: readonly FoundProfile[]): string =>
  found.some((other) => other.name === name) ? freeName(`${name}-2`, found) : name;

async function profilesOf(files: ClientFiles, surroundings: HostEnvironment): Promise<readonly FoundProfile[]> {
  const { remotes, preferred } = await remotesOf(files, surroundings);
  const chosen = files.remote || preferred || 'local';
  const profiles: FoundProfile[] = [];
  for (const remote of remotes) {
    const fields = await fieldsOf(remote, files, surroundings);
    if (fields === undefined) continue;
    const isChosen = remote.name === chosen;
    const project = (isChosen ? files.project : undefined) || remote.project;
    profiles.push({
      // A profile called so is there without any configuration: the folder of images.
      name: remote.name === 'local' ? files.product : remote.name,
      source: remote.source,
      tool: files.product === 'incus' ? 'incus' : 'lxc',
      ...('leftOut' in fields ? { fields: {}, ...fields } : { fields: project ? { ...fields, project } : fields }),
      ...(isChosen && isKnown(remote, files) ? { ambient: true } : {}),
    });
  }
  return profiles;
}

/** The remote `local` is always there: it tells nothing of a machine on which nobody has set anything. */
const isKnown = (remote: Remote, { socket }: ClientFiles): boolean => remote.isWritten || socket !== undefined;

type Reason = { readonly leftOut: string; readonly hint: string };

/** Values of a profile; absent: it is no server of this machine's user. */
async function fieldsOf(remote: Remote, files: ClientFiles, surroundings: HostEnvironment): Promise<Found | Reason | undefined> {
  const [address = ''] = remote.address.split(',');
  if (address.startsWith('unix:')) {
    const named = address.replace(/^unix:(\/\/)?/, '');
    const socket = named || files.socket || (await usualSocket(files, surroundings));
    return socket === undefined ? undefined : { socket };
  }
  if (!address.startsWith('https://'))
    return { leftOut: `its address is none that is spoken to: ${address}`, hint: 'Use https://.' };
  if (remote.authType === 'oidc')
    return { leftOut: 'it signs in by OpenID Connect', hint: `Set url=${address} and token in a profile of your own.` };
  const { folder, name } = remote;
  const own = await firstThere(surroundings, [`${folder}/clientcerts/${name}`, `${folder}/client`]);
  const server = await firstThere(surroundings, [`${folder}/servercerts/${name}`]);
  return {
    url: address,
    ...(own === undefined ? {} : { clientCert: `${own}.crt`, clientKey: `${own}.key` }),
    ...(server === undefined ? {} : { serverCert: `${server}.crt` }),
  };
}

/** The first of these of which there is a certificate. */
async function firstThere({ text }: HostEnvironment, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if ((await text(`${file}.crt`)) !== undefined) return file;
  return undefined;
}

/** Where a server of this product listens on this machine; absent: nowhere, as far as files tell. */
async function usualSocket({ product }: ClientFiles, { text }: HostEnvironment): Promise<string | undefined> {
  for (const socket of usualSockets.filter((each) => each.includes(`/${product}/`)))
    // What is there and cannot be read as a file is a socket.
    if (
      await text(socket).then(
        (content) => content !== undefined,
        () => true,
      )
    )
      return product === 'incus' ? anySocket : socket;
  return undefined;
}
