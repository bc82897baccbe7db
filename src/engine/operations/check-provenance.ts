import { ImgctlError } from '../../core/errors.ts';
import { contentIdProperty, contentOfProperty, type Image } from '../../core/image.ts';
import type { Call, Digests } from '../../core/operation.ts';
import { provenanceIn, type ProvenanceFinding } from '../../core/provenance.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { detect } from '../../transfer/detect.ts';
import { fullScan } from '../../transfer/full-scan.ts';
import { strongest } from '../../transfer/published-digests.ts';
import { resumingSource } from '../../transfer/resume.ts';
import { downloadSource } from '../../transfer/source.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { publishedAgain, type PublishedAgain } from './published-again.ts';
import { formatNamed } from './transfer.ts';

/** What was found in the data of an image, or why it could not be read. */
type Read = { readonly digests: Digests; readonly contentId: string | undefined } | { readonly unread: string };
type Finding = Pick<ProvenanceFinding, 'claim' | 'result' | 'recorded' | 'message'>;

/**
 * Checks again what is on record of an image: its data is read, and held against the digest that its provider gives, the content id and the
 * publisher's digest; and who publishes it, where that is known here, is asked for digest, signer and serial. Throws what keeps the image
 * from being found; what cannot be read or asked is a finding.
 */
export async function checkProvenance(
  at: Account,
  image: Image,
  call: Call,
  context: EngineContext,
): Promise<readonly ProvenanceFinding[]> {
  const { url } = provenanceIn(image.properties);
  const read = await dataOf(at, image, call, context);
  const published = url === undefined ? undefined : await publishedAgain(url, context);
  const findings = [
    dataFinding(image, read),
    contentFinding(image, read),
    await digestFinding(at, image, read, published),
    ...(['url', 'serial', 'signer'] as const).map((claim) => publisherFinding(claim, image, published)),
  ];
  return findings.map((finding) => ({ profile: at.profile, image: image.id, name: image.name, ...finding }));
}

const digestIn = (text: string | undefined): readonly [algorithm: string, hex: string] => {
  const [algorithm = '', hex = ''] = (text ?? '').split(':');
  return [algorithm, hex.toLowerCase()];
};

async function dataOf(at: Account, image: Image, call: Call, context: EngineContext): Promise<Read> {
  const download = at.maybe('download');
  if (!download) return { unread: `${at.provider} offers no download` };
  if (image.status !== 'active') return { unread: `it is ${image.status}` };
  const task = context.task(`read ${image.name}`);
  try {
    const offered = downloadSource(
      await download.run({ id: image.id }, call),
      `${at.profile}:${image.id}`,
      at.driver.worksOnFiles,
    );
    const source = download.ranges ? resumingSource(offered, call) : offered;
    const declared = formatNamed(image.diskFormat);
    const seen = await detect(declared === undefined ? source : { ...source, declared });
    const { digests, contentId } = await fullScan(seen, ['sha256', 'sha512'], temporaryFolder(context.home), call.signal);
    return { digests, contentId };
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    return { unread: error.message };
  } finally {
    task.done();
  }
}

function dataFinding({ checksums, provider }: Image, read: Read): Finding {
  const known = strongest(checksums);
  const claim = { claim: 'data', ...(known ? { recorded: `${known.algorithm}:${known.hex}` } : {}) } as const;
  if (!known) return { ...claim, result: 'unchecked', message: `${provider} reports no checksum` };
  if ('unread' in read) return { ...claim, result: 'unchecked', message: read.unread };
  const found = read.digests[known.algorithm];
  if (found === undefined) return { ...claim, result: 'unchecked', message: `no ${known.algorithm} was computed` };
  if (found === known.hex) return { ...claim, result: 'proved', message: 'the data has it' };
  return { ...claim, result: 'differs', message: `the data has ${known.algorithm}:${found}` };
}

function contentFinding({ properties, contentId }: Image, read: Read): Finding {
  const recorded = properties[contentIdProperty] ?? contentId;
  const claim = { claim: 'content', ...(recorded === undefined ? {} : { recorded }) } as const;
  if ('unread' in read) return { ...claim, result: 'unchecked', message: read.unread };
  const [algorithm, hex] = digestIn(properties[contentOfProperty]);
  const bytes = read.digests[algorithm];
  if (bytes !== undefined && bytes !== hex)
    return { ...claim, result: 'differs', message: `recorded of other bytes: the data has ${algorithm}:${bytes}` };
  if (recorded === undefined) return { ...claim, result: 'unchecked', message: 'no content id is on record' };
  if (read.contentId === undefined) return { ...claim, result: 'unchecked', message: 'the disk could not be read' };
  if (read.contentId === recorded) return { ...claim, result: 'proved', message: 'the disk has it' };
  return { ...claim, result: 'differs', message: `the disk has ${read.contentId}` };
}

/** The publisher's digest: the data has it, or the disk is the one that this machine has found in the file with that digest. */
async function digestFinding(at: Account, image: Image, read: Read, published: PublishedAgain | undefined): Promise<Finding> {
  const { digest: recorded } = provenanceIn(image.properties);
  if (recorded === undefined) return { claim: 'digest', result: 'unchecked', message: 'no digest is on record' };
  const claim = { claim: 'digest', recorded } as const;
  const [algorithm, hex] = digestIn(recorded);
  if (published && 'image' in published) {
    const now = published.image.checksums?.[algorithm]?.toLowerCase();
    if (now !== undefined && now !== hex)
      return { ...claim, result: 'differs', message: `${published.by} publishes ${algorithm}:${now}` };
  }
  if ('unread' in read) return { ...claim, result: 'unchecked', message: read.unread };
  if (read.digests[algorithm] === hex) return { ...claim, result: 'proved', message: 'the data has it' };
  const contentId = await at.memory.contentIdOf(recorded);
  if (contentId !== undefined && contentId === read.contentId)
    return { ...claim, result: 'proved', message: 'this machine has found the same disk in the file with that digest' };
  if (contentId !== undefined && read.contentId !== undefined)
    return {
      ...claim,
      result: 'differs',
      message: `this machine has found another disk in the file with that digest: ${contentId}`,
    };
  return { ...claim, result: 'unchecked', message: 'the data has another form than the published file' };
}

/** What only the publisher can say. */
function publisherFinding(claim: 'url' | 'serial' | 'signer', image: Image, published: PublishedAgain | undefined): Finding {
  const recorded = provenanceIn(image.properties)[claim];
  if (recorded === undefined) return { claim, result: 'unchecked', message: `no ${claim} is on record` };
  if (!published || 'unknown' in published)
    return { claim, recorded, result: 'unchecked', message: published?.unknown ?? 'no url is on record' };
  const { by, image: now } = published;
  const found = provenanceIn(now.properties)[claim];
  if (found === recorded) return { claim, recorded, result: 'proved', message: `${by} says so` };
  if (found === undefined) return { claim, recorded, result: 'unchecked', message: `${by} says nothing of it` };
  return { claim, recorded, result: 'differs', message: `${by} says ${found}` };
}
