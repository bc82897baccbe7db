import path from 'node:path';
import type { Held } from '../../core/driver.ts';
import { abortedError, ImgctlError } from '../../core/errors.ts';
import { given, type Image } from '../../core/image.ts';
import type { Published, Tree, TreeFormat, TreeWishes } from '../../core/publication.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { EngineContext } from '../context.ts';
import { failedRow, naming } from '../operations/result.ts';
import type { ChosenImage, UnknownWord } from './choose.ts';
import { moveDurable, writeDurable } from './durable-file.ts';
import { checkFolder, isWhole, reader } from './folder.ts';
import type { Signing } from './signing.ts';
import { writeDisk } from './write-disk.ts';

/** What became of one image. */
export interface PublishedRow {
  readonly image: string;
  readonly profile: string;
  readonly id?: string;
  readonly result: 'published' | 'already there' | 'skipped' | 'failed';
  readonly product?: string;
  readonly serial?: string;
  /** Of the disk, below the folder. */
  readonly path?: string;
  readonly bytes?: number;
  readonly digests?: Readonly<Record<string, string>>;
  /** What clients of the format know it by. */
  readonly fingerprint?: string;
  readonly message?: string;
  readonly code?: string;
  readonly exitCode?: number;
}

/** What is worked with. */
export interface Work {
  readonly folder: string;
  readonly format: TreeFormat;
  readonly chosen: readonly ChosenImage[];
  readonly not: readonly UnknownWord[];
  readonly wishes: TreeWishes;
  readonly context: EngineContext;
}

/** What is published of an image, if its files are there. */
export async function publishedWhole(tree: Tree, image: Image, folder: string): Promise<Published | undefined> {
  const there = tree.find(image);
  return there && (await isWhole(there, folder)) ? there : undefined;
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
    await this.#write(tree);
    let fatal: unknown;
    const rows = inParallel(context.settings.concurrencyLimit, chosen, async (one): Promise<PublishedRow> => {
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
    const done = await allOf(rows);
    const lost = not.map(async ({ word, at, error }): Promise<PublishedRow> => {
      await context.report(naming(word, error));
      return { image: word, profile: at.profile, result: 'failed', ...failureOf(error, context) };
    });
    return [...done, ...(await Promise.all(lost))];
  }

  async #failed(error: ImgctlError, { image, isNamed }: ChosenImage): Promise<Pick<PublishedRow, 'result' | 'message'>> {
    const { chosen, not, context } = this.#work;
    // Among all images there may be some of containers, which nobody has asked for.
    if (error.code === 'UNSUPPORTED' && !isNamed) return { result: 'skipped', message: error.message };
    if (chosen.length + not.length === 1) throw error;
    await context.report(naming(image.name, error));
    return { result: 'failed', ...failureOf(error, context) };
  }

  async #one(tree: Tree, one: ChosenImage): Promise<Omit<PublishedRow, 'image' | 'profile' | 'id'>> {
    const { folder, format, context } = this.#work;
    const { image } = one;
    const there = await publishedWhole(tree, image, folder);
    if (there) return { result: 'already there', ...said(there) };
    const task = context.task(`publish ${image.name}`);
    task.step('receive');
    try {
      const version = tree.begin(image);
      const file = path.join(this.#drafts, `disk-${(this.#count += 1)}`);
      const wanted = { file, format: format.diskFormat, metadata: version.metadata, folder };
      const disk = await writeDisk(one, wanted, task, context);
      const placed = version.placed(disk);
      for (const { path: name } of placed.files)
        if (name === placed.disk.path) await moveDurable(file, path.join(folder, name));
        else await writeDurable(path.join(folder, name), version.metadata, this.#drafts);
      await this.#inTurn(async () => {
        version.add(disk);
        await this.#write(tree);
      });
      task.done();
      return { result: 'published', ...said(placed) };
    } catch (error) {
      task.fail();
      throw error;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Writes the documents that are others than they were. */
  async #write(tree: Tree): Promise<void> {
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

const said = ({ product, serial, disk, fingerprint }: Published): Partial<PublishedRow> => ({
  product,
  serial,
  path: disk.path,
  bytes: disk.bytes,
  digests: { sha256: disk.sha256 },
  fingerprint,
});
