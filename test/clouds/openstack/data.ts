import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { Refusal } from './refusal.ts';
import { beginTask, fillImage, storeNames, type Caller, type Kept, type Task } from './store.ts';

/** What one deployment offers, and how its imports go wrong. Tests change it. */
export interface SiteFacts {
  methods: readonly string[];
  /** Absent: a site with a single store. */
  stores: readonly string[] | undefined;
  /** Stores that cannot be written, as is found out only during an import. */
  broken: readonly string[];
  /** What a site does to an image once its data is there, such as converting it or noting other digests. */
  filled?: (kept: Kept) => void;
  /** The image of a new record gets an id of the site's, whatever the client has chosen. */
  ownIds?: boolean;
  /** Nobody but an administrator may read the tasks of an image. */
  secretTasks?: boolean;
  /** Answers a list in its own way. */
  lists?: (query: URLSearchParams, wires: readonly Readonly<Record<string, unknown>>[]) => unknown;
  /** The data of an image in another region; absent: there is no such region, or no such image in it. */
  elsewhere?: (region: string, id: string) => Buffer | undefined;
}

export const usualSite = (): SiteFacts => ({
  methods: ['glance-direct', 'web-download', 'copy-image', 'glance-download'],
  stores: storeNames,
  broken: [],
});

const failed = (message = 'Task failed due to Internal Error') => ({ status: 'failure' as const, message });
const done = (kept: Kept) => ({
  status: 'success' as const,
  message: `Copied ${Math.max(1, Math.round(kept.data.length / 1024 ** 2))} MiB`,
});

function needsBytes({ headers }: FakeRequest): void {
  const type = headers['content-type'] ?? 'text/plain';
  if (type !== 'application/octet-stream')
    throw new Refusal(415, `The request media type ${type} is not supported by this server. `);
}

/** `PUT file` and `PUT stage`. */
export function takeData(kept: Kept, request: FakeRequest, action: 'file' | 'stage', site: SiteFacts): FakeAnswer {
  needsBytes(request);
  const { wire } = kept;
  const next = action === 'file' ? 'saving' : 'uploading';
  if (wire.status !== 'queued')
    throw new Refusal(409, `Image status transition from ${String(wire.status)} to ${next} is not allowed`);
  if (action === 'stage') {
    kept.staged = request.data;
    Object.assign(wire, { status: 'uploading', size: request.data.length });
    return { status: 204 };
  }
  const unset = ['disk_format', 'container_format'].filter((name) => wire[name] === null);
  if (unset.length > 0) throw new Refusal(400, `Properties ${unset.join(', ')} must be set prior to saving data.`);
  const store = request.headers['x-image-meta-store'] ?? 'fast';
  if (!(site.stores ?? ['fast']).includes(store)) throw new Refusal(400, `Store for identifier ${store} not found`);
  fillImage(kept, request.data, [store]);
  site.filled?.(kept);
  return { status: 204 };
}

/** `GET file`. An image without data is 204. */
export function giveData({ wire, data }: Kept, { headers }: FakeRequest, caller: Caller): FakeAnswer {
  if (wire.status === 'deactivated' && !caller.admin)
    throw new Refusal(403, 'The requested image has been deactivated. Image data download is forbidden.');
  if (wire.status !== 'active' && wire.status !== 'deactivated') return { status: 204 };
  const md5 = { 'content-md5': String(wire.checksum) };
  const range = headers.range;
  if (range === undefined) return { status: 200, headers: md5, body: data };
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  const first = from === '' ? data.length - Number(to) : Number(from);
  const last = from === '' || to === '' ? data.length - 1 : Math.min(Number(to), data.length - 1);
  if ((from === '' && to === '') || first >= data.length) throw new Refusal(416, 'The Range requested is not available.');
  return {
    status: 206,
    headers: { ...md5, 'content-range': `bytes ${first}-${last}/${data.length}` },
    body: data.subarray(first, last + 1),
  };
}

type Method = Readonly<Record<string, unknown>>;

/** What came of each way of import, once it is done. An address with `missing` in it has nothing. */
const fetched: Readonly<Record<string, (kept: Kept, method: Method, site: SiteFacts) => Buffer | undefined>> = {
  'glance-direct': (kept) => kept.staged,
  'web-download': (_kept, { uri }) => (String(uri).includes('missing') ? undefined : Buffer.from(`what lies at ${String(uri)}`)),
  'glance-download': (_kept, { glance_region: region, glance_image_id: id }, { elsewhere }) =>
    elsewhere?.(String(region), String(id)) ??
    (region === 'RegionTwo' ? Buffer.from('what lies in the other region') : undefined),
};

