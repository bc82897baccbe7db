import type { ImageRecord } from '../../core/image.ts';
import { unaskedBy } from '../../core/uses.ts';
import type { Call, ImageUses, Operation, UnaskedUse, Use, UseKind } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { findImagesOnIt, findServers, findShelvedServer, readVolumes, type UseSeen, type SeenVolumes } from './image-users.ts';
import { members } from './share.ts';

/** What a look gave until its end, or until it failed. */
interface Look {
  readonly uses: readonly Use[];
  readonly unasked: readonly UnaskedUse[];
}

async function looked(kind: UseKind, look: (found: UseSeen) => Promise<void>): Promise<Look> {
  const uses: Use[] = [];
  try {
    await look((use) => void uses.push(use));
  } catch (error) {
    return { uses, unasked: [unaskedBy(kind, error)] };
  }
  return { uses, unasked: [] };
}

/** The projects that were given an image, but for those that do not want it. */
async function findShares(client: OpenstackClient, image: ImageRecord, isOwn: boolean, call: Call): Promise<Look> {
  if (image.visibility !== 'shared') return { uses: [], unasked: [] };
  if (!isOwn) return { uses: [], unasked: [{ kind: 'share', of: 'others', reason: 'only its owner is told who has it' }] };
  return looked('share', async (found) => {
    for (const { with: project, state } of await members(client, image.id, call))
      if (state !== 'rejected') found({ kind: 'share', id: project, status: state });
  });
}

const othersReason = 'only administrators see what other projects have';

/** Each once, as it was found first: a server may be found on several ways. */
function distinct(uses: readonly Use[]): readonly Use[] {
  const byKey = new Map<string, Use>();
  for (const use of uses) if (!byKey.has(`${use.kind} ${use.id}`)) byKey.set(`${use.kind} ${use.id}`, use);
  return [...byKey.values()];
}

async function usesOf(client: OpenstackClient, image: ImageRecord, volumes: SeenVolumes, call: Call): Promise<ImageUses> {
  const { project, roles } = (await client.site(call)).signedIn;
  const isOwn = project !== undefined && image.owner === project.id;
  let seesAllServers = false;
  const servers = await looked('instance', async (found) => {
    seesAllServers = await findServers(client, image.id, call, found);
    await findShelvedServer(client, image, call, found);
  });
  const images = await looked('image', (found) => findImagesOnIt(client, image, call, found));
  const shares = await findShares(client, image, isOwn || roles.includes('admin'), call);
  const ofVolumes = volumes.byImage.get(image.id.toLowerCase()) ?? [];
  // Who cannot have an image uses it for nothing new.
  const isInReach =
    !isOwn || !['private', 'shared'].includes(image.visibility ?? '') || shares.uses.length + shares.unasked.length > 0;
  const others = (kind: UseKind, isSeen: boolean): readonly UnaskedUse[] =>
    isSeen || !isInReach ? [] : [{ kind, of: 'others', reason: othersReason }];
  return {
    image: image.id,
    uses: distinct([...servers.uses, ...ofVolumes, ...images.uses, ...shares.uses]),
    unasked: [
      ...servers.unasked,
      ...(servers.unasked.length > 0 ? [] : others('instance', seesAllServers)),
      ...(volumes.failure === undefined ? others('volume', volumes.all) : [volumes.failure]),
      ...images.unasked,
      ...shares.unasked,
    ],
  };
}

export const uses: Operation<OpenstackClient, 'uses'> = {
  knows: ['instance', 'volume', 'image', 'share'],
  async run(client, { images }, call) {
    const volumes = await readVolumes(client, call);
    const all: ImageUses[] = [];
    // One after the other: a cloud is not asked for hundreds of lists at once.
    for (const image of images) all.push(await usesOf(client, image, volumes, call));
    return all;
  },
};
