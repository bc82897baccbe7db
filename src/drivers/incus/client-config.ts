import type { HostEnvironment } from '../../core/driver.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';

/** Where an official client keeps what it knows, and what its variables say. */
export interface ClientFiles {
  readonly product: 'incus' | 'lxd';
  /** The user's own first; those of the whole machine give what is missing there. */
  readonly folders: readonly string[];
  /** The remote, project and socket that variables name. */
  readonly remote: string | undefined;
  readonly project: string | undefined;
  readonly socket: string | undefined;
}

/** A server that an official client knows. */
export interface Remote {
  readonly name: string;
  /** One address, or several with commas. */
  readonly address: string;
  readonly project: string | undefined;
  readonly authType: string | undefined;
  readonly folder: string;
  /** The file that tells of it, for people. */
  readonly source: string;
  /** Somebody has set something up: a file tells of it, or of others. */
  readonly isWritten: boolean;
}

interface Remotes {
  readonly remotes: readonly Remote[];
  /** The one that is meant where none is named. */
  readonly preferred: string | undefined;
}

/** The servers in the files of an official client. Throws CONFIG for one that is no YAML. */
export async function remotesOf({ product, folders }: ClientFiles, { text, yaml }: HostEnvironment): Promise<Remotes> {
  const remotes = new Map<string, Remote>();
  let preferred: string | undefined;
  let isWritten = false;
  for (const folder of folders) {
    const source = `${folder}/config.yml`;
    const written = await text(source);
    if (written === undefined) continue;
    isWritten = true;
    const config = yaml(written, source);
    if (!isObject(config)) continue;
    preferred ??= textIn(config['default-remote']);
    for (const [name, wire] of Object.entries(isObject(config.remotes) ? config.remotes : {}))
      if (!remotes.has(name) && isObject(wire) && isServer(wire, product))
        remotes.set(name, remoteFrom(name, wire, folder, source));
  }
  const [folder = ''] = folders;
  if (!remotes.has('local'))
    remotes.set('local', {
      name: 'local',
      address: 'unix://',
      project: undefined,
      authType: undefined,
      folder,
      source: 'unix socket',
      isWritten,
    });
  return { remotes: [...remotes.values()], preferred };
}

/** Others give images and take none. */
const isServer = ({ protocol, public: isPublic }: JsonObject, product: string): boolean =>
  isPublic !== true && (protocol === undefined || protocol === '' || protocol === product);

const remoteFrom = (name: string, wire: JsonObject, folder: string, source: string): Remote => ({
  name,
  address: textIn(wire.addr) ?? '',
  project: textIn(wire.project) || undefined,
  authType: textIn(wire.auth_type),
  folder,
  source,
  isWritten: true,
});