function checkImport({ wire, tasks }: Kept, method: Method, body: Method, site: SiteFacts): void {
  const name = String(method.name);
  if (tasks.some(({ status }) => status === 'pending' || status === 'processing'))
    throw new Refusal(409, 'Image has active task');
  if (!site.methods.includes(name)) throw new Refusal(400, `Unknown import method name '${name}'.`);
  if (body.stores !== undefined && body.all_stores === true)
    throw new Refusal(400, "All_stores parameter can't be used with x-image-meta-store header or stores parameter");
  for (const store of (body.stores as readonly string[] | undefined) ?? [])
    if (!(site.stores ?? ['fast']).includes(store)) throw new Refusal(409, `Store for identifier ${store} not found`);
  if (name === 'copy-image') {
    if (wire.status !== 'active') throw new Refusal(409, 'Only images with status active can be targeted for copying');
    return;
  }
  for (const field of ['container_format', 'disk_format'])
    if (wire[field] === null) throw new Refusal(409, `'${field}' needs to be set before import`);
  if (wire.status === 'active') throw new Refusal(409, 'Image with status active cannot be target for import');
  if (name === 'glance-direct' && wire.status !== 'uploading')
    throw new Refusal(409, "Image needs to be staged before 'glance-direct' method can be used");
  if (name === 'web-download' && !/^https?:\/\/[^/]*\.example(:443)?\//.test(String(method.uri)))
    throw new Refusal(400, `URI for web-download does not pass filtering: ${String(method.uri)}`);
  if (name === 'glance-download' && typeof method.glance_region !== 'string')
    throw new Refusal(400, "'glance_region' needs to be set for glance-download import method");
}

/** `POST import`: accepted at once, done a few looks later. */
export function beginImport(kept: Kept, body: Method, caller: Caller, site: SiteFacts): FakeAnswer {
  const { wire } = kept;
  const method = (body.method ?? {}) as Method;
  if (typeof method.name !== 'string') throw new Refusal(400, "Import request requires a 'method' field.");
  checkImport(kept, method, body, site);
  const stores = (body.stores as readonly string[] | undefined) ?? ['fast'];
  if (method.name === 'copy-image') {
    if (!caller.admin) throw new Refusal(403, 'You are not authorized to complete copy_image action.');
    const there = String(wire.stores).split(',');
    for (const store of stores) if (there.includes(store)) throw new Refusal(400, `Image is already present at store '${store}'`);
    beginTask(kept, { os_glance_importing_to_stores: stores.join(',') }, () =>
      copy(kept, stores, body.all_stores_must_succeed !== false, site),
    );
    return { status: 202 };
  }
  const wanted = method.name;
  beginTask(kept, { status: 'importing', os_glance_importing_to_stores: stores.join(',') }, () =>
    finishImport(kept, wanted, method, stores, site),
  );
  return { status: 202 };
}

function copy(kept: Kept, stores: readonly string[], allMust: boolean, site: SiteFacts): ReturnType<Task['finish']> {
  const lost = stores.filter((store) => site.broken.includes(store));
  const won = allMust && lost.length > 0 ? [] : stores.filter((store) => !lost.includes(store));
  const there = String(kept.wire.stores).split(',');
  Object.assign(kept.wire, { stores: [...there, ...won].join(','), os_glance_failed_import: lost.join(',') });
  return won.length === 0 ? failed() : done(kept);
}

function finishImport(
  kept: Kept,
  name: string,
  method: Method,
  stores: readonly string[],
  site: SiteFacts,
): ReturnType<Task['finish']> {
  const { wire } = kept;
  const data = stores.some((store) => site.broken.includes(store)) ? undefined : fetched[name]?.(kept, method, site);
  if (data) {
    fillImage(kept, data, stores);
    site.filled?.(kept);
    return done(kept);
  }
  // The region that does not exist is noticed so late that the store is still noted as being written.
  const lie =
    name === 'glance-download'
      ? { os_glance_importing_to_stores: stores.join(',') }
      : { os_glance_failed_import: stores.join(',') };
  Object.assign(wire, { status: 'queued', size: null, ...lie });
  return failed();
}

/** `DELETE /v2/stores/{store}/{id}`. */
export function removeFromStore(kept: Kept, store: string): FakeAnswer {
  const there = String(kept.wire.stores ?? '')
    .split(',')
    .filter((name) => name !== '');
  if (!there.includes(store)) throw new Refusal(404, `Image ${String(kept.wire.id)} is not stored in store ${store}.`);
  if (there.length === 1)
    throw new Refusal(403, 'Cannot delete image data from the only store containing it. Consider deleting the image instead.');
  kept.wire.stores = there.filter((name) => name !== store).join(',');
  return { status: 204 };
}
