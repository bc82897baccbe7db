import { integrityError } from '../../core/errors.ts';
import { canStream, readRuns, streamRuns, unwrap } from '../../transfer/formats/index.ts';
import { measure } from '../../transfer/measure.ts';
import { isFlat, planTransfer, readable } from '../../transfer/plan.ts';
import { examine, haveOf, type Examined } from '../../transfer/prepare.ts';
import { contentIdOf, ContentIdHash } from '../../transfer/writers/content-id.ts';
import { inspectionView, type InspectionReport, type Taker } from '../../ui/views/inspection.ts';
import { ImgctlError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import type { Surface } from '../context.ts';
import { one } from '../outcome.ts';
import { driverNamed } from '../session.ts';
import { sourceFrom } from './upload.ts';

export const inspectFile = defineCommand({
  about:
    'Detects the format by content; a name that contradicts it is refused. Exits with 11 for what is broken, unsafe or no disk image.',
  args: { file: { takes: 'required', summary: 'file, - or URL', completes: 'file' } },
  options: {
    hash: { kind: 'switch', summary: 'compute digests and the content id, reading everything (default, but for URLs)' },
    contentId: { kind: 'flag', summary: 'compute the content id of the disk, and no digests of the file' },
  },
  needs: {},
  examples: [
    { does: 'everything about a file', type: 'imgctl inspect disk.qcow2' },
    { does: 'only the headers', type: 'imgctl inspect disk.qcow2 --no-hash' },
    { does: 'in CI: fail if it is unsafe', type: 'imgctl inspect disk.qcow2 -o json | jq .format' },
  ],
  async run(input, context) {
    const given = await sourceFrom(input.file, context);
    try {
      const seen = await examine(given);
      const { source } = seen;
      const { isInOrder: _reading, ...inspection } = seen.inspection;
      const reads = input.contentId || (input.hash ?? (given.near || !given.repeatable));
      const algorithms = input.contentId ? [] : ['sha256', 'sha512', 'md5'];
      const unsafe = inspection.findings.filter((finding) => finding.level === 'reject');
      const report: InspectionReport = {
        ...inspection,
        file: input.file,
        ...(source.bytes === undefined ? {} : { fileBytes: source.bytes }),
        safe: unsafe.length === 0,
        ...(reads ? await digestsOf(seen, algorithms, unsafe.length === 0, context.signal) : {}),
        providers: await takers(seen, context),
      };
      if (unsafe.length > 0)
        await context.reportAs(
          integrityError(`${input.file}: ${unsafe.map((finding) => `${finding.message} [${finding.code}]`).join('; ')}`),
        );
      return one(inspectionView, report);
    } finally {
      await given.close();
    }
  },
});

type Digested = Pick<InspectionReport, 'checksums' | 'contentId' | 'fileBytes'>;

/** Digests of the file, and the content id of the disk in it, in one pass where the file is the disk. */
async function digestsOf(seen: Examined, algorithms: readonly string[], safe: boolean, signal: AbortSignal): Promise<Digested> {
  const { source, inspection } = seen;
  const isDisk = safe && isFlat(inspection.format) && !inspection.compression;
  const disk = new ContentIdHash();
  const measured = measure(source.open(), algorithms);
  if (isDisk || algorithms.length > 0)
    for await (const chunk of measured.bytes) {
      signal.throwIfAborted();
      if (isDisk) await disk.data(chunk);
    }
  const { bytes, digests } = measured.result();
  const contentId = isDisk ? await disk.digest() : safe ? await decodedId(seen, signal) : undefined;
  return {
    ...(algorithms.length > 0 ? { checksums: digests, fileBytes: bytes } : {}),
    ...(contentId === undefined ? {} : { contentId }),
  };
}

/** Content id of a disk that has to be decoded. Absent where it cannot be read here, or not a second time. */
async function decodedId({ source, inspection }: Examined, signal: AbortSignal): Promise<string | undefined> {
  const { compression, format } = inspection;
  if (compression && canStream(inspection) && source.repeatable)
    return contentIdOf(streamRuns(unwrap(compression, source.open(), Infinity), inspection), signal);
  if (compression || !source.random || !readable.has(format)) return undefined;
  return contentIdOf(readRuns(source.random, inspection), signal);
}

async function takers(seen: Examined, surface: Surface): Promise<readonly Taker[]> {
  const drivers = await Promise.all(surface.drivers.names.map((name) => driverNamed(name, surface)));
  return drivers.map((driver): Taker => {
    const facts = driver.facts.upload;
    if (!facts) return { name: driver.name, takes: 'no', note: driver.absent.upload ?? 'it has no upload' };
    if (seen.inspection.findings.some((finding) => finding.level === 'reject'))
      return { name: driver.name, takes: 'no', note: 'it would be refused here, as broken or unsafe' };
    try {
      const plan = planTransfer(haveOf(seen), facts.accepts);
      const asIs = !plan.convert && !plan.wrap && !plan.unwrap;
      return { name: driver.name, takes: asIs ? 'asIs' : 'converted', ...(asIs ? {} : { note: plan.steps.join(' → ') }) };
    } catch (error) {
      if (!(error instanceof ImgctlError)) throw error;
      return { name: driver.name, takes: 'no', note: error.message };
    }
  });
}
