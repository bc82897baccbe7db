import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeCall } from '../../../src/core/call.ts';
import { diskBytes } from '../../support/content.ts';
import { sha256, type Store } from './store.ts';

/** One change on its way: what is typed, and whether it can be seen. `half`: neither the old state nor the new one. */
export interface Attempt {
  readonly args: readonly string[];
  look(): Promise<'old' | 'new' | 'half'>;
  /** Takes away what would pile up. */
  after?(): Promise<void>;
}

/** A change of a store that is killed over and over. */
export interface Change {
  readonly verb: string;
  begin(store: Store, number: number): Promise<Attempt>;
}

export interface Surroundings {
  readonly folder: string;
  /** SHA-256 of the data that each image is to have, by name. */
  readonly expected: Map<string, string>;
  /** Serves a disk, and says under which address and with which SHA-256. */
  readonly served: { readonly url: string; readonly sha256: string };
}

const MiB = 1024 * 1024;
/** A disk that lies in one file, or, of every other number, one that lies in blocks, with nothing in the middle. */
const diskOf = (number: number): Buffer =>
  number % 2 === 0
    ? diskBytes('raw', 3 * MiB, number)
    : Buffer.concat([diskBytes('raw', 4 * MiB, number), Buffer.alloc(4 * MiB), diskBytes('raw', 3 * MiB, number + 1)]);
const isThere = (there: boolean): 'old' | 'new' => (there ? 'new' : 'old');

export function changesIn({ folder, expected, served }: Surroundings): readonly Change[] {
  function disk(name: string, number: number): Buffer {
    const data = diskOf(number);
    expected.set(name, sha256(data));
    return data;
  }
  function diskFile(name: string, number: number): string {
    const file = path.join(folder, 'disk.raw');
    writeFileSync(file, disk(name, number));
    return file;
  }
  const removeNamed = async (store: Store, name: string): Promise<void> => {
    const image = await store.named(name);
    if (image) await store.remove(image.id);
  };
  /** The image that a change is done to again and again, made when it is needed. */
  const lasting = async (store: Store, name: string) => (await store.named(name)) ?? (await store.put(name, disk(name, 1)));

  return [
    {
      verb: 'upload',
      async begin(store, number) {
        const name = `new-${number}`;
        return {
          args: ['upload', diskFile(name, number), '--name', name],
          look: async () => isThere((await store.named(name))?.status === 'active'),
          after: () => removeNamed(store, name),
        };
      },
    },
    {
      verb: 'upload into a queued record',
      async begin(store, number) {
        const name = `queued-${number}`;
        const { id } = await store.put(name);
        return {
          args: ['upload', diskFile(name, number), '--into', id],
          async look() {
            const image = await store.named(name);
            return image === undefined ? 'half' : isThere(image.status === 'active');
          },
          after: () => removeNamed(store, name),
        };
      },
    },
    {
      verb: 'import',
      async begin(store, number) {
        const name = `fetched-${number}`;
        expected.set(name, served.sha256);
        return {
          args: ['import', name, '--url', served.url, '--disk-format', 'raw'],
          look: async () => isThere((await store.named(name)) !== undefined),
          after: () => removeNamed(store, name),
        };
      },
    },
    {
      verb: 'create',
      async begin(store, number) {
        const name = `record-${number}`;
        return {
          args: ['create', name, '--disk-format', 'raw'],
          look: async () => isThere((await store.named(name)) !== undefined),
          after: () => removeNamed(store, name),
        };
      },
    },
    {
      verb: 'patch',
      async begin(store, number) {
        const before = await lasting(store, 'patched');
        const after = `round ${number}`;
        return {
          args: ['patch', before.id, '--description', after, '--property', `round=${after}`, '--tag', `r${number}`],
          async look() {
            const now = await store.named('patched');
            if (JSON.stringify(now?.raw) === JSON.stringify(before.raw)) return 'old';
            const isNew = now?.description === after && now.properties.round === after && now.tags.includes(`r${number}`);
            return isNew ? 'new' : 'half';
          },
        };
      },
    },
    {
      verb: 'deactivate and reactivate',
      async begin(store) {
        const { id, status } = await lasting(store, 'switched');
        const [verb, goal] = status === 'active' ? (['deactivate', 'inactive'] as const) : (['reactivate', 'active'] as const);
        return {
          args: [verb, id],
          async look() {
            const now = (await store.named('switched'))?.status;
            return now === goal ? 'new' : now === status ? 'old' : 'half';
          },
        };
      },
    },
    {
      verb: 'delete',
      async begin(store) {
        const { id } = await lasting(store, 'deleted');
        return {
          args: ['delete', id, '--yes'],
          look: async () => isThere((await store.named('deleted')) === undefined),
        };
      },
    },
    {
      verb: 'replicate',
      async begin(store) {
        const { id, places } = await lasting(store, 'replicated');
        const has = (all: typeof places): boolean => all.some(({ name }) => name === 'second');
        const before = has(places);
        return {
          args: ['replicate', id, ...(before ? ['--remove', 'second', '--yes'] : ['--to', 'second'])],
          async look() {
            const now = await store.session.require('show').run({ id }, { ...quiet });
            return isThere(has(now.places) !== before);
          },
        };
      },
    },
  ];
}

const quiet = makeCall({ signal: new AbortController().signal, retries: 0, limits: {}, note: () => undefined });
