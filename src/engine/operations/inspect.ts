import { describeEncoding } from '../../core/encoding.ts';
import { ImgctlError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { InspectionReport, ProviderFit } from '../../core/inspection-report.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { checkedSource, checkNow } from '../../transfer/checksum.ts';
import { detect, type Detected } from '../../transfer/detect.ts';
import type { Finding, Inspection } from '../../transfer/formats/inspection.ts';
import { preflight } from '../../transfer/preflight.ts';
import { useOf } from '../../transfer/plan.ts';
import { withoutHelpedFindings, qemuImgFor, requireQemuImg } from '../../transfer/qemu-img.ts';
import type { Source } from '../../transfer/source.ts';
import { refusalOf } from '../../transfer/safety.ts';
import { fullScan, type FullScan } from '../../transfer/full-scan.ts';
import { driverNamed } from '../account/driver.ts';
import type { EngineContext } from '../context.ts';
import { askedFor } from '../trust/asked.ts';
import { isUrl } from '../trust/beside.ts';
import { fileOf, sourceFrom, withSignature } from './source.ts';
import { vouchedFor, type Vouched } from './vouched.ts';

/** How far a file is looked at. */
export interface InspectWishes {
  /** Read all of it, and take its digests; absent: not from a URL, nor of a large file that is mostly holes. */
  readonly hash?: boolean | undefined;
  /** Read all of it for the content id of the disk alone. */
  readonly contentId?: boolean | undefined;
  /** What it must have, and what must vouch for it, as of `DiskWishes`: then all of it is read. */
  readonly checksum?: string | undefined;
  readonly verify?: string | undefined;
}

/** What a file is. `refused`: why it would be refused whatever it is used for; absent: it would not. */
export interface Inspected {
  readonly report: InspectionReport;
  readonly refused?: ImgctlError;
}

/** Looks at a file, a URL, or `-` for standard input. Throws where it cannot be read, NOT_FOUND where it is not there. */
export async function inspect(file: string, input: InspectWishes, context: EngineContext): Promise<Inspected> {
  const vouched = await vouchedFor(await askedFor(input, context), fileOf(file), context);
  const source = await provenSource(await withSignature(await sourceFrom(file, context), vouched), vouched);
  // An address may hold a password or a signature.
  const shown = isUrl(file) ? source.name : file;
  try {
    const seen = await detect(source);
    const { name } = seen.source;
    const reads = isVouched(vouched) || input.contentId || (input.hash ?? (source.near || !source.repeatable));
    const isThin = reads && !input.contentId && input.hash === undefined && isMostlyHoles(seen);
    const algorithms = input.contentId || isThin ? [] : ['sha256', 'sha512', 'md5'];
    const read: FullScan = reads
      ? await fullScan(seen, algorithms, temporaryFolder(context.home), context.signal)
      : { inspection: seen.inspection, digests: {} };
    const { isInOrder: _reading, unseen: _unseen, ...inspection } = read.inspection;
    const fileBytes = read.bytes ?? seen.source.bytes;
    const refused = await refusalNow(name, inspection);
    const findings = shownFindings(inspection, refused === undefined);
    const report: InspectionReport = {
      ...inspection,
      findings,
      file: shown,
      ...(fileBytes === undefined ? {} : { fileBytes }),
      ...safetyOf(refused !== undefined, reads || seen.whole),
      ...(reads && algorithms.length > 0 ? { checksums: read.digests } : {}),
      ...given({ contentId: read.contentId, signer: vouched.proved?.().signer }),
      providers: await takers({ ...seen, inspection, whole: reads || seen.whole }, context),
    };
    for (const { level, code, message } of findings) if (level === 'warn') context.warn(`${name}: ${message} [${code}]`);
    if (isThin) context.warn(`no digests were computed of ${name}, which is mostly holes; --hash computes them`);
    if (!reads && !seen.whole) context.warn(`only the beginning of ${name} was checked. Check all of it with --hash.`);
    return { report, ...(refused ? { refused } : {}) };
  } finally {
    await source.close();
  }
}

const isVouched = ({ checksum, signature }: Vouched): boolean => checksum !== undefined || signature !== undefined;

/** What must have a digest: what lies near is read for that now, what is far comes as one stream that is held against it. */
async function provenSource(source: Source, { checksum }: Vouched): Promise<Source> {
  if (!checksum) return source;
  const { random, ...stream } = checkedSource(source, [checksum]);
  if (!source.near || !random) return stream;
  try {
    await checkNow(source, [checksum]);
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A digest takes every byte of a file, those of its holes too. Files up to this size are quickly read. */
const quicklyReadBytes = 256 << 20;

const isMostlyHoles = ({ source: { bytes = 0, random } }: Detected): boolean =>
  bytes > quicklyReadBytes && random?.spans !== undefined;

/** Unsafe is what was found to be; safe is only what was looked at as a whole. */
const safetyOf = (isRefused: boolean, isWhole: boolean): Pick<InspectionReport, 'safe'> =>
  isRefused || isWhole ? { safe: !isRefused } : {};

/** Why the file would be refused whatever it is used for; absent: it would not. */
async function refusalNow(file: string, inspection: Inspection): Promise<ImgctlError | undefined> {
  const help = qemuImgFor(inspection);
  const missing = help && (await requireQemuImg(inspection.format).catch((error: unknown) => error));
  if (missing instanceof ImgctlError) return missing;
  return refusalOf(file, withoutHelpedFindings(inspection), [], 'inspected');
}

/** What a helper program reads is worth a word, and no reason against it. */
function shownFindings(inspection: Inspection, isTaken: boolean): InspectionReport['findings'] {
  const excuses = qemuImgFor(inspection)?.excuses;
  const shown = ({ level, code, message }: Finding): InspectionReport['findings'][number] =>
    isTaken && code === excuses ? { level: 'warn', code, message: 'requires qemu-img' } : { level, code, message };
  return inspection.findings.map(shown);
}

async function takers(seen: Detected, context: EngineContext): Promise<readonly ProviderFit[]> {
  const drivers = await Promise.all(context.drivers.names.map((name) => driverNamed(name, context)));
  return drivers.map((driver): ProviderFit => {
    const facts = driver.facts.upload;
    if (!facts) return { name: driver.name, takes: 'no', note: driver.absent.upload ?? 'upload is not supported' };
    try {
      // What is refused by itself is called taken by nobody, also by who is known to take it.
      const accepts = facts.accepts.map((accept) => ({ ...accept, mayBeEmpty: false }));
      const { plan } = preflight(seen, accepts, { allowUnsafe: [] });
      const asIs = useOf(plan) === 'asIs';
      return {
        name: driver.name,
        takes: asIs ? 'asIs' : 'converted',
        ...(asIs ? {} : { note: `to ${describeEncoding(plan.encoding)}` }),
      };
    } catch (error) {
      if (!(error instanceof ImgctlError)) throw error;
      const note = error.code === 'INTEGRITY' ? 'refused: broken or unsafe' : error.message;
      return { name: driver.name, takes: 'no', note };
    }
  });
}
