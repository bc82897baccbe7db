import path from 'node:path';
import type { Held } from '../../core/driver.ts';
import { abortedError, ImgctlError, integrityError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type {
  ComparedBy,
  NewVersion,
  Published,
  PublishedRow,
  Tree,
  TreeFormat,
  TreeWishes,
  WrittenDisk,
} from '../../core/publication.ts';
import type { Task } from '../../core/task.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { EngineContext } from '../context.ts';
import { failedRow, naming } from '../operations/result.ts';
import { requireOneArchitecture } from './architecture.ts';
import type { ChosenImage, UnknownWord } from './choose.ts';
import { moveDurable, writeDurable } from '../../host/durable-file.ts';
import { checkFolder, reader } from './folder.ts';
import type { Signing } from './signing.ts';
import { fingerprintOf, type Damaged, type TreeCheck } from './tree-check.ts';
import { writeDisk } from './write-disk.ts';

type Outcome = Omit<PublishedRow, 'image' | 'profile' | 'id'>;

/** A disk in a file that has no name yet. */
interface Written {
  readonly file: string;
  readonly disk: WrittenDisk;
}

/** What is worked with. */
export interface Work {
  readonly folder: string;
  readonly format: TreeFormat;
  readonly chosen: readonly ChosenImage[];
  readonly not: readonly UnknownWord[];
  readonly wishes: TreeWishes;
  readonly check: TreeCheck;
  readonly context: EngineContext;
}

/** Publishes images into a folder that it alone works in, as long as it holds the lock. */
export class TreeWriter {
  readonly #work: Work;
  readonly #signing: Signing | undefined;
  /** What is not whole yet lies here. It goes with the lock. */
  readonly #drafts: string;
  /** Documents are written one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(work: Work, signing: Signing | undefined, { folder }: Held) {
    this.#work = work;
    this.#signing = signing;
    this.#drafts = folder;
  }

  async publish(): Promise<readonly PublishedRow[]> {
    const { folder, format, chosen, not, wishes, context } = this.#work;
    await checkFolder(folder, format);
    const tree = await format.open(reader(folder), wishes);
    // An empty tree is one too, and what a run that was killed has left is put in order.
    await this.#writeDocuments(tree);
    let fatal: unknown;
    const begun = inParallel(context.settings.concurrencyLimit, chosen, async (one): Promise<PublishedRow> => {
      const row = { image: one.image.name, profile: one.at.profile, id: one.image.id };
      if (context.signal.aborted) throw abortedError('interrupted');
      if (fatal !== undefined) throw fatal;
      try {
        return { ...row, ...(await this.#one(tree, one)) };
      } catch (error) {
        if (!(error instanceof ImgctlError) || ['ABORTED', 'LOCAL'].includes(error.code)) {
          fatal ??= error;
          throw error;
        }
        return { ...row, ...(await this.#failed(error, one)) };
      }
    });
    const done = await allOf(begun);
    const lost = not.map(async ({ word, at, error }): Promise<PublishedRow> => {
      await context.report(naming(word, error));
      return { image: word, profile: at.profile, result: 'failed', ...failureOf(error, context) };
    });
    const rows = [...done, ...(await Promise.all(lost))];
    await this.#tellDamage(tree);
    return rows;
  }

  /** What is damaged and could not be mended: none of the images has it any more. */
  async #tellDamage(tree: Tree): Promise<void> {
    const { check, context } = this.#work;
    const damaged = await check.damagedOf(tree.published());
    if (damaged.length === 0) return;
    const each = damaged.map(({ version: { product, serial }, damage }) => `${product} ${serial}: ${damage}`);
    const message = `these published versions are damaged and could not be repaired:\n  ${each.join('\n  ')}`;
    if (check.compared === 'size') context.warn(message);
    else await context.report(integrityError(message));
  }

  async #failed(error: ImgctlError, { image, isNamed }: ChosenImage): Promise<Pick<PublishedRow, 'result' | 'message'>> {
    const { chosen, not, context } = this.#work;
    // Among all images there may be some of containers, which nobody has asked for.
    if (error.code === 'UNSUPPORTED' && !isNamed) return { result: 'skipped', message: error.message };
    if (chosen.length + not.length === 1) throw error;
    await context.report(naming(image.name, error));
    return { result: 'failed', ...failureOf(error, context) };
  }

  async #one(tree: Tree, one: ChosenImage): Promise<Outcome> {
    const { check, context } = this.#work;
    const there = tree.find(one.image);
    if (there.length === 0) requireOneArchitecture(tree, one.image, context);
    const damaged = await check.damagedOf(there);
    if (there[0] && damaged.length === 0) return { ...said(there[0]), ...untouched(check.compared) };
    const task = context.task(`publish ${one.image.name}`);
    try {
      const outcome = damaged.length > 0 ? await this.#repair(tree, one, damaged, task) : await this.#add(tree, one, task);
      task.done();
      return outcome;
    } catch (error) {
      task.fail();
      throw error;
    }
  }

  /** A version of its own, unless what was written is in one already: providers that tell no digests show that in the bytes only. */
  async #add(tree: Tree, one: ChosenImage, task: Task): Promise<Outcome> {
    const { check, context } = this.#work;
    const version = tree.begin(one.image);
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
  async #repair(tree: Tree, one: ChosenImage, damaged: readonly Damaged[], task: Task): Promise<Outcome> {
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
    await this.#writeDocuments(tree);
    return placed;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Writes the documents that are others than they were. */
  async #writeDocuments(tree: Tree): Promise<void> {
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

function failureOf(error: ImgctlError, context: EngineContext): Pick<PublishedRow, 'message' | 'code' | 'exitCode'> {
  const { message, code, exitCode } = failedRow('', error, context);
  return given({ message, code, exitCode });
}

/** Nothing was done, and what speaks for that. */
const untouched = (compared: ComparedBy): Pick<PublishedRow, 'result' | 'compared' | 'message'> => ({
  result: 'already there',
  compared,
  message: compared === 'size' ? 'same size, not read again (see --check)' : 'every byte as published',
});

const said = ({ product, serial, disk, fingerprint }: Published): Partial<PublishedRow> => ({
  product,
  serial,
  path: disk.path,
  bytes: disk.bytes,
  digests: { sha256: disk.sha256 },
  fingerprint,
});
