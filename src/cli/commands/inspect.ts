import { describeEncoding } from '../../core/encoding.ts';
import { ImgctlError } from '../../core/errors.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { examine, type Examined } from '../../transfer/detect.ts';
import type { Finding, Inspection } from '../../transfer/formats/inspection.ts';
import { judged } from '../../transfer/preflight.ts';
import { useOf } from '../../transfer/plan.ts';
import { excused, helpFor, needHelper } from '../../transfer/qemu-img.ts';
import { refusalOf } from '../../transfer/safety.ts';
import { readWhole, type WholeRead } from '../../transfer/full-scan.ts';
import { inspectionView, type InspectionReport, type Taker } from '../../ui/views/inspection.ts';
import { defineCommand } from '../program/command.ts';
import type { Surface } from '../program/context.ts';
import { many, one } from '../program/outcome.ts';
import { sourceFrom } from '../../engine/operations/source.ts';
import { driverNamed } from '../../engine/account/driver.ts';

export const inspectFile = defineCommand({
  about:
    'Detects the format by content; a name that contradicts it is refused. Exits with 11 for what is broken, unsafe or no disk image. ' +
    'Of several files all are inspected, and the exit code is that of the worst.',
  args: { file: { takes: 'many', summary: 'files, - or URLs', completes: 'file' } },
  options: {
    hash: {
      kind: 'switch',
      summary: 'compute digests and the content id, reading everything (default, but for URLs and large files of mostly holes)',
    },
    contentId: { kind: 'flag', summary: 'compute the content id of the disk, and no digests of the file' },
  },
  draws: () => inspectionView,
  isHarmless: true,
  needs: {},
  examples: [
    { does: 'everything about a file', type: 'imgctl inspect disk.qcow2' },
    { does: 'only the headers', type: 'imgctl inspect disk.qcow2 --no-hash' },
    { does: 'all that a job has built', type: 'imgctl inspect *.qcow2 -o jsonl' },
    {
      does: 'in CI: fail if it is broken or unsafe, and keep the report',
      type: 'imgctl inspect disk.qcow2 -o json > report.json',
    },
  ],
  async run(input, context) {
    const [only = '', ...others] = input.file;
    if (others.length === 0) return one(inspectionView, await inspected(only, input, context));
    const reports: InspectionReport[] = [];
    for (const file of input.file) {
      try {
        reports.push(await inspected(file, input, context));
      } catch (error) {
        if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
        await context.reportAs(error);
      }
    }
    return many(inspectionView, reports);
  },
});

interface Depth {
  readonly hash?: boolean | undefined;
  readonly contentId?: boolean | undefined;
}

/** What a file is. One that would be refused is reported, and the command ends with its code. Throws where it cannot be read. */
async function inspected(file: string, input: Depth, context: Surface): Promise<InspectionReport> {
  const given = await sourceFrom(file, context).catch((error: unknown) => {
    throw error instanceof ImgctlError && error.code === 'NOT_FOUND' && !address.test(file)
      ? error.with({ hint: showInstead(file, context) })
      : error;
  });
  // An address may hold a password or a signature.
  const shown = address.test(file) ? given.name : file;
  try {
    const seen = await examine(given);
    const { name } = seen.source;
    const reads = input.contentId || (input.hash ?? (given.near || !given.repeatable));
    const isThin = reads && !input.contentId && input.hash === undefined && (await isMostlyHoles(seen));
    const algorithms = input.contentId || isThin ? [] : ['sha256', 'sha512', 'md5'];
    const read: WholeRead = reads
      ? await readWhole(seen, algorithms, temporaryFolder(context.home), context.signal)
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
      ...(read.contentId === undefined ? {} : { contentId: read.contentId }),
      providers: await takers({ ...seen, inspection, whole: reads || seen.whole }, context),
    };
    for (const { level, code, message } of findings) if (level === 'warn') context.warn(`${name}: ${message} [${code}]`);
    if (isThin) context.warn(`no digests were computed of ${name}, which is mostly holes; --hash computes them`);
    if (!reads && !seen.whole) context.warn(`only the beginning of ${name} was checked. Check all of it with --hash.`);
    if (refused) await context.reportAs(refused);
    return report;
  } finally {
    await given.close();
  }
}

const address = /^https?:/i;

/** A digest takes every byte of a file, those of its holes too. Files up to this size are quickly read. */
const quicklyReadBytes = 256 << 20;

const isMostlyHoles = async ({ source: { bytes = 0, random } }: Examined): Promise<boolean> =>
  bytes > quicklyReadBytes && (await random?.spans?.()) !== undefined;

/** Unsafe is what was found to be; safe is only what was looked at as a whole. */
const safetyOf = (isRefused: boolean, isWhole: boolean): Pick<InspectionReport, 'safe'> =>
  isRefused || isWhole ? { safe: !isRefused } : {};

/** What is typed for an image: this verb reads files. */
const showInstead = (text: string, { settings }: Surface): string =>
  `Show an image with: imgctl show ${[text, ...settings.profile.map((profile) => `-p ${profile}`)].join(' ')}`;

/** Why the file would be refused whatever it is used for; absent: it would not. */
async function refusalNow(file: string, inspection: Inspection): Promise<ImgctlError | undefined> {
  const help = helpFor(inspection);
  const missing = help && (await needHelper(inspection.format).catch((error: unknown) => error));
  if (missing instanceof ImgctlError) return missing;
  return refusalOf(file, excused(inspection), [], 'inspected');
}

/** What a helper program reads is worth a word, and no reason against it. */
function shownFindings(inspection: Inspection, isTaken: boolean): InspectionReport['findings'] {
  const excuses = helpFor(inspection)?.excuses;
  const shown = ({ level, code, message }: Finding): InspectionReport['findings'][number] =>
    isTaken && code === excuses ? { level: 'warn', code, message: 'requires qemu-img' } : { level, code, message };
  return inspection.findings.map(shown);
}

async function takers(seen: Examined, surface: Surface): Promise<readonly Taker[]> {
  const drivers = await Promise.all(surface.drivers.names.map((name) => driverNamed(name, surface)));
  return drivers.map((driver): Taker => {
    const facts = driver.facts.upload;
    if (!facts) return { name: driver.name, takes: 'no', note: driver.absent.upload ?? 'upload is not supported' };
    try {
      const { plan } = judged(seen, facts.accepts, { allowUnsafe: [] });
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
