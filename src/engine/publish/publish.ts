import path from 'node:path';
import { partialError, usageError } from '../../core/errors.ts';
import type { PublishedRow, Tree } from '../../core/publication.ts';
import { makeFolder } from '../../host/mkdir.ts';
import type { EngineContext } from '../context.ts';
import type { Change } from '../operations/change.ts';
import { checkVerifiable } from '../operations/published-source.ts';
import { warnOfLimit } from '../operations/transfer.ts';
import { publishedAs, forArchitecture, tellOthers } from './architecture.ts';
import { chooseImages, newestOf, type Asked, type ChosenImage, type Scope } from './choose.ts';
import { localized } from '../../host/durable-file.ts';
import { checkFolder, holdsTree, lockName, reader } from './folder.ts';
import { treeFormatNamed } from './formats.ts';
import { plannedTree } from './plan.ts';
import { TreeCheck } from './tree-check.ts';
import { TreeWriter } from './tree-writer.ts';
import { VersionWriter, type Work } from './version-writer.ts';
import { signingBy } from './signing.ts';

/** Where images are to be published, and how. */
export interface PublishWishes extends Scope {
  /** Name of the format. */
  readonly format: string;
  readonly folder: string;
  /** Key of GnuPG that signs; absent: nothing is signed. */
  readonly sign?: string | undefined;
  /** Of images that do not say which they are for; of a publisher, which of its images are meant. Absent: as they are published already, else amd64. */
  readonly arch?: string | undefined;
  /** Reads all that is there, and holds it against its digests; absent: its sizes tell. */
  readonly check?: boolean | undefined;
  /** So many of the newest versions of each name and architecture stay in the index; absent: all. */
  readonly keepLast?: number | undefined;
  /** Removes files of versions that an earlier run has taken out of the index. */
  readonly prune?: boolean | undefined;
}

/**
 * Images as a tree of files that a web server can offer. Files come before the documents that name them, and each gets its name when it
 * is whole, so that the tree is one at any moment; what is there already is not fetched again. Throws CONFLICT for a folder that holds
 * something else, CONFIG for a key that cannot sign, LOCAL where nothing can be written.
 */
export async function publishing(
  { format: name, folder, sign, arch: typed, check: isRead = false, keepLast, prune: isPruning = false, ...scope }: PublishWishes,
  asked: readonly Asked[],
  context: EngineContext,
): Promise<Change<readonly PublishedRow[]>> {
  const format = await treeFormatNamed(name);
  const architecture = publishedAs(typed);
  if (keepLast === 0)
    throw usageError('the newest version stays in the index: 0 of them cannot be kept', { hint: 'Specify 1 or more.' });
  await checkFolder(folder, format);
  for (const { at } of asked) checkVerifiable(at, context);
  warnOfLimit(
    context,
    asked.every(({ at }) => at.driver.worksOnFiles),
  );
  const from = await Promise.all(asked.map((one) => forArchitecture(one, architecture, context)));
  const { chosen: all, not } = await chooseImages(from, scope, () => context.call());
  const wishes = { isSigned: sign !== undefined, architecture, now: new Date(context.now()) };
  const tree = await format.open(reader(folder), wishes);
  const chosen = newestOf(all, (image) => tree.productOf(image));
  const [only] = not;
  if (only && all.length === 0 && not.length === 1) throw only.error;
  tellOthers(chosen, architecture, context);
  tellAssumed(chosen, tree, context);
  const check = new TreeCheck(folder, isRead ? 'sha256' : 'size', context);
  const work: Work = { folder, format, chosen, not, wishes, check, keepLast, isPruning, context };
  return { plan: () => plannedTree(work, tree), perform: () => performed(work, sign) };
}

/** Says what new images are taken to be for. */
function tellAssumed(chosen: readonly ChosenImage[], tree: Tree, context: EngineContext): void {
  const unsaid = chosen.map(({ image }) => image).filter((image) => !image.architecture && tree.find(image).length === 0);
  for (const arch of new Set(unsaid.map((image) => tree.architectureOf(image)))) {
    const names = unsaid.filter((image) => tree.architectureOf(image) === arch).map(({ name }) => name);
    context.say(`no architecture given, assuming ${arch} (see --arch): ${names.join(', ')}`);
  }
}

async function performed(work: Work, sign: string | undefined): Promise<readonly PublishedRow[]> {
  const { folder, format, chosen, not, context } = work;
  if (chosen.length === 0 && not.length === 0) {
    context.say('there is no active image to publish');
    // One that is there is looked at all the same.
    if (!(await holdsTree(folder, format))) return [];
  }
  const signing = sign === undefined ? undefined : await signingBy(sign, context);
  if (!signing) context.say('not signed: readers have to trust the web server (see --sign)');
  try {
    makeFolder(folder, 0o777);
  } catch (error) {
    throw localized(error, folder);
  }
  const { lock } = await context.tools();
  const rows = await lock(path.join(folder, lockName), (held) =>
    new TreeWriter(work, new VersionWriter(work, signing, held)).publish(),
  );
  const failed = rows.filter(({ result }) => result === 'failed').length;
  if (failed > 0) await context.report(partialError(`${failed} of ${rows.length} images failed`));
  return rows;
}
