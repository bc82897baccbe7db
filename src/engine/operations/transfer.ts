import { compressions, formats, type Accept, type Format } from '../../core/encoding.ts';
import type { Bound } from '../../core/driver.ts';
import type { BlockForm } from '../../core/blocks.ts';
import type { UploadFacts } from '../../core/operation.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { prepareForFile } from '../../transfer/convert.ts';
import { opaque } from '../../transfer/plan.ts';
import type { Prepared } from '../../transfer/prepared.ts';
import type { TransferContext, TransferOptions } from '../../transfer/transfer-options.ts';
import type { Source } from '../../transfer/source.ts';
import type { EngineContext } from '../context.ts';
import type { Action } from '../../core/action.ts';
import type { Task } from '../../core/task.ts';

/** The format of this name, absent if there is none. */
export const formatNamed = (name: string | undefined): Format | undefined => formats.find((known) => known === name);

/** Where a container is said to be around the disk, and the target keeps that word, it has to stay true: the bytes go as they are. */
export const keepsContainer = ({ fields }: UploadFacts, container: string | undefined): boolean =>
  container !== undefined && container !== 'bare' && fields.includes('containerFormat');

/** Every encoding there is, as it is. */
const asItIs = formats.flatMap((format): Accept[] => [
  { format },
  ...compressions.map((compression) => ({ format, compression })),
]);

/** What may be sent, and what is wished: in a container that stays, the disk's format is only what the record says. */
export function forContainer(
  facts: UploadFacts,
  container: string | undefined,
  wishes: TransferOptions,
): Pick<UploadFacts, 'accepts'> & { readonly wishes: TransferOptions } {
  if (!keepsContainer(facts, container)) return { accepts: facts.accepts, wishes };
  const [first, ...others] = asItIs;
  const format = wishes.format !== undefined && opaque.has(wishes.format) ? wishes.format : undefined;
  return { accepts: first ? [first, ...others] : facts.accepts, wishes: { ...wishes, format } };
}

/** Digests to be taken of what is sent: those that the provider reports; SHA-256 where it reports none, and its driver proves nothing. */
const sentDigests = ({ digests, verifies = false }: UploadFacts): readonly string[] =>
  digests.length > 0 || verifies ? digests : ['sha256'];

/** What an upload works with, by what the provider says of it. */
export const meansForUpload = (
  context: EngineContext,
  task: Task,
  upload: Bound<'upload'>,
  request: Omit<BlockForm, 'content'>,
): TransferContext => ({
  ...meansFor(context, task, sentDigests(upload)),
  hashFirst: upload.knowsByDigest ?? false,
  byBlocks: (content) => upload.inBlocks?.({ ...request, content })?.knownByBlocks === true,
});

/** Says that `--bwlimit` limits nothing where what is transferred does not leave this machine. */
export function warnOfLimit(context: EngineContext, isLocal: boolean): void {
  if (isLocal && context.settings.bwlimit !== undefined) context.warn('--bwlimit has no effect: nothing goes over the network');
}

/** What a transfer works with; its bytes are shown as progress of the task. */
export function meansFor(context: EngineContext, task: Task, digests: readonly string[]): TransferContext {
  return {
    digests,
    folder: temporaryFolder(context.home),
    signal: context.signal,
    warn: (message) => context.warn(message),
    progress: (bytes, total) => task.advance(bytes, total),
  };
}

/** How a source would come into a file, once it has been looked at. Throws as `prepare` does. */
export async function plannedFile(
  source: Source,
  file: string,
  wishes: TransferOptions,
  means: TransferContext,
): Promise<Pick<Action, 'source' | 'target' | 'steps'>> {
  const prepared = await prepareForFile(source, file, wishes, means);
  await prepared.close();
  const { steps } = prepared.plan;
  return { ...plannedTransfer(prepared, source), steps: [...steps.slice(0, steps.indexOf('send')), `write ${file}`] };
}

/** Warns of a disk above what a provider takes without having been asked. */
export function warnOfSize({ inspection, plan }: Prepared, provider: string, context: EngineContext): void {
  const [disk, limit] = [inspection.virtualBytes, plan.accept.warnVirtualBytes];
  if (disk === undefined || limit === undefined || disk <= limit) return;
  context.warn(`the disk has ${disk} bytes; ${provider} takes ${limit} unless its support has raised the limit`);
}

/** What a transfer would read and send, for a plan. */
export function plannedTransfer(
  { inspection, plan }: Prepared,
  { name, bytes }: Pick<Source, 'name' | 'bytes'>,
): Pick<Action, 'source' | 'target'> {
  const { format, compression } = inspection;
  return {
    source: { name, format, ...(compression ? { compression } : {}), ...(bytes === undefined ? {} : { bytes }) },
    target: plan.encoding,
  };
}

/** What the record would say, for a plan; absent where that is nothing. */
export function plannedLabels(description: object, place?: string): Pick<Action, 'labels'> {
  const { name: _name, ...labels } = description as Readonly<Record<string, unknown>>;
  const said = Object.entries({ ...labels, place }).filter(([, value]) => !isNothing(value));
  return said.length === 0 ? {} : { labels: Object.fromEntries(said) };
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === 0 || value === '' || (typeof value === 'object' && Object.keys(value ?? {}).length === 0);
