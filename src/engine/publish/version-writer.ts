import path from 'node:path';
import type { Held } from '../../core/driver.ts';
import type { NewVersion, Published, PublishedRow, Tree, TreeFormat, TreeWishes, WrittenDisk } from '../../core/publication.ts';
import type { Task } from '../../core/task.ts';
import { moveDurable, writeDurable } from '../../host/durable-file.ts';
import type { EngineContext } from '../context.ts';
import type { ChosenImage, UnknownWord } from './choose.ts';
import { reader } from './folder.ts';
import type { Signing } from './signing.ts';
import { fingerprintOf, type Damaged, type TreeCheck } from './tree-check.ts';
import { writeDisk } from './write-disk.ts';

/** What is worked with. */
export interface Work {
  readonly folder: string;
  readonly format: TreeFormat;
  readonly chosen: readonly ChosenImage[];
  readonly not: readonly UnknownWord[];
  readonly wishes: TreeWishes;
  readonly check: TreeCheck;
  /** So many versions of each product stay in the documents; absent: all. */
  readonly keepLast?: number | undefined;
  /** Files that are named no more are removed. */
  readonly isPruning: boolean;
  readonly context: EngineContext;
}

/** What became of an image, but for which it was. */
export type PublishedFacts = Omit<PublishedRow, 'image' | 'profile' | 'id'>;

/** A disk in a file that has no name yet. */
interface Written {
  readonly file: string;
  readonly disk: WrittenDisk;
}

/** Writes versions of images, and the documents that name them: one after the other, in a folder whose lock is held. */
export class VersionWriter {
  readonly #work: Work;
  readonly #signing: Signing | undefined;
  /** What is not whole yet lies here. It goes with the lock. */
  readonly #drafts: string;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(work: Work, signing: Signing | undefined, { folder }: Held) {
    this.#work = work;
    this.#signing = signing;
    this.#drafts = folder;
  }

  /** A version of its own, unless what was written is in one already: providers that tell no digests show that in the bytes only. */
  async add(tree: Tree, one: ChosenImage, version: NewVersion, task: Task): Promise<PublishedFacts> {
    const { check, context } = this.#work;
    const written = await this.#write(one, version.metadata, task);
    return this.#inTurn(async () => {
      const [same] = tree.find(one.image, written.disk);
      if (!same) return { ...said(await this.#place(tree, version, written)), result: 'published' };
      const renewed = tree.renew(one.image, same, await check.metadataOf(same));
      const fingerprint = await fingerprintOf(renewed.metadata, written.file, context.signal);
      await this.#place(tree, renewed, { ...written, disk: { ...written.disk, fingerprint } });
      return { ...said(same), result: 'already there', compared: 'sha256' };
    });
  }

  /** The files of these versions, written again under their names; of those that were not to be had as they were, others. */
  async repair(tree: Tree, one: ChosenImage, damaged: readonly Damaged[], task: Task): Promise<PublishedFacts> {
    const { check } = this.#work;
    const placed: Published[] = [];
    for (const { version } of damaged) {
      const renewed = tree.renew(one.image, version, await check.metadataOf(version));
      const written = await this.#write(one, renewed.metadata, task);
      placed.push(await this.#inTurn(() => this.#place(tree, renewed, written)));
      check.mended(version);
    }
    const message = damaged.map(({ damage }) => damage).join('; ');
    return { ...(placed[0] ? said(placed[0]) : {}), result: 'repaired', compared: check.compared, message };
  }

  async #write(one: ChosenImage, metadata: Uint8Array, task: Task): Promise<Written> {
    const { folder, format, context } = this.#work;
    const file = path.join(this.#drafts, `disk-${(this.#count += 1)}`);
    task.step('receive');
    return { file, disk: await writeDisk(one, { file, format: format.diskFormat, metadata, folder }, task, context) };
  }

  /** Gives the files of a version their names, then names them in the documents. */
  async #place(tree: Tree, version: NewVersion, { file, disk }: Written): Promise<Published> {
    const { folder } = this.#work;
    const placed = version.placed(disk);
    await moveDurable(file, path.join(folder, placed.disk.path));
    await writeDurable(path.join(folder, placed.metadata.path), version.metadata, this.#drafts);
    version.add(disk);
    await this.writeDocuments(tree);
    return placed;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Writes the documents that are others than they were. */
  async writeDocuments(tree: Tree): Promise<void> {
    const { folder } = this.#work;
    const read = reader(folder);
    for (const { path: name, text, isSigned } of tree.documents()) {
      const before = await read(name);
      const signing = isSigned ? this.#signing : undefined;
      const isSame = before !== undefined && (signing ? signing.isSigned(before, text) : before === text);
      if (isSame) continue;
      const written = signing ? await signing.sign(text, name) : text;
      await writeDurable(path.join(folder, name), written, this.#drafts);
    }
  }
}

/** What is told of a version that is published. */
export const said = ({ product, serial, disk, fingerprint }: Published): Partial<PublishedRow> => ({
  product,
  serial,
  path: disk.path,
  bytes: disk.bytes,
  digests: { sha256: disk.sha256 },
  fingerprint,
});
