import { abortedError, ImgctlError, integrityError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { ComparedBy, PublishedFile, PublishedRow, Tree } from '../../core/publication.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { EngineContext } from '../context.ts';
import { failedRow, naming } from '../operations/result.ts';
import type { ChosenImage } from './choose.ts';
import { decide } from './decide.ts';
import { checkFolder, reader } from './folder.ts';
import { prunable, removeFiles } from './prune.ts';
import { said, type PublishedFacts, type VersionWriter, type Work } from './version-writer.ts';

/** Publishes images into a folder that it alone works in, as long as it holds the lock. */
export class TreeWriter {
  readonly #work: Work;
  readonly #versions: VersionWriter;

  constructor(work: Work, versions: VersionWriter) {
    this.#work = work;
    this.#versions = versions;
  }

  async publish(): Promise<readonly PublishedRow[]> {
    const { folder, format, chosen, not, wishes, isPruning, context } = this.#work;
    await checkFolder(folder, format);
    const tree = await format.open(reader(folder), wishes);
    // An empty tree is one too, and what a run that was killed has left is put in order.
    await this.#versions.writeDocuments(tree);
    const retired = tree.retired();
    await this.#retire(tree);
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
    await this.#retire(tree);
    if (isPruning) await this.#prune(tree, retired);
    await this.#tellDamage(tree);
    return rows;
  }

  /** What is damaged and could not be mended: none of the images has it any more. */
  async #tellDamage(tree: Tree): Promise<void> {
    const { check, context } = this.#work;
    const damaged = await check.damagedOf(tree.published());
    if (damaged.length === 0) return;
    const each = damaged.map(({ version: { product, serial }, damage }) => `${product} ${serial}: ${damage}`);
    const message = `these published versions are damaged and could not be repaired: ${each.join('; ')}`;
    // What this run was asked for is done. Whoever wants to know how the tree is asks for --check.
    if (check.compared === 'size') context.warn(`${message}. ${cure}`);
    else await context.report(integrityError(message, { hint: cure }));
  }

  async #failed(error: ImgctlError, { image, isNamed }: ChosenImage): Promise<Pick<PublishedRow, 'result' | 'message'>> {
    const { chosen, not, context } = this.#work;
    // Among all images there may be some of containers, which nobody has asked for.
    if (error.code === 'UNSUPPORTED' && !isNamed) return { result: 'skipped', message: error.message };
    if (chosen.length + not.length === 1) throw error;
    await context.report(naming(image.name, error));
    return { result: 'failed', ...failureOf(error, context) };
  }

  async #one(tree: Tree, one: ChosenImage): Promise<PublishedFacts> {
    const { check, keepLast = 0, context } = this.#work;
    const decision = await decide(tree, one.image, this.#work);
    if (decision.kind === 'there') return { ...said(decision.version), ...untouched(check.compared) };
    if (decision.kind === 'older') return { result: 'skipped', message: olderThan(keepLast) };
    const task = context.task(`publish ${one.image.name}`);
    try {
      const outcome =
        decision.kind === 'repair'
          ? await this.#versions.repair(tree, one, decision.damaged, task)
          : await this.#versions.add(tree, one, decision.version, task);
      task.done();
      return outcome;
    } catch (error) {
      task.fail();
      throw error;
    }
  }

  /** Takes old versions out of the documents. */
  async #retire(tree: Tree): Promise<void> {
    const { keepLast, context } = this.#work;
    const gone = keepLast === undefined ? [] : tree.keepNewest(keepLast);
    if (gone.length === 0) return;
    await this.#versions.writeDocuments(tree);
    const names = gone.map(({ product, serial }) => `${product} ${serial}`);
    context.say(`taken out of the index: ${names.join(', ')}`);
  }

  /** Removes files that the documents have not named since an earlier run: whoever has read an index just now gets all that it names. */
  async #prune(tree: Tree, before: readonly PublishedFile[]): Promise<void> {
    const { folder, format, context } = this.#work;
    const { gone, kept } = await prunable(before, folder, format);
    await removeFiles(gone, folder);
    tree.forget([...gone, ...kept.map(({ file }) => file)]);
    await this.#versions.writeDocuments(tree);
    for (const { file, reason } of kept) context.warn(`${file.path} is kept: ${reason}`);
    if (gone.length > 0) context.say(`removed ${gone.map((file) => file.path).join(', ')}`);
  }
}

function failureOf(error: ImgctlError, context: EngineContext): Pick<PublishedRow, 'message' | 'code' | 'exitCode'> {
  const { message, code, exitCode } = failedRow('', error, context);
  return given({ message, code, exitCode });
}

const cure =
  'Publish an image that has the same disk, or a newer one with --keep-last, which takes older versions out of the index.';

/** Why an image is passed over. */
export const olderThan = (keepLast: number): string => `older than the newest ${keepLast} versions (see --keep-last)`;

/** Nothing was done, and what speaks for that. */
const untouched = (compared: ComparedBy): Pick<PublishedRow, 'result' | 'compared' | 'message'> => ({
  result: 'already there',
  compared,
  message: compared === 'size' ? 'same size, not read again (see --check)' : 'every byte as published',
});
