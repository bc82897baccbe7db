import { randomBytes } from 'node:crypto';

export const blockBytes = 512 * 1024;
export const gib = 1024 ** 3;

/** The account that the keys of the tests are of, somebody else's, and that of Amazon's own images. */
export const account = '111122223333';
export const stranger = '444455556666';

export interface FakeSnapshot {
  readonly id: string;
  readonly region: string;
  readonly owner: string;
  readonly gib: number;
  readonly started: string;
  readonly description: string;
  status: 'pending' | 'completed' | 'error';
  message: string | undefined;
  /** Blocks are taken. */
  isOpen: boolean;
  /** Looks until it is complete, and puts until it is known. */
  looks: number;
  unseen: number;
  readonly blocks: Map<number, Buffer>;
  readonly written: Map<number, Buffer>;
  kmsKey: string | undefined;
  readonly holders: Set<string>;
  binnedAt: string | undefined;
}

export interface FakeImage {
  readonly id: string;
  readonly region: string;
  readonly owner: string;
  name: string;
  description: string | undefined;
  state: string;
  reason: string | undefined;
  /** Looks until it has the state that comes next. */
  looks: number;
  next: string | undefined;
  readonly created: string;
  /** As they were registered: `architecture`, `bootMode` and the like, by their names in answers. */
  readonly fields: Record<string, string>;
  readonly root: string;
  readonly disks: readonly { readonly device: string; readonly snapshot: string }[];
  readonly tags: Map<string, string>;
  readonly holders: Set<string>;
  protection: string;
  deprecation: string | undefined;
  readonly source: { readonly id: string; readonly region: string } | undefined;
  binnedAt: string | undefined;
}

/** A parameter of SSM. `coming`: what it is to hold once it was looked at so often; absent: nothing. */
export interface FakeParameter {
  value: string | undefined;
  /** Of the value, and of the last one that was put. */
  version: number;
  last: number;
  coming: { readonly value: string; readonly version: number } | undefined;
  looks: number;
  readonly tags: Map<string, string>;
}

/** How the cloud behaves; tests change it. */
export interface Settings {
  regions: string[];
  optedOut: string[];
  pageSize: number;
  emptyPages: number;
  /** Looks at a snapshot, or an image, until it is done. */
  snapshotLooks: number;
  imageLooks: number;
  copyLooks: number;
  /** Puts and lists that say that a new snapshot does not exist. */
  unseen: number;
  /** Looks at a parameter until it holds the image that it was told to. */
  parameterLooks: number;
  /** Operations of SSM that the account is not allowed. */
  deniedParameters: string[];
  snapshotFails: string | undefined;
  copyFails: string | undefined;
  corruptBlock: number | undefined;
  hasBin: boolean;
  /** Milliseconds that the clock of the cloud is ahead of ours. */
  clockMs: number;
}

const usual = (): Settings => ({
  regions: ['us-east-1', 'eu-west-1', 'eu-central-1'],
  optedOut: ['me-central-1'],
  pageSize: 1000,
  emptyPages: 0,
  snapshotLooks: 0,
  imageLooks: 0,
  copyLooks: 1,
  unseen: 0,
  parameterLooks: 0,
  deniedParameters: [],
  snapshotFails: undefined,
  copyFails: undefined,
  corruptBlock: undefined,
  hasBin: true,
  clockMs: 0,
});

/** All that the cloud holds. */
export class Store {
  readonly images = new Map<string, FakeImage>();
  readonly snapshots = new Map<string, FakeSnapshot>();
  /** By region and name. */
  readonly parameters = new Map<string, FakeParameter>();
  /** Ids of images that were deregistered. */
  readonly gone = new Set<string>();
  readonly instances: { readonly id: string; readonly image: string }[] = [];
  /** What was asked for with a token, and what came of it. */
  readonly tokens = new Map<string, { readonly asked: string; readonly id: string }>();
  readonly settings = usual();
  #made = 0;

  now(): Date {
    return new Date(Date.now() + this.settings.clockMs);
  }

  id(kind: 'ami' | 'snap' | 'vol'): string {
    return `${kind}-${(this.#made += 1).toString(16).padStart(4, '0')}${randomBytes(7).toString('hex').slice(0, 13)}`;
  }

  addSnapshot(more: Partial<FakeSnapshot> & Pick<FakeSnapshot, 'region' | 'gib'>): FakeSnapshot {
    const snapshot: FakeSnapshot = {
      id: this.id('snap'),
      owner: account,
      started: this.now().toISOString(),
      description: '',
      status: 'completed',
      message: undefined,
      isOpen: false,
      looks: 0,
      unseen: 0,
      blocks: new Map(),
      written: new Map(),
      kmsKey: undefined,
      holders: new Set(),
      binnedAt: undefined,
      ...more,
    };
    this.snapshots.set(snapshot.id, snapshot);
    return snapshot;
  }

  addImage(more: Partial<FakeImage> & Pick<FakeImage, 'region' | 'name'>): FakeImage {
    const image: FakeImage = {
      id: this.id('ami'),
      owner: account,
      description: undefined,
      state: 'available',
      reason: undefined,
      looks: 0,
      next: undefined,
      created: this.now().toISOString(),
      fields: { architecture: 'x86_64', virtualizationType: 'hvm', rootDeviceType: 'ebs' },
      root: '/dev/xvda',
      disks: [],
      tags: new Map(),
      holders: new Set(),
      protection: 'disabled',
      deprecation: undefined,
      source: undefined,
      binnedAt: undefined,
      ...more,
    };
    this.images.set(image.id, image);
    return image;
  }

  /** Images that hold a snapshot; disabled ones do too. */
  usersOf(snapshot: string): readonly FakeImage[] {
    return [...this.images.values()].filter((image) => !image.binnedAt && image.disks.some((disk) => disk.snapshot === snapshot));
  }

  dropSnapshot(snapshot: FakeSnapshot): void {
    if (this.settings.hasBin && snapshot.status === 'completed') snapshot.binnedAt = this.now().toISOString();
    else this.snapshots.delete(snapshot.id);
  }

  /** Bytes of a disk: what was written, and zeros. */
  diskOf(image: FakeImage, length: number): Buffer {
    const disk = Buffer.alloc(length);
    for (const [index, bytes] of this.snapshots.get(image.disks[0]?.snapshot ?? '')?.blocks ?? [])
      bytes.copy(disk, index * blockBytes);
    return disk;
  }
}

/** What comes with a look: work is done by being waited for. */
export function lookAt(thing: { looks: number }): boolean {
  if (thing.looks > 0) thing.looks -= 1;
  return thing.looks === 0;
}
