import type { Caller } from './signature.ts';
import { lookAt, type FakeImage, type FakeSnapshot, type Store } from './store.ts';
import { refuse } from './refusal.ts';
import { numbered, structures, type Form } from './parameters.ts';

export const isPublic = (image: FakeImage): boolean => image.holders.has('all');

const sees = (image: FakeImage, { account: who }: Caller): boolean =>
  image.owner === who || (image.state !== 'disabled' && (image.holders.has('all') || image.holders.has(who)));

const tagSet = (tags: ReadonlyMap<string, string>): object[] => [...tags].map(([key, value]) => ({ key, value }));

/** An image as its viewer is told of it: tags of others are not shown. */
export function imageRecord(store: Store, image: FakeImage, caller: Caller): Record<string, unknown> {
  return {
    imageId: image.id,
    imageLocation: `${image.owner}/${image.name}`,
    imageState: image.state,
    imageOwnerId: image.owner,
    creationDate: image.created,
    isPublic: isPublic(image),
    ...image.fields,
    imageType: 'machine',
    name: image.name,
    description: image.description,
    rootDeviceName: image.root,
    blockDeviceMapping: image.disks.map(({ device, snapshot }) => ({
      deviceName: device,
      ebs: {
        snapshotId: snapshot,
        volumeSize: store.snapshots.get(snapshot)?.gib ?? 1,
        deleteOnTermination: true,
        volumeType: 'gp3',
        encrypted: store.snapshots.get(snapshot)?.kmsKey !== undefined,
      },
    })),
    tagSet: image.owner === caller.account ? tagSet(image.tags) : [],
    deregistrationProtection: image.protection,
    deprecationTime: image.deprecation,
    ...(image.source ? { sourceImageId: image.source.id, sourceImageRegion: image.source.region } : {}),
    ...(image.reason === undefined ? {} : { stateReason: { code: 'Client.InternalError', message: image.reason } }),
  };
}

/** `*` and `?` stand for anything, `\` takes that from them. */
function fits(pattern: string, value: string): boolean {
  const source = pattern.replace(/\\(.)|([*?])|[.+^${}()|[\]]/gs, (whole, literal?: string, sign?: string) =>
    sign === '*' ? '.*' : sign === '?' ? '.' : `\\${literal ?? whole}`,
  );
  return new RegExp(`^${source}$`, 's').test(value);
}

function valuesOf(image: FakeImage, caller: Caller, name: string): readonly string[] {
  const own = image.owner === caller.account ? image.tags : new Map<string, string>();
  if (name.startsWith('tag:')) return own.has(name.slice(4)) ? [own.get(name.slice(4)) ?? ''] : [];
  const known: Readonly<Record<string, readonly (string | undefined)[]>> = {
    name: [image.name],
    state: [image.state],
    architecture: [image.fields.architecture],
    description: [image.description ?? ''],
    'creation-date': [image.created],
    'is-public': [String(isPublic(image))],
    'owner-id': [image.owner],
    'source-image-id': [image.source?.id],
    'source-image-region': [image.source?.region],
    'tag-key': [...own.keys()],
    'block-device-mapping.snapshot-id': image.disks.map(({ snapshot }) => snapshot),
  };
  const found = known[name] ?? refuse('InvalidParameterValue', `The filter '${name}' is invalid`);
  return found.flatMap((value) => value ?? []);
}

export function passes(form: Form, values: (name: string) => readonly string[]): boolean {
  return structures(form, 'Filter').every((filter) => {
    const wanted = numbered(filter, 'Value');
    return values(filter.Name ?? '').some((value) => wanted.some((pattern) => fits(pattern, value)));
  });
}

