import { createHash, randomUUID } from 'node:crypto';

/** An image as Glance keeps it: what `GET /v2/images/{id}` answers, and what it does not show. */
export interface Kept {
  readonly wire: Record<string, unknown>;
  data: Buffer;
  staged: Buffer | undefined;
  readonly members: Map<string, { status: string; created_at: string }>;
  readonly tasks: Task[];
  /** Order of creation, for listing within one second. */
  readonly serial: number;
}

/** An import that goes on after its answer: it is done once the image has been looked at `left` times. */
export interface Task {
  readonly id: string;
  readonly created_at: string;
  status: 'pending' | 'processing' | 'success' | 'failure';
  message: string;
  left: number;
  /** What the image shows meanwhile, beginning a moment after the answer. */
  readonly during: Readonly<Record<string, unknown>>;
  readonly finish: () => { status: 'success' | 'failure'; message: string };
}

export interface Caller {
  readonly user: string;
  readonly project: string;
  readonly admin: boolean;
}

export const storeNames = ['fast', 'cheap', 'frozen'];
/** How often an image is looked at until an import on it is done. */
const looks = 2;
/** Largest page, and the page when none is asked for. */
export const pageMost = 20;
export const pageUsual = 5;

export const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

/** The images of one region. */
export interface Store {
  readonly images: Map<string, Kept>;
  /** Ids that were ever used: they cannot be used again. */
  readonly used: Set<string>;
  serial: number;
}

export const newStore = (): Store => ({ images: new Map(), used: new Set(), serial: 0 });

export function newImage(store: Store, owner: string, fields: Readonly<Record<string, unknown>>): Kept {
  const id = typeof fields.id === 'string' ? fields.id : randomUUID();
  store.serial += 1;
  const kept: Kept = {
    wire: {
      name: null,
      disk_format: null,
      container_format: null,
      visibility: 'shared',
      size: null,
      virtual_size: null,
      status: 'queued',
      checksum: null,
      protected: false,
      min_ram: 0,
      min_disk: 0,
      os_hidden: false,
      os_hash_algo: null,
      os_hash_value: null,
      tags: [],
      ...fields,
      owner: fields.owner ?? owner,
      id,
      created_at: now(),
      updated_at: now(),
      self: `/v2/images/${id}`,
      file: `/v2/images/${id}/file`,
      schema: '/v2/schemas/image',
    },
    data: Buffer.alloc(0),
    staged: undefined,
    members: new Map(),
    tasks: [],
    serial: store.serial,
  };
  store.images.set(id, kept);
  store.used.add(id);
  return kept;
}

/** Puts data in: the image is active, with size and hashes. */
export function fillImage(kept: Kept, data: Buffer, stores: readonly string[]): void {
  kept.data = data;
  const { wire } = kept;
  Object.assign(wire, {
    status: 'active',
    size: data.length,
    virtual_size: wire.disk_format === 'raw' ? data.length : null,
    checksum: createHash('md5').update(data).digest('hex'),
    os_hash_algo: 'sha512',
    os_hash_value: createHash('sha512').update(data).digest('hex'),
    stores: stores.join(','),
    updated_at: now(),
  });
}

/** Begins an import. Right after the answer the image shows no more of it than that there is a task. */
export function beginTask(kept: Kept, during: Task['during'], finish: Task['finish']): void {
  const id = randomUUID();
  const created = new Date().toISOString().replace('Z', String(kept.tasks.length).padStart(3, '0'));
  kept.tasks.push({ id, created_at: created, status: 'pending', message: '', left: looks, during, finish });
  Object.assign(kept.wire, { os_glance_import_task: id });
}

/** One look at an image: imports on it go on by one step. */
export function lookAt(kept: Kept): void {
  const task = kept.tasks.at(-1);
  if (!task || task.status === 'success' || task.status === 'failure') return;
  if (task.left > 0) {
    task.left -= 1;
    task.status = 'processing';
    Object.assign(kept.wire, task.during);
    return;
  }
  delete kept.wire.os_glance_import_task;
  Object.assign(kept.wire, { os_glance_importing_to_stores: '', os_glance_failed_import: '' });
  Object.assign(task, task.finish());
}

/** Whether the caller may know of the image at all. */
export function visible(kept: Kept, { project, admin }: Caller): boolean {
  const { visibility, owner } = kept.wire;
  return (
    admin ||
    owner === project ||
    visibility === 'public' ||
    visibility === 'community' ||
    (visibility === 'shared' && kept.members.has(project))
  );
}
