import type { Bytes } from '../core/http.ts';
import type { Digests } from '../core/operation.ts';
import { compareDigests } from './checksum.ts';
import { checksumStream } from './checksum-stream.ts';
import type { TransferContext, TransferOptions } from './transfer-options.ts';
import type { Source } from './source.ts';
import { withBackpressure } from './backpressure.ts';

/** Digest of a whole source in hex: as it was published, else taken now where it lies near. Absent: it would have to be fetched. */
export async function wholeDigest(
  source: Source,
  algorithm: string,
  means: TransferContext,
  open: () => Bytes = () => source.open(),
): Promise<string | undefined> {
  const known = source.digests?.[algorithm];
  if (known !== undefined || !source.near) return known;
  const through = checksumStream(withBackpressure(open(), { ...means, total: source.bytes }), [algorithm]);
  for await (const _chunk of through.bytes) means.signal.throwIfAborted();
  return through.result().digests[algorithm];
}

/**
 * Digests of a source that is passed on as it is, by which a target may find that it has these bytes, and never ask for
 * them. So the user's checksum is compared now; where that needs other digests than these, none are known, and it is
 * compared when the bytes pass. `open` gives the bytes where they have to be read for it. Throws INTEGRITY.
 */
export async function knownDigests(
  source: Source,
  { checksum }: TransferOptions,
  means: TransferContext,
  open: () => Bytes,
): Promise<Digests> {
  if (checksum && checksum.algorithm !== 'sha256' && source.digests?.[checksum.algorithm] === undefined) return {};
  const sha256 = means.hashFirst ? await wholeDigest(source, 'sha256', means, open) : source.digests?.sha256;
  const known: Digests = { ...source.digests, ...(sha256 === undefined ? {} : { sha256 }) };
  if (!checksum) return known;
  if (known[checksum.algorithm] === undefined) return {};
  compareDigests(known, [checksum], source.name);
  return known;
}