/** In an order that nobody promises, in pages, some of which may be empty. */
export function paged<T>(
  store: Store,
  form: Form,
  rows: readonly T[],
): { readonly page: readonly T[]; readonly nextToken?: string } {
  const [at = 0, empty = 0] = (form.NextToken ?? '0:0').split(':').map(Number);
  if (!Number.isInteger(at) || !Number.isInteger(empty)) refuse('InvalidPaginationToken', 'The pagination token is not valid');
  const { pageSize, emptyPages } = store.settings;
  if (empty < emptyPages && rows.length > at) return { page: [], nextToken: `${at}:${empty + 1}` };
  const size = Math.min(pageSize, form.MaxResults === undefined ? Infinity : Number(form.MaxResults));
  const end = at + size;
  return { page: rows.slice(at, end), ...(end < rows.length ? { nextToken: `${end}:0` } : {}) };
}

const checkIds = (ids: readonly string[]): void => {
  for (const id of ids)
    if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
      refuse('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
};

export function describeImages(
  store: Store,
  form: Form,
  caller: Caller,
  retold: (record: Record<string, unknown>) => Record<string, unknown>,
): object {
  const [ids, owners, users] = ['ImageId', 'Owner', 'ExecutableBy'].map((name) => numbered(form, name)) as [
    string[],
    string[],
    string[],
  ];
  checkIds(ids);
  const visible = [...store.images.values()].filter(
    (image) => image.region === caller.region && !image.binnedAt && sees(image, caller),
  );
  const never = ids.filter((id) => !visible.some((image) => image.id === id) && !store.gone.has(id));
  if (never.length > 0) refuse('InvalidAMIID.NotFound', `The image id '[${never.join(', ')}]' does not exist`);
  const isWanted = (image: FakeImage): boolean =>
    (ids.length === 0 || ids.includes(image.id)) &&
    (owners.length === 0 ||
      owners.some((owner) => owner === image.owner || (owner === 'self' && image.owner === caller.account))) &&
    (users.length === 0 || users.some((user) => image.holders.has(user === 'self' ? caller.account : user))) &&
    (form.IncludeDisabled === 'true' || image.state !== 'disabled') &&
    passes(form, (name) => valuesOf(image, caller, name));
  const found = visible.filter(isWanted).sort((a, b) => (a.id.slice(-6) < b.id.slice(-6) ? -1 : 1));
  for (const image of found)
    if (image.next !== undefined && lookAt(image)) {
      image.state = image.next;
      image.next = undefined;
    }
  const { page, nextToken } = paged(store, form, found);
  return { imagesSet: page.map((image) => retold(imageRecord(store, image, caller))), nextToken };
}

export function snapshotRecord(snapshot: FakeSnapshot): object {
  return {
    snapshotId: snapshot.id,
    volumeId: 'vol-ffffffff',
    status: snapshot.status,
    statusMessage: snapshot.message,
    startTime: snapshot.started,
    progress: snapshot.status === 'completed' ? '100%' : '',
    ownerId: snapshot.owner,
    volumeSize: snapshot.gib,
    description: snapshot.description,
    encrypted: snapshot.kmsKey !== undefined,
    kmsKeyId: snapshot.kmsKey,
  };
}

/** Work on a snapshot goes on with each look at it. */
export function settleSnapshot(store: Store, snapshot: FakeSnapshot): void {
  if (snapshot.status !== 'pending' || snapshot.isOpen || !lookAt(snapshot)) return;
  const { snapshotFails } = store.settings;
  snapshot.status = snapshotFails === undefined && snapshot.message === undefined ? 'completed' : 'error';
  snapshot.message ??= snapshotFails;
}

export function describeSnapshots(store: Store, form: Form, caller: Caller): object {
  const ids = numbered(form, 'SnapshotId');
  const visible = [...store.snapshots.values()].filter(
    ({ region, binnedAt, owner, holders }) =>
      region === caller.region && !binnedAt && (owner === caller.account || holders.has(caller.account)),
  );
  for (const id of ids)
    if (!visible.some((one) => one.id === id)) refuse('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
  const found = visible.filter(({ id }) => ids.length === 0 || ids.includes(id));
  for (const snapshot of found) settleSnapshot(store, snapshot);
  const { page, nextToken } = paged(store, form, found);
  return { snapshotSet: page.map(snapshotRecord), nextToken };
}
