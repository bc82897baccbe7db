import { ImgctlError, unsupportedError } from '../../core/errors.ts';
import type { Call, Handover } from '../../core/operation.ts';
import { blockListOf } from '../_oci/block-list.ts';
import { imageManifestOf, parseJson, type Descriptor } from '../_oci/manifest.ts';
import { holdsBlob, readText } from './blobs.ts';
import { inBatches } from './concurrency.ts';
import { readManifest } from './manifests.ts';
import type { OciClient } from './client.ts';
import type { Pushed } from './disk.ts';
import { scope, urlIn, type Repository } from './repository.ts';
import { cancelUpload, octets } from './upload-session.ts';

/**
 * Lets another repository have a blob without moving it. False: not by a mount. It only saves work, so whatever stands in its
 * way is no failure: sending the disk will tell.
 */
export async function mount(
  from: Repository,
  to: Repository,
  { digest }: Pick<Descriptor, 'digest'>,
  call: Call,
): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from: from.name });
  const url = urlIn(to, `blobs/uploads/?${query.toString()}`);
  const ask = {
    what: `mounting ${digest} in ${to.shown}`,
    method: 'POST',
    url,
    scopes: [scope(to, 'pull,push'), scope(from, 'pull')],
    headers: octets,
    body: '',
    welcome: 'any',
  } as const;
  try {
    const answer = await to.wire.ask(ask, call);
    if (answer.status === 201) return true;
    if (answer.status === 202) await cancelUpload(to, to.wire.resolve(answer, url), call);
    return false;
  } catch (error) {
    if (error instanceof ImgctlError && error.code !== 'ABORTED') return false;
    throw error;
  }
}

/** A disk as it lies in a repository, for another repository of the registry to mount. */
export const handoverOf = ({ name, wire }: Repository, { digest, size }: Descriptor, manifest?: string): Handover => ({
  realm: wire.origin.origin,
  values: { repository: name, digest, size: String(size), ...(manifest === undefined ? {} : { manifest }) },
});

/** Why a disk cannot be mounted from where it lies; absent: it may be tried. */
export const objection = async ({ home }: OciClient, { realm }: Handover): Promise<string | undefined> =>
  realm === home.wire.origin.origin ? undefined : 'source and target are different registries';

/** Brings a disk that another repository of this registry holds into this one. Throws UNSUPPORTED where no mount does that. */
export async function mountHandedOver({ home, repository }: OciClient, { realm, values }: Handover, call: Call): Promise<Pushed> {
  const { repository: name = '', digest = '' } = values;
  const disk = { digest, size: Number(values.size) };
  const from = repository(name);
  const brought = async (blob: Pushed): Promise<boolean> =>
    (await holdsBlob(home, blob.digest, blob.size, call)) || mount(from, home, blob, call);
  const refused = unsupportedError(`${home.wire.origin.host} does not mount disks of ${name} in ${home.name}`);
  if (realm !== home.wire.origin.origin) throw refused;
  const layered = values.manifest === undefined ? undefined : await layeredIn(from, values.manifest, disk, call);
  for await (const isThere of inBatches([disk, ...(layered?.blocks ?? [])], brought)) if (!isThere) throw refused;
  return { ...disk, ...(layered ? { layered } : {}) };
}

/** What the disk of a manifest in another repository is, beside the list that stands for it. */
async function layeredIn(from: Repository, manifest: string, disk: Pushed, call: Call): Promise<Pushed['layered']> {
  const came = await readManifest(from, manifest, undefined, call);
  const blocks = typeof came === 'object' ? imageManifestOf(parseJson(came.text) ?? {})?.blocks : undefined;
  if (!blocks) throw unsupportedError(`${from.shown} no longer has the manifest of the disk`);
  return { blocks, bytes: blockListOf(await readText(from, disk.digest, call), from.shown).bytes };
}

/** Whether the disk was in a place of the profile, and is in its repository now. */
export async function mountFromPlaces({ home, places }: OciClient, disk: Pushed, call: Call): Promise<boolean> {
  if (places.size === 0 || (await holdsBlob(home, disk.digest, disk.size, call))) return false;
  for (const place of places.values())
    if ((await holdsBlob(place, disk.digest, disk.size, call).catch(() => false)) && (await mount(place, home, disk, call)))
      return true;
  return false;
}
