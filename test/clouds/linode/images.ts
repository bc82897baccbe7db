import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { good, notFound, objectOf, pageOf, refuse } from './answers.ts';
import { filtered } from './filters.ts';
import { takesImages, type WireImage } from './records.ts';
import { entityOf, type Account } from './state.ts';

type Body = Readonly<Record<string, unknown>>;

/** Kinds of what may be said of an image; a key that is not here is refused. */
const sayable: Readonly<Record<string, (value: unknown) => boolean>> = {
  label: (value) => typeof value === 'string' && value !== '',
  description: (value) => typeof value === 'string' && value.length <= 65_000,
  tags: (value) => Array.isArray(value) && value.every((tag) => typeof tag === 'string' && tag.length >= 3 && tag.length <= 100),
  cloud_init: (value) => typeof value === 'boolean',
  region: (value) => typeof value === 'string' && takesImages(value),
  disk_id: (value) => typeof value === 'number',
};

/** The refusal of a body with a key that is unknown here, or whose value is of the wrong kind; undefined if all is well. */
function wrong(body: Body, allowed: readonly string[], needed: readonly string[] = []): FakeAnswer | undefined {
  const missing = needed.find((key) => body[key] === undefined);
  if (missing !== undefined) return refuse(400, `${missing} is required`, missing);
  for (const [key, value] of Object.entries(body))
    if (!allowed.includes(key) || !sayable[key]?.(value)) return refuse(400, `${key} is not valid`, key);
  return undefined;
}

/** The service gives tags back in an order of its own. */
const tagsOf = (body: Body): string[] => [...((body.tags as string[] | undefined) ?? [])].reverse();

/** What a body says, as fields of a record. */
function said(body: Body): Partial<WireImage> {
  return {
    ...(typeof body.description === 'string' ? { description: body.description } : {}),
    ...(body.tags === undefined ? {} : { tags: tagsOf(body) }),
    ...(body.cloud_init === true ? { capabilities: ['cloud-init'] } : {}),
  };
}

/** GET /images: the account's own first, the provider's after them. Without a token the latter only. */
export function listImages(account: Account, request: FakeRequest, anonymous: boolean): FakeAnswer {
  const now = performance.now();
  const limit = { 'x-ratelimit-limit': String(account.listsPerMinute) };
  const recent = account.lists.filter((at) => at > now - 60_000);
  if (recent.length >= account.listsPerMinute)
    return {
      ...refuse(429, 'Too many requests'),
      headers: { ...limit, 'retry-after': String(Math.ceil(((recent[0] ?? now) + 60_000 - now) / 1000)) },
    };
  account.lists.push(now);
  const visible = [...account.images.values()].filter((image) => !anonymous || image.is_public);
  const kept = filtered(visible, request, 'images');
  if ('refused' in kept) return { ...kept.refused, headers: limit };
  const rows = [...kept.rows].sort((one, other) => Number(one.is_public) - Number(other.is_public));
  return { ...pageOf(rows, request, 0), headers: limit };
}

/** POST /images: from a disk, whose whole size the image has until it is done. */
export function imagizeDisk(account: Account, request: FakeRequest): FakeAnswer {
  const body = objectOf(request);
  if (!body) return refuse(400, 'Invalid JSON');
  const refused = wrong(body, ['disk_id', 'label', 'description', 'tags', 'cloud_init'], ['disk_id']);
  if (refused) return refused;
  const sizeMb = account.disks.get(Number(body.disk_id));
  if (sizeMb === undefined) return notFound();
  const image = account.addImage({ label: String(body.label ?? 'disk'), status: 'creating', size: sizeMb, ...said(body) });
  const linode = { label: 'a-linode', id: 77, type: 'linode', url: '/v4/linode/instances/77' };
  const event = account.addEvent('disk_imagize', linode, entityOf(image));
  event.status = 'started';
  account.later(account.workMs, () => {
    event.status = 'finished';
    event.percent_complete = 100;
    account.finish(image, 366, ['us-ord']);
  });
  return good({ ...image });
}

/** POST /images/upload: a record that waits for its data, and the signed address where the data goes. */
export function beginUpload(account: Account, request: FakeRequest, store: string): FakeAnswer {
  const body = objectOf(request);
  if (!body) return refuse(400, 'Invalid JSON');
  const refused = wrong(body, ['label', 'region', 'description', 'tags', 'cloud_init'], ['label', 'region']);
  if (refused) return refused;
  const image = account.addImage({ label: String(body.label), ...said(body) });
  const number = image.id.split('/')[1] ?? '';
  const expires = Math.floor(Date.now() / 1000) + 86_400;
  const signature = `q%2F${number}%2BsIg%3D`;
  const path = `/linode-production-machine-images-uploads/${number}?Signature=${signature}&Expires=${expires}&AWSAccessKeyID=FAKE`;
  account.targets.set(path, { image: image.id, path, expires });
  account.regionOf.set(image.id, String(body.region));
  return good({ upload_to: `${store}${path}`, image: { ...image } });
}

/** PUT /images/{id}: only what is said changes. */
export function changeImage(image: WireImage, request: FakeRequest): FakeAnswer {
  const body = objectOf(request);
  if (!body) return refuse(400, 'Invalid JSON');
  if (image.is_public || image.type === 'shared') return refuse(403, 'Unauthorized');
  const refused = wrong(body, ['label', 'description', 'tags']);
  if (refused) return refused;
  if (typeof body.label === 'string') image.label = body.label;
  Object.assign(image, said(body));
  return good({ ...image });
}

/** DELETE /images/{id}. */
export function deleteImage(account: Account, image: WireImage, request: FakeRequest): FakeAnswer {
  if (image.is_public || image.type === 'shared') return refuse(403, 'Unauthorized');
  if (request.bodyBytes > 0) return refuse(400, 'Invalid JSON');
  account.images.delete(image.id);
  return good({});
}

/** POST /images/{id}/regions: the whole set that is to be; what is not in it goes. */
export function setRegions(account: Account, image: WireImage, request: FakeRequest): FakeAnswer {
  const wanted: unknown = objectOf(request)?.regions;
  if (image.is_public || image.type === 'shared') return refuse(403, 'Unauthorized');
  if (!Array.isArray(wanted) || wanted.length === 0) return refuse(400, 'regions is required', 'regions');
  if (image.status !== 'available') return refuse(400, 'Image is not available');
  const strange = wanted.findIndex((region) => typeof region !== 'string' || !takesImages(region));
  if (strange >= 0) return refuse(400, 'region is not valid', `regions[${strange}]`);
  const now = image.regions ?? [];
  if (!now.some(({ region, status }) => status === 'available' && wanted.includes(region)))
    return refuse(400, 'At least one available region must stay', 'regions');
  const leaving = now
    .filter(({ region }) => !wanted.includes(region))
    .map(({ region }) => ({ region, status: 'pending deletion' }));
  const staying = now.filter(({ region }) => wanted.includes(region));
  const coming = wanted
    .filter((region) => !staying.some((one) => one.region === region))
    .map((region) => ({ region: String(region), status: 'pending replication' }));
  image.regions = [...staying, ...coming, ...leaving];
  account.later(account.workMs / 2, () => coming.forEach((copy) => void (copy.status = 'replicating')));
  account.later(account.workMs, () => {
    for (const copy of coming) copy.status = account.stuck.has(copy.region) ? 'timedout' : 'available';
    image.regions = (image.regions ?? []).filter((copy) => !leaving.includes(copy));
    image.total_size = image.size * image.regions.filter(({ status }) => status === 'available').length;
  });
  return good({ ...image });
}
