import { abortedError, ImgctlError, integrityError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { ComparedBy, PublishedRow, Tree } from '../../core/publication.ts';
import { allOf, inParallel } from '../concurrency.ts';
import type { EngineContext } from '../context.ts';
import { failedRow, naming } from '../operations/result.ts';
import { requireOneArchitecture } from './architecture.ts';
import type { ChosenImage } from './choose.ts';
import { checkFolder, reader } from './folder.ts';
import { said, type Outcome, type VersionWriter, type Work } from './version-writer.ts';

/** Publishes images into a folder that it alone works in, as long as it holds the lock. */
export class TreeWriter {
  readonly #work: Work;
  readonly #versions: VersionWriter;

  constructor(work: Work, versions: VersionWriter) {
    this.#work = work;
    this.#versions = versions;
  }

  async publish(): Promise<readonly PublishedRow[]> {
    const { folder, format, chosen, not, wishes, context } = this.#work;
    await checkFolder(folder, format);
    const tree = await format.open(reader(folder), wishes);
    // An empty tree is one too, and what a run that was killed has left is put in order.
    await this.#versions.writeDocuments(tree);
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
      const outcome =
        damaged.length > 0 ? await this.#versions.repair(tree, one, damaged, task) : await this.#versions.add(tree, one, task);
      task.done();
      return outcome;
    } catch (error) {
      task.fail();
      throw error;
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
