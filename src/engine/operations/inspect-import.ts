import type { Format } from '../../core/encoding.ts';
import { conflictError, integrityError } from '../../core/errors.ts';
import type { Call, ImportRequest } from '../../core/operation.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { detect } from '../../transfer/detect.ts';
import { fileSource } from '../../transfer/file-source.ts';
import { checksumStream } from '../../transfer/checksum-stream.ts';
import type { Checksum } from '../../core/checksum.ts';
import { checkSafety } from '../../transfer/safety.ts';
import type { Source } from '../../transfer/source.ts';
import { shownAddress } from '../../transfer/url-source.ts';
import { fullPreflight } from '../../transfer/full-scan.ts';
import { withSignature } from './source.ts';
import type { Vouched } from './vouched.ts';
import type { EngineContext } from '../context.ts';

/** What was asked for, and what is said of it. */
interface Asked {
  readonly url: string;
  readonly vouched: Vouched;
  /** The format that the user has named; absent: the one of the record `into` counts. */
  readonly named: string | undefined;
  readonly into: string | undefined;
  readonly call: Call;
}

/**
 * What a driver that fetches to this machine asks before an image gets the file: it is looked at as an upload is. The judgement
 * throws INTEGRITY for what is not what it should be, CONFLICT for another format than that of the record to be filled.
 */
export function judgeFetched(asked: Asked, context: EngineContext): NonNullable<ImportRequest['judge']> {
  return async (file, format) => {
    const { fileName: _draft, ...opened } = await fileSource(file, asked.call.signal);
    const { checksum } = asked.vouched;
    const source = await withSignature({ ...opened, name: shownAddress(new URL(asked.url)) }, asked.vouched);
    try {
      if (source.bytes === 0) throw integrityError(`${source.name} is empty: what was fetched has 0 bytes`);
      if (checksum) await checkDigest(source, checksum);
      await checkContent(source, format, asked, context);
    } finally {
      await source.close();
    }
  };
}

async function checkDigest(source: Source, { algorithm, hex }: Checksum): Promise<void> {
  const through = checksumStream(source.open(), [algorithm]);
  const bytes = through.bytes[Symbol.asyncIterator]();
  while (!(await bytes.next()).done);
  const found = through.result().digests[algorithm];
  if (found !== hex) throw integrityError(`${source.name} has the ${algorithm} ${found}, not ${hex}`);
}

async function checkContent(source: Source, format: Format, asked: Asked, context: EngineContext): Promise<void> {
  const { inspection } = await fullPreflight(await detect(source, format), temporaryFolder(context.home), asked.call.signal);
  // Nothing is done with it, and an import has no override to offer.
  for (const { message, code } of checkSafety(source.name, inspection, [], 'inspected'))
    context.warn(`${source.name}: ${message} [${code}]`);
  const { compression, format: found } = inspection;
  if (compression)
    throw integrityError(`${source.name} is ${compression}-compressed by its content, not ${format}`, {
      hint: 'Send what is in it with:',
      next: [{ verb: 'upload', args: ['URL'], options: { name: { inProfile: 'NAME' } } }],
    });
  if (found === format || (format === 'raw' && found === 'iso')) return;
  if (asked.named !== undefined || asked.into === undefined)
    throw integrityError(`${source.name} is ${found} by its content, not ${format}`, { hint: `Use --disk-format ${found}.` });
  throw conflictError(`image ${asked.into} is declared as ${format}, but ${source.name} is ${found}`, {
    hint: 'Use another URL, or change the record with:',
    next: [{ verb: 'patch', image: asked.into, options: { 'disk-format': found } }],
  });
}
