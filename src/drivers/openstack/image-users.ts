import { given, type ImageRecord } from '../../core/image.ts';
import { objectIn, objectsIn, type JsonObject } from '../../core/json.ts';
import { unaskedBy } from '../../core/uses.ts';
import type { Call, UnaskedUse, Use } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { isForbidden } from './errors.ts';
import { textIn } from './json.ts';
import { blockStorage, compute, eachRow, serviceAddress } from './other-services.ts';
import { eachImage } from './pages.ts';
import { pathSegment, uuids } from './path-segment.ts';

/** Told each use that is found. */
export type UseSeen = (use: Use) => void;

function serverUse(server: JsonObject): Use {
  const place = textIn(server['OS-EXT-AZ:availability_zone']);
  const [name, status, owner] = [textIn(server.name), textIn(server.status), textIn(server.tenant_id)];
  return { kind: 'instance', id: textIn(server.id) ?? '', ...given({ name, status, place, owner }) };
}

/**
 * Finds the servers that were made from an image. Gives whether those of all projects were seen: only administrators may ask for them.
 * Oddity: Nova drops filters that it does not let everybody use without a word, and a server that runs from a volume has no image:
 * what each row says of its image is what counts.
 */
export async function findServers(client: OpenstackClient, id: string, call: Call, found: UseSeen): Promise<boolean> {
  const base = await serviceAddress(compute, client, call);
  const look = async (whose: Readonly<Record<string, string>>): Promise<void> => {
    const query = { image: id, ...whose };
    for await (const server of eachRow(client, { base, path: '/servers/detail', rows: 'servers', query }, call))
      if (textIn(objectIn(server.image).id)?.toLowerCase() === id.toLowerCase()) found(serverUse(server));
  };
  try {
    await look({ all_tenants: '1' });
    return true;
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
  await look({});
  return false;
}

/**
 * Finds the server that cannot start again without an image: a shelved one, of which nothing but its snapshot is left. The server
 * does not tell; the image says whose snapshot it is.
 */
export async function findShelvedServer(
  client: OpenstackClient,
  { raw }: ImageRecord,
  call: Call,
  found: UseSeen,
): Promise<void> {
  const server = textIn(raw.instance_uuid);
  if (server === undefined || !uuids.test(server)) return;
  const base = await serviceAddress(compute, client, call);
  const answer = await client.ask(
    { what: `reading server ${server}`, method: 'GET', base, path: `/servers/${pathSegment(server)}`, welcome: [404] },
    call,
  );
  if (answer.status === 404) return;
  const wire = objectIn(objectIn(answer.json()).server);
  if (/^shelved/i.test(textIn(wire.status) ?? '')) found(serverUse(wire));
}

/** What was seen of volumes. `all`: those of all projects. */
export interface SeenVolumes {
  readonly byImage: ReadonlyMap<string, readonly Use[]>;
  readonly all: boolean;
  /** Absent: all was read. */
  readonly failure?: UnaskedUse;
}

/** A volume, and the servers that it is attached to. */
function volumeUses(volume: JsonObject): readonly Use[] {
  const id = textIn(volume.id) ?? '';
  const [name, status, place] = [textIn(volume.name), textIn(volume.status), textIn(volume.availability_zone)];
  const owner = textIn(volume[ownerKey]);
  const servers = objectsIn(volume.attachments).flatMap(({ server_id }) => textIn(server_id) ?? []);
  return [
    { kind: 'volume', id, ...given({ name, status, place, owner }) },
    ...servers.map((server): Use => ({ kind: 'instance', id: server, via: id, ...given({ owner }) })),
  ];
}

const ownerKey = 'os-vol-tenant-attr:tenant_id';

/**
 * Reads all volumes once, and sorts those that were made from an image by its id. Oddity: Cinder does not refuse who may not ask for
 * all projects, but gives his own; and it leaves out of what a volume was made where its rules say so.
 */
export async function readVolumes(client: OpenstackClient, call: Call): Promise<SeenVolumes> {
  const byImage = new Map<string, Use[]>();
  let [all, bootable, telling] = [false, 0, 0];
  try {
    const { project, roles } = (await client.site(call)).signedIn;
    all = roles.includes('admin');
    const base = await serviceAddress(blockStorage, client, call);
    const listing = { base, path: '/volumes/detail', rows: 'volumes', query: { all_tenants: '1' } };
    for await (const volume of eachRow(client, listing, call)) {
      const owner = textIn(volume[ownerKey]);
      if (owner !== undefined && owner !== project?.id) all = true;
      const image = textIn(objectIn(volume.volume_image_metadata).image_id)?.toLowerCase();
      bootable += Number(volume.bootable === 'true' || volume.bootable === true);
      telling += Number(image !== undefined);
      if (image === undefined) continue;
      const known = byImage.get(image);
      if (known) known.push(...volumeUses(volume));
      else byImage.set(image, [...volumeUses(volume)]);
    }
  } catch (error) {
    return { byImage, all, failure: unaskedBy('volume', error) };
  }
  const silent = bootable > 0 && telling === 0;
  return {
    byImage,
    all,
    ...(silent ? { failure: { kind: 'volume', reason: 'volumes do not tell which image they were made from' } as const } : {}),
  };
}

/** Formats of disks, none of which can be a kernel. */
const diskFormats: ReadonlySet<string> = new Set(['ami', 'vhd', 'vhdx', 'vmdk', 'qcow2', 'vdi', 'iso', 'ploop']);

/** Finds the images that start with this one as their kernel or ramdisk. */
export async function findImagesOnIt(client: OpenstackClient, image: ImageRecord, call: Call, found: UseSeen): Promise<void> {
  if (diskFormats.has(image.diskFormat ?? '')) return;
  for (const property of ['kernel_id', 'ramdisk_id'])
    for (const hidden of ['false', 'true']) {
      const query = new URLSearchParams({ [property]: image.id, os_hidden: hidden });
      for await (const wire of eachImage(client, { query }, call)) {
        const [name, status, owner] = [textIn(wire.name), textIn(wire.status), textIn(wire.owner)];
        if (wire[property] === image.id) found({ kind: 'image', id: textIn(wire.id) ?? '', ...given({ name, status, owner }) });
      }
    }
}
