import { integrityError } from '../../core/errors.ts';
import type { Inspection } from '../../transfer/formats/inspection.ts';
import { readRuns } from '../../transfer/formats/index.ts';
import { measure } from '../../transfer/measure.ts';
import { planTransfer, readable } from '../../transfer/plan.ts';
import { examine } from '../../transfer/prepare.ts';
import type { Source } from '../../transfer/source.ts';
import { contentIdOf } from '../../transfer/writers/content-id.ts';
import { inspectionView, type InspectionReport, type Taker } from '../../ui/views/inspection.ts';
import { ImgctlError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import type { Surface } from '../context.ts';
import { one } from '../outcome.ts';
import { driverNamed } from '../session.ts';
import { sourceFrom } from './upload.ts';

export const inspectFile = defineCommand({
  about: 'Judges by content, never by name. Ends with 11 when the image is broken or unsafe.',
  args: { file: { takes: 'required', summary: 'file, - or URL', completes: 'file' } },
  options: {
    hash: { kind: 'switch', summary: 'compute digests and the content id, reading the whole file (default for files)' },
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
      const { source, inspection } = await examine(given);
      const hashes = input.hash ?? given.path !== undefined;
      const unsafe = inspection.findings.filter((finding) => finding.level === 'reject');
      const report: InspectionReport = {
        ...inspection,
        file: input.file,
        ...(source.bytes === undefined ? {} : { fileBytes: source.bytes }),
        safe: unsafe.length === 0,
        ...(hashes ? await digestsOf(source, inspection, unsafe.length === 0) : {}),
        providers: await takers(inspection, source, context),
      };
      if (unsafe.length > 0)
        await context.reportAs(
          integrityError(`${input.file} is ${unsafe.map((finding) => `${finding.message} [${finding.code}]`).join('; ')}`),
        );
      return one(inspectionView, report);
    } finally {
      await given.close();
    }
  },
});

async function digestsOf(
  source: Source,
  inspection: Inspection,
  safe: boolean,
): Promise<Pick<InspectionReport, 'checksums' | 'contentId'>> {
  const measured = measure(source.open(), ['sha256', 'sha512', 'md5']);
  for await (const _chunk of measured.bytes);
  const checksums = measured.result().digests;
  if (!safe || !source.random || inspection.compression || !readable.has(inspection.format)) return { checksums };
  return { checksums, contentId: await contentIdOf(readRuns(source.random, inspection)) };
}

async function takers(inspection: Inspection, source: Source, surface: Surface): Promise<readonly Taker[]> {
  const drivers = await Promise.all(surface.drivers.names.map((name) => driverNamed(name, surface)));
  return drivers.map((driver): Taker => {
    const facts = driver.facts.upload;
    if (!facts) return { name: driver.name, takes: 'no', note: driver.absent.upload ?? 'it has no upload' };
    try {
      const have = {
        ...inspection,
        seekable: source.random !== undefined,
        ...(source.bytes === undefined ? {} : { bytes: source.bytes }),
      };
      const plan = planTransfer(have, facts.accepts);
      const asIs = !plan.convert && !plan.wrap && !plan.unwrap;
      return { name: driver.name, takes: asIs ? 'asIs' : 'converted', ...(asIs ? {} : { note: plan.steps.join(' → ') }) };
    } catch (error) {
      if (!(error instanceof ImgctlError)) throw error;
      return { name: driver.name, takes: 'no', note: error.message };
    }
  });
}
