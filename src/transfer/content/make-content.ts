import { integrityError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { given } from '../../core/image.ts';
import type { Content } from '../../core/operation.ts';
import { alignedIfKnown } from '../align.ts';
import { withBackpressure } from '../backpressure.ts';
import { knownDigests } from '../known-digests.ts';
import { spool } from '../spool.ts';
import { passesOn, type StagingRequest, type Staged } from '../staging.ts';
import type { DiskObserver } from '../writers/disk-observer.ts';
import { contentEncoder } from './encode.ts';
import { measuredContent } from './measured-content.ts';
import { nobody, type ObservedDisk } from './observed-disk.ts';

/** The content of what is ready; the temporary file that its length takes is written now. */
export async function makeContent(from: Staged, asked: StagingRequest, disk: ObservedDisk): Promise<Content> {
  const { wishes, means } = asked;
  const { source } = from.seen;
  const { plan } = from.judgement;
  const isPassedOn = passesOn(asked, from);
  const encoder = await contentEncoder(from, asked);
  const observer = (): DiskObserver => (encoder.shows ? disk.observe() : nobody);
  const open = (): Bytes => encoder.open({ observer: observer(), signal: means.signal });
  const byBlocks = means.byBlocks?.({ encoding: plan.encoding, ...given({ bytes: encoder.bytes }) }) ?? false;
  const hashFirst = means.hashFirst === true && !byBlocks;
  const known = isPassedOn ? await knownDigests(source, wishes, { ...means, hashFirst }, open) : {};
  const made = { expected: isPassedOn ? from.expected : [], known, reported: byBlocks ? [] : means.digests };
  if (!plan.spoolOutput) {
    // What was seen while it was hashed need not be looked at again: the target proves that it is the same.
    const isSeen = disk.isSeen && known.sha256 !== undefined;
    const { repeatable } = source;
    return measuredContent(from, asked, { ...made, encoder, repeatable, observer: isSeen ? () => nobody : observer });
  }
  const bytes = withBackpressure(open(), { ...means, limit: plan.accept.maxBytes });
  const file = await spool(bytes, means.folder, source.name, encoder.bytes);
  asked.keep(file);
  const spooled = { bytes: file.bytes ?? 0, open: () => file.open() };
  return measuredContent(from, asked, { ...made, encoder: spooled, repeatable: true, observer: () => nobody });
}

/** A content before anything was read: it is only where whoever was offered it opens it. `content` makes it. */
export async function offeredContent(
  { seen, judgement, wishes, means }: StagingRequest,
  content: () => Promise<Content>,
): Promise<Content> {
  const { source } = seen;
  const { encoding, alignBytes } = judgement.plan;
  const known = await knownDigests(source, wishes, { ...means, hashFirst: false }, () => source.open());
  let read: Content | undefined;
  async function* open(): Bytes {
    read = await content();
    if (read.encoding.format !== encoding.format)
      throw integrityError(`${source.name} begins as ${encoding.format}, and as a whole it is ${read.encoding.format}`);
    yield* read.open();
  }
  return {
    encoding,
    ...given({
      bytes: source.bytes,
      virtualBytes: alignedIfKnown(seen.inspection.virtualBytes, alignBytes),
      sha256: known.sha256,
    }),
    repeatable: source.repeatable,
    open,
    sent: () => read?.sent() ?? { bytes: source.bytes ?? 0, digests: { ...known } },
  };
}
