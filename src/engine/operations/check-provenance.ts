import { contentIdProperty, contentOfProperty, type Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { provenanceIn, type ProvenanceFinding } from '../../core/provenance.ts';
import { strongest } from '../../transfer/published-digests.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { publishedAgain, type PublishedAgain, type FileAgain } from './published-again.ts';
import { readImage, type ReadImage } from './read-image.ts';

type Finding = Pick<ProvenanceFinding, 'claim' | 'result' | 'recorded' | 'message'>;

/**
 * Checks again what is on record of an image: its data is read, and held against the digest that its provider gives, the content id and the
 * publisher's digest; and who publishes it, where that is known here, is asked for digest, signer and serial. Where the image has another
 * form than the published file, and this machine does not know the disk in that, the file is read too. Throws what keeps the image
 * from being found; what cannot be read or asked is a finding.
 */
export async function checkProvenance(
  at: Account,
  image: Image,
  call: Call,
  context: EngineContext,
): Promise<readonly ProvenanceFinding[]> {
  const known = await at.memory.recall(image);
  const read = await readImage(at, image, call, context);
  const published = await publishedAgain(provenanceIn(known.properties), context);
  const data = dataFinding(known, read);
  let file: Promise<ReadImage> | undefined;
  const readFile = (one: FileAgain): Promise<ReadImage> => (file ??= readImage(one.at, one.image, context.call(), context));
  const found: Found = { read, data, published, readFile };
  const digest = await digestFinding(at, known, found);
  const findings = [
    data,
    contentFinding(known, read),
    digest,
    ...(['url', 'serial'] as const).map((claim) => publisherFinding(claim, known, published, digest)),
    await signerFinding(known, found, digest),
  ];
  return findings.map((finding) => ({ profile: at.profile, image: image.id, name: image.name, ...finding }));
}

const digestIn = (text: string | undefined): readonly [algorithm: string, hex: string] => {
  const [algorithm = '', hex = ''] = (text ?? '').split(':');
  return [algorithm, hex.toLowerCase()];
};

function dataFinding({ checksums, provider }: Image, read: ReadImage): Finding {
  const known = strongest(checksums);
  const claim = { claim: 'data', ...(known ? { recorded: `${known.algorithm}:${known.hex}` } : {}) } as const;
  if (!known) return { ...claim, result: 'unchecked', message: `${provider} reports no checksum` };
  if ('unread' in read) return { ...claim, ...whyUnread(read) };
  const found = read.digests[known.algorithm];
  if (found === undefined) return { ...claim, result: 'unchecked', message: `no ${known.algorithm} was computed` };
  if (found === known.hex) return { ...claim, result: 'proved', message: 'the data has it' };
  return { ...claim, result: 'differs', message: `the data has ${known.algorithm}:${found}` };
}

function contentFinding({ properties, contentId }: Image, read: ReadImage): Finding {
  const recorded = properties[contentIdProperty] ?? contentId;
  const claim = { claim: 'content', ...(recorded === undefined ? {} : { recorded }) } as const;
  if ('unread' in read) return { ...claim, ...whyUnread(read) };
  if (recorded !== undefined && read.contentId === recorded) return { ...claim, result: 'proved', message: 'the disk has it' };
  const [algorithm, hex] = digestIn(properties[contentOfProperty]);
  const bytes = read.digests[algorithm];
  if (bytes !== undefined && bytes !== hex)
    return { ...claim, result: 'differs', message: `recorded of other bytes: the data has ${algorithm}:${bytes}` };
  if (recorded === undefined) return { ...claim, result: 'unchecked', message: 'no content id is on record' };
  if (read.contentId === undefined) return { ...claim, result: 'unchecked', message: 'the disk could not be read' };
  return { ...claim, result: 'differs', message: `the disk has ${read.contentId}` };
}

/** Data that is not as its provider says is a difference by itself, whatever is on record. */
const whyUnread = ({ unread, isDamaged }: Extract<ReadImage, { unread: string }>): Pick<Finding, 'result' | 'message'> => ({
  result: isDamaged ? 'differs' : 'unchecked',
  message: unread,
});

/** What was found out of an image so far. */
interface Found {
  readonly read: ReadImage;
  readonly data: Finding;
  readonly published: PublishedAgain;
  /** Reads the published file, once. */
  readFile(published: FileAgain): Promise<ReadImage>;
}

/** The publisher's digest: the data has it, or the disk is the one in the file with that digest. */
async function digestFinding({ memory }: Account, image: Image, found: Found): Promise<Finding> {
  const { read, data, published } = found;
  const { digest: recorded } = provenanceIn(image.properties);
  if (recorded === undefined) return { claim: 'digest', result: 'unchecked', message: 'no digest is on record' };
  const claim = { claim: 'digest', recorded } as const;
  const [algorithm, hex] = digestIn(recorded);
  if ('image' in published) {
    const now = published.image.checksums?.[algorithm]?.toLowerCase();
    if (now !== undefined && now !== hex)
      return { ...claim, result: 'differs', message: `${published.by} publishes ${algorithm}:${now}` };
  }
  if ('unread' in read) return { ...claim, ...whyUnread(read) };
  if (read.digests[algorithm] === hex) return { ...claim, result: 'proved', message: 'the data has it' };
  if (data.result === 'differs') return { ...claim, result: 'unchecked', message: 'the data is not what was stored' };
  if (read.contentId === undefined) return { ...claim, result: 'unchecked', message: 'the disk could not be read' };
  const kept = await memory.contentIdOf(recorded);
  const file = kept === undefined ? await diskPublished(recorded, found) : { contentId: kept };
  if ('unread' in file)
    return { ...claim, result: 'unchecked', message: `the data has another form than the published file: ${file.unread}` };
  const where = 'by' in file ? `the file of ${file.by}` : 'the file with that digest, as this machine has read it,';
  if (file.contentId === read.contentId) return { ...claim, result: 'proved', message: `${where} has the same content` };
  return { ...claim, result: 'differs', message: `${where} has other content: ${file.contentId}` };
}

/** The content id of the disk in the published file, all of which is read; it is kept for the next time. */
async function diskPublished(
  digest: string,
  { published, readFile }: Found,
): Promise<{ readonly contentId: string; readonly by: string } | { readonly unread: string }> {
  if ('unknown' in published) return { unread: published.unknown };
  const { by, at } = published;
  const file = await readFile(published);
  if ('unread' in file) return { unread: `${by}: ${file.unread}` };
  const [algorithm, hex] = digestIn(digest);
  const now = file.digests[algorithm];
  if (now !== hex) return { unread: `the file of ${by} has ${algorithm}:${now ?? 'unknown'}` };
  if (file.contentId === undefined) return { unread: `the disk in the file of ${by} could not be read` };
  await at.memory.rememberPublished(digest, file.contentId);
  return { by, contentId: file.contentId };
}

/** What only the publisher can say, and only of a disk that is proved to be the published one. */
function publisherFinding(
  claim: 'url' | 'serial' | 'signer',
  image: Image,
  published: PublishedAgain,
  digest: Finding,
  signer?: string,
): Finding {
  const recorded = provenanceIn(image.properties)[claim];
  if (recorded === undefined) return { claim, result: 'unchecked', message: `no ${claim} is on record` };
  if ('unknown' in published) return { claim, recorded, result: 'unchecked', message: published.unknown };
  const { by, image: now } = published;
  const found = provenanceIn(now.properties)[claim] ?? signer;
  if (found === undefined) return { claim, recorded, result: 'unchecked', message: `${by} says nothing of it` };
  if (found !== recorded) return { claim, recorded, result: 'differs', message: `${by} says ${found}` };
  if (digest.result === 'proved') return { claim, recorded, result: 'proved', message: `${by} says so` };
  return { claim, recorded, result: 'unchecked', message: `${by} says so of its file, and this is not proved to be that` };
}

/** Who has signed it: some sign their lists, and some each file, which is read for that. */
async function signerFinding(image: Image, { published, readFile }: Found, digest: Finding): Promise<Finding> {
  const { signer } = provenanceIn(image.properties);
  const isSaid = 'unknown' in published || provenanceIn(published.image.properties).signer !== undefined;
  if (signer === undefined || isSaid || digest.result !== 'proved' || published.at.signatures?.assurance !== 'signature')
    return publisherFinding('signer', image, published, digest);
  const file = await readFile(published);
  if ('unread' in file) return { claim: 'signer', recorded: signer, result: 'unchecked', message: file.unread };
  return publisherFinding('signer', image, published, digest, file.signer);
}
