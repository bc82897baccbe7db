import type { Accept } from '../core/encoding.ts';
import { integrityError, limitError } from '../core/errors.ts';
import { humanSize } from '../core/quantity.ts';
import { alignedIfKnown } from './align.ts';
import { checkedSource, checkNow, strongest, type Checksum } from './checksum.ts';
import type { Detected } from './detect.ts';
import { asNamed, inspect, decompress } from './formats/index.ts';
import type { Inspection } from './formats/inspection.ts';
import { virtualDiskOf, randomAccess, type VirtualDisk } from './virtual-disk.ts';
import { preflight, type Preflight } from './preflight.ts';
import { isFlat, useOf } from './plan.ts';
import type { TransferContext, TransferOptions } from './transfer-options.ts';
import { withoutHelpedFindings, convertWithQemuImg, qemuImgFor } from './qemu-img.ts';
import { checkClaim, checkSafety } from './safety.ts';
import type { Source } from './source.ts';
import { spool } from './spool.ts';
import { withBackpressure } from './backpressure.ts';
import { decompressionLimitBytes, scanCompressed } from './full-scan.ts';

/** What a transfer was asked for, and what was found in its source so far. */
export interface StagingRequest {
  readonly seen: Detected;
  readonly judgement: Preflight;
  readonly accepts: readonly Accept[];
  readonly wishes: TransferOptions;
  readonly means: TransferContext;
  /** Is told of each temporary file, to close it in the end. */
  keep(file: Source): void;
}

/** What is read in the end: the source, or a temporary file made of it, and the way from there. */
export interface Staged {
  readonly seen: Detected;
  readonly judgement: Preflight;
  readonly spooled: boolean;
  /** What its bytes must still be proved to have. */
  readonly expected: readonly Checksum[];
  readonly guest?: VirtualDisk | undefined;
  readonly contentId?: string | undefined;
}

/** Whether the source's bytes are the result, as far as is known now. */
export const passesOn = (asked: Pick<StagingRequest, 'judgement'>, now: Pick<Staged, 'judgement'>): boolean =>
  useOf(asked.judgement.plan) === 'asIs' && useOf(now.judgement.plan) === 'asIs';

/** What a container may be larger than the disk in it. */
const containerBytes = 2 ** 30;

/** Digests that a source must have: that which was published, and that which the user names. */
export function requiredOf({ digests }: Source, { checksum }: TransferOptions): readonly Checksum[] {
  const published = strongest(digests);
  return [...(published ? [published] : []), ...(checksum ? [checksum] : [])];
}

/** Makes a source ready: what has to lie in a file is written to one now, and what can be judged only as a whole is. Throws as `prepare` does. */
export async function stageInput(asked: StagingRequest): Promise<Staged> {
  const { seen, judgement, wishes } = asked;
  const { source, inspection } = seen;
  const { plan } = judgement;
  const required = requiredOf(source, wishes);
  if (plan.spoolInput) return spooledInput(asked, required);
  if (useOf(plan) === 'asIs' && inspection.compression && !seen.whole) return judgedInside(asked, required);
  // What is far and has to be compared as a whole is read once, as a stream, not twice.
  const guest = required.length > 0 && !source.near ? undefined : virtualDiskOf(source, inspection);
  // What is decoded piece by piece has no end at which to compare.
  const isRandom = guest !== undefined && plan.convert !== undefined;
  if (isRandom && required.length > 0) await checkNow(source, required);
  return { seen, judgement, spooled: false, expected: isRandom ? [] : required, guest };
}

/** What goes in its wrapper is unwrapped once, to be judged. */
async function judgedInside(asked: StagingRequest, required: readonly Checksum[]): Promise<Staged> {
  const { seen, means, keep } = asked;
  const inside = await scanCompressed(seen, means.folder, means.signal, unfoldsTo(seen.inspection));
  if (inside.file) keep(inside.file);
  const whole: Detected = { ...seen, inspection: inside.inspection, whole: true, doubtful: false };
  const ready = { expected: required, guest: inside.guest, contentId: inside.contentId };
  const judgement = judgedAgain(whole, asked);
  // What is in the wrapper is another thing than it began as, and takes another way.
  if (judgement.plan.spoolInput) return stageInput({ ...asked, seen: whole, judgement });
  return { seen: whole, judgement, spooled: false, ...ready };
}

