import { ImgctlError, unsupportedError } from '../../core/errors.ts';
import type { Call, Handover } from '../../core/operation.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { holdsBlob } from './blobs.ts';
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
export const handoverOf = ({ name, wire }: Repository, { digest, size }: Descriptor): Handover => ({
  realm: wire.origin.origin,
  values: { repository: name, digest, size: String(size) },
});

/** Why a disk cannot be mounted from where it lies; absent: it may be tried. */
export const objection = async ({ home }: OciClient, { realm }: Handover): Promise<string | undefined> =>
  realm === home.wire.origin.origin ? undefined : 'source and target are different registries';

/** Where a disk lies that is handed over; absent: in another registry. */
export const placeOf = ({ home, repository }: OciClient, { realm, values }: Handover): Repository | undefined =>
  realm === home.wire.origin.origin ? repository(values.repository ?? '') : undefined;

/** Brings a disk that another repository of this registry holds into this one. Throws UNSUPPORTED where no mount does that. */
export async function mountHandedOver(client: OciClient, handover: Handover, call: Call): Promise<Pushed> {
  const { home } = client;
  const { repository: name = '', digest = '', size } = handover.values;
  const disk = { digest, size: Number(size) };
  const from = placeOf(client, handover);
  if (from && ((await holdsBlob(home, digest, disk.size, call)) || (await mount(from, home, disk, call)))) return disk;
  throw unsupportedError(`${home.wire.origin.host} does not mount disks of ${name} in ${home.name}`);
}

/** Whether the disk was in a place of the profile, and is in its repository now. */
export async function mountFromPlaces({ home, places }: OciClient, disk: Pushed, call: Call): Promise<boolean> {
  if (places.size === 0 || (await holdsBlob(home, disk.digest, disk.size, call))) return false;
  for (const place of places.values())
    if ((await holdsBlob(place, disk.digest, disk.size, call).catch(() => false)) && (await mount(place, home, disk, call)))
      return true;
  return false;
}
