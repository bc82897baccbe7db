import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import path from 'node:path';
import type { Session } from '../../../src/core/driver.ts';
import type { Image } from '../../../src/core/image.ts';
import local from '../../../src/drivers/local/index.ts';
import { allOf, everything, testCall } from '../../conformance/stage.ts';
import { contentOf, gather } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** A local store and the place that it copies to, looked at from here. */
export interface Store {
  readonly session: Session;
  /** What a profile of it holds. */
  readonly values: Readonly<Record<string, string>>;
  /** Puts in an image from here. `data` absent: a queued record. */
  put(name: string, data?: Buffer): Promise<Image>;
  remove(id: string): Promise<void>;
  images(): Promise<readonly Image[]>;
  named(name: string): Promise<Image | undefined>;
  /** What is not whole, in either folder: `expected` gives the SHA-256 of the data under each name. */
  damage(expected: ReadonlyMap<string, string>): Promise<readonly string[]>;
  /** Files that nothing leads to, in either folder. */
  waste(): readonly string[];
  /** Lets what dead processes left be as old as it is when somebody comes back a minute later. */
  age(): void;
}

export function openStore(folder: string): Store {
  const folders = { home: path.join(folder, 'images'), second: path.join(folder, 'second') };
  const values = { path: folders.home, places: `second=${folders.second}` };
  const { session } = openSession(local, values);
  const sessions = { home: session, second: openSession(local, { path: folders.second }).session };
  const images = async (of: Session = session): Promise<readonly Image[]> => {
    const call = testCall();
    const all = await allOf(of.require('list').run(everything, call));
    // What a list leaves out it tells of.
    if (call.notes.length > 0) throw new Error(JSON.stringify(call.notes));
    return all;
  };

  async function damageIn(place: keyof typeof folders, expected: ReadonlyMap<string, string>): Promise<readonly string[]> {
    if (!existsSync(folders[place])) return [];
    const wrong: string[] = [];
    for (const image of await images(sessions[place]))
      try {
        const shown = await sessions[place].require('show').run({ id: image.id }, testCall());
        if (shown.name !== image.name) wrong.push(`${image.name} is shown as ${shown.name}`);
        if (image.status !== 'active') continue;
        const data = await gather((await sessions[place].require('download').run({ id: image.id }, testCall())).open());
        if (sha256(data) !== expected.get(image.name)) wrong.push(`${place}: the data of ${image.name} is not its own`);
      } catch (error) {
        wrong.push(`${place}: ${image.name}: ${String(error)}`);
      }
    return wrong;
  }

  return {
    session,
    values,
    put(name, data) {
      if (!data) return session.require('create').run({ description: { name }, extras: {} }, testCall());
      const content = { ...contentOf(data, { format: 'raw' }, data.length), repeatable: false };
      return session.require('upload').run({ description: { name }, content, extras: {} }, testCall());
    },
    remove: (id) => session.require('delete').run({ id }, testCall()),
    images: () => images(),
    named: async (name) => (await images()).find((image) => image.name === name),
    async damage(expected) {
      return [...(await damageIn('home', expected)), ...(await damageIn('second', expected))];
    },
    waste: () => Object.values(folders).flatMap((each) => (existsSync(each) ? wasteIn(each) : [])),
    age() {
      const then = new Date(Date.now() - 61_000);
      for (const drafts of Object.values(folders).map((each) => path.join(each, 'imgctl', 'tmp')))
        for (const name of existsSync(drafts) ? readdirSync(drafts) : []) utimesSync(path.join(drafts, name), then, then);
    },
  };
}

interface Descriptor {
  readonly digest: string;
}
interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** The two bytes that stand for a disk that is still to come: one blob for all records, kept once it is there. */
const noDisk = sha256(Buffer.from('{}'));

/** What no other part of the program is asked about: the folder is read as the specification of its layout has it. */
function wasteIn(folder: string): readonly string[] {
  const blobs = path.join(folder, 'blobs', 'sha256');
  const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
  const index = path.join(folder, 'index.json');
  const { manifests } = existsSync(index) ? (read(index) as { manifests: readonly Descriptor[] }) : { manifests: [] };
  const hexOf = ({ digest }: Descriptor): string => digest.slice('sha256:'.length);
  const needed = new Set(
    manifests.flatMap((entry) => {
      const { config, layers } = read(path.join(blobs, hexOf(entry))) as Manifest;
      return [entry, config, ...layers].map(hexOf);
    }),
  );
  const unneeded = readdirSync(blobs).filter((name) => !needed.has(name) && name !== noDisk);
  const drafts = readdirSync(path.join(folder, 'imgctl', 'tmp'));
  const ledger = existsSync(path.join(folder, 'imgctl', 'unsettled')) ? ['unsettled'] : [];
  return [...unneeded.map((name) => `blob ${name}`), ...drafts.map((name) => `draft ${name}`), ...ledger];
}