const unfoldsTo = ({ virtualBytes }: Inspection): number =>
  Math.min(decompressionLimitBytes, (virtualBytes ?? Infinity) * 2 + containerBytes);

async function spooledInput(asked: StagingRequest, required: readonly Checksum[]): Promise<Staged> {
  const { seen, judgement, means, keep } = asked;
  const { source, inspection } = seen;
  const { plan } = judgement;
  const from = checkedSource(source, required);
  const bytes = plan.unwrap ? decompress(plan.unwrap, from.open(), unfoldsTo(inspection)) : from.open();
  const counted = withBackpressure(bytes, { ...means, total: plan.unwrap ? undefined : source.bytes });
  const file = await spool(counted, means.folder, source.name, source.bytes, Boolean(plan.helper));
  keep(file);
  const found = asNamed(await inspect(randomAccess(file)), plan.unwrap ? source.fileName : undefined, plan.unwrap);
  const same = plan.unwrap ? {} : sameFacts(source);
  const now = { source: { ...file, ...same }, inspection: found, doubtful: false };
  const inside =
    now.inspection.compression && !plan.unwrap
      ? await scanCompressed(now, means.folder, means.signal, unfoldsTo(inspection))
      : { inspection: now.inspection };
  if (inside.file) keep(inside.file);
  let whole: Detected = { ...now, inspection: inside.inspection, whole: true };
  if (plan.helper && qemuImgFor(whole.inspection)) whole = await withHelp(whole, asked);
  checkDisk(alignedIfKnown(whole.inspection.virtualBytes, plan.alignBytes), plan.accept);
  const guest = inside.guest ?? virtualDiskOf(whole.source, whole.inspection);
  return { seen: whole, judgement: judgedAgain(whole, asked), spooled: true, expected: [], guest, contentId: inside.contentId };
}

/** What is known of the bytes themselves, wherever they lie. */
const sameFacts = ({ digests, contentId }: Source): Partial<Source> => ({
  ...(digests === undefined ? {} : { digests }),
  ...(contentId === undefined ? {} : { contentId }),
});

async function withHelp(whole: Detected, { judgement, wishes, means, keep }: StagingRequest): Promise<Detected> {
  const { source, inspection } = whole;
  const help = qemuImgFor(inspection);
  if (!help) return whole;
  checkSafety(source.name, withoutHelpedFindings(inspection), wishes.allowUnsafe, 'decoded');
  const { maxVirtualBytes = decompressionLimitBytes } = judgement.plan.accept;
  const diskBytes = Math.min(inspection.virtualBytes ?? decompressionLimitBytes, maxVirtualBytes);
  const file = { ...source, random: randomAccess(source), path: source.path ?? '' };
  const disk = await convertWithQemuImg(file, help, { folder: means.folder, diskBytes }, means.signal);
  keep(disk);
  const found = await inspect(randomAccess(disk));
  // A disk that holds an image of another kind is not to be taken for that image.
  if (!isFlat(found.format)) throw integrityError(`${source.name} holds a ${found.format} image as its disk`);
  return { ...whole, source: disk, inspection: found };
}

/** The judgement of the whole. What turned out to be something else may go to any target that was offered, else only the one that was planned. */
function judgedAgain(whole: Detected, { seen, judgement, accepts, wishes, means }: StagingRequest): Preflight {
  const { inspection, source } = whole;
  const isSame = inspection.format === seen.inspection.format || judgement.plan.helper;
  if (!judgement.plan.helper) checkClaim(source.name, inspection, wishes.fromFormat);
  const again = preflight(
    whole,
    isSame ? [judgement.plan.accept] : accepts,
    isSame ? { ...wishes, format: undefined, compress: false } : wishes,
  );
  warnOf(source.name, again, seen.inspection, means);
  return again;
}

/** Says what has come to light since the first look. */
export function warnOf(
  name: string,
  { warnings }: Pick<Preflight, 'warnings'>,
  before: Inspection | undefined,
  means: TransferContext,
): void {
  for (const { code, message } of warnings)
    if (!before?.findings.some((finding) => finding.code === code)) means.warn(`${name}: ${message} [${code}]`);
}

/** The disk's size may be known only now. */
function checkDisk(virtualBytes: number | undefined, { maxVirtualBytes = Infinity }: Accept): void {
  if ((virtualBytes ?? 0) > maxVirtualBytes)
    throw limitError(`a disk of ${humanSize(virtualBytes ?? 0)} is larger than the supported ${humanSize(maxVirtualBytes)}`);
}
