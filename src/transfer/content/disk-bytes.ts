import { ImgctlError, limitError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { given } from '../../core/image.ts';
import { humanSize } from '../../core/quantity.ts';
import { checkedSource, type Checksum } from '../checksum.ts';
import { checkFooter } from '../footer-check.ts';
import { cureFor } from '../formats/findings.ts';
import { findingOf, decompress } from '../formats/index.ts';
import type { Inspection } from '../formats/inspection.ts';
import { decompressionLimitBytes } from '../full-scan.ts';
import { isFlat, useOf } from '../plan.ts';
import { checkSafety } from '../safety.ts';
import { warnOf, type StagingRequest, type Staged } from '../staging.ts';

/** The file's bytes, unwrapped where the plan says so; a disk without tables is proved at its end. `total`: how many are promised. */
export function diskBytes(
  { seen, judgement: { plan } }: Staged,
  { wishes, means }: StagingRequest,
  expected: readonly Checksum[],
  total?: number,
): Bytes {
  const { source, inspection, whole } = seen;
  const checked = checkedSource(source, expected);
  const limit = Math.min(decompressionLimitBytes, plan.accept.maxVirtualBytes ?? Infinity);
  const bytes = plan.unwrap ? decompress(plan.unwrap, checked.open(), limit) : checked.open();
  if (whole || !isFlat(inspection.format) || (inspection.compression && !plan.unwrap)) return bytes;
  const judge = (found: Inspection): void => {
    checkSafety(source.name, found, wishes.allowUnsafe, useOf(plan));
    warnOf(source.name, { warnings: found.findings }, inspection, means);
  };
  return checkFooter(limited(bytes, limit), { name: source.name, fileName: source.fileName, inspection, total, judge });
}

async function* limited(bytes: Bytes, limit: number): Bytes {
  let passed = 0;
  for await (const chunk of bytes) {
    passed += chunk.length;
    if (passed > limit) throw limitError(`the disk grows above the ${humanSize(limit)} that are taken there`);
    yield chunk;
  }
}

/** The same bytes; what is found to be wrong while they are read is said of the file by its name. */
export async function* naming<Piece>(bytes: AsyncIterable<Piece>, name: string): AsyncGenerator<Piece, void, undefined> {
  try {
    yield* bytes;
  } catch (error) {
    const finding = findingOf(error);
    if (!finding || !(error instanceof ImgctlError) || error.message.includes(name)) throw error;
    const hint = cureFor(finding, name);
    throw new ImgctlError(error.code, `${name}: ${error.message}`, { ...error.circumstances, ...given({ hint }) });
  }
}
