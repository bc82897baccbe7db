import type { Action, Risk } from '../../core/action.ts';
import type { Tree } from '../../core/publication.ts';
import { about } from '../dry-run.ts';
import { decide, type Decision } from './decide.ts';
import { prunable } from './prune.ts';
import { olderThan } from './tree-writer.ts';
import type { Work } from './version-writer.ts';

/** What would be done. It is done in the tree as it is in memory, which is never written. */
export async function plannedTree(work: Work, tree: Tree): Promise<readonly Action[]> {
  const { format, folder, keepLast, isPruning } = work;
  const retired = isPruning ? tree.retired() : [];
  const out = keepLast === undefined ? [] : [...tree.keepNewest(keepLast)];
  const actions: Action[] = [];
  for (const { at, image } of work.chosen) {
    const decision = await decide(tree, image, work);
    const isWritten = decision.kind === 'add' || decision.kind === 'repair';
    actions.push({
      verb: 'publish',
      risk: isWritten ? 'add' : 'reuse',
      profile: at.profile,
      provider: at.provider,
      ...about(image),
      ...(isWritten ? { target: { format: format.diskFormat } } : {}),
      steps: stepsOf(decision, work),
    });
    if (decision.kind === 'add') decision.version.add(unwritten);
  }
  if (keepLast !== undefined) out.push(...tree.keepNewest(keepLast));
  const { gone } = await prunable(retired, folder, format);
  const other = (risk: Risk, image: string, step: string): Action => ({ verb: 'publish', risk, image, steps: [step] });
  return [
    ...actions,
    ...out.map(({ product, serial }) => other('hide', `${product} ${serial}`, 'take it out of the index')),
    ...gone.map(({ path }) => other('delete', path, `remove it from ${folder}`)),
  ];
}

const unwritten = { bytes: 0, sha256: '', fingerprint: '', contentId: undefined };

function stepsOf(decision: Decision, { folder, keepLast = 0 }: Work): readonly string[] {
  const writing = (verb: string, { product, serial }: Readonly<Record<'product' | 'serial', string>>): string =>
    `${verb} ${product} ${serial} in ${folder}`;
  if (decision.kind === 'there') return ['nothing: it is there already'];
  if (decision.kind === 'older') return [`nothing: ${olderThan(keepLast)}`];
  const written =
    decision.kind === 'add'
      ? [writing('write', decision.version)]
      : decision.damaged.map(({ version }) => writing('repair', version));
  return ['receive', 'verify', ...written];
}
