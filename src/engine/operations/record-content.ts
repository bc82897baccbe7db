import { ImgctlError } from '../../core/errors.ts';
import { contentOfProperty, contentProperties, given, type Image } from '../../core/image.ts';
import type { Call, Content, UploadRequest } from '../../core/operation.ts';
import { productProperties, provenanceIn, provenanceProperties, type Provenance } from '../../core/provenance.ts';
import type { Prepared } from '../../transfer/prepared.ts';
import type { Account } from '../account/account.ts';
import type { RememberedFacts } from '../account/content-cache.ts';
import type { EngineContext } from '../context.ts';

/** An image that has come, as it was to be delivered (`Delivery`). */
interface Come {
  readonly at: Account<'upload' | 'show'>;
  readonly request: Pick<UploadRequest, 'original'>;
  readonly origin?: Readonly<Record<string, string>> | undefined;
  readonly published?: string | undefined;
  proved?(): Provenance;
  readonly call: Call;
}

/**
 * Keeps the disk's content id, and what was proved of where it comes from, with the image, where the provider keeps properties and nobody
 * has done so yet. With this machine it keeps what its provider does not: there also the digest of what was sent; and what tells a later
 * run that a published image is there already.
 */
export async function recordContent(
  image: Image,
  content: Content,
  prepared: Prepared,
  delivery: Come,
  context: EngineContext,
): Promise<Image> {
  const { at, call, request, proved } = delivery;
  const origin = { ...provenanceIn(delivery.origin ?? {}), ...proved?.() };
  const remembered = { ...productIn(delivery.origin ?? {}), ...provenanceProperties({ ...origin, digest: delivery.published }) };
  const patch = at.maybe('patch');
  if (!patch?.fields.includes('properties')) {
    await remember(image, { ...(await factsOf(content, prepared)), properties: remembered }, delivery);
    return image;
  }
  // What was taken over word for word stays so.
  if (request.original?.isTakenOver(image)) return image;
  const contentId = await prepared.contentId();
  await remember(image, { contentId, checksums: image.checksums, properties: remembered }, delivery);
  const isNew = contentId !== undefined && contentId !== image.contentId;
  const from = Object.entries(provenanceProperties(origin)).filter(([name, value]) => image.properties[name] !== value);
  // Who is handed the content id enters it where it stands by the bytes.
  const isBound =
    origin.digest === undefined || image.contentId !== undefined || image.properties[contentOfProperty] !== undefined;
  const bound = isNew || !isBound ? contentProperties(isNew ? contentId : undefined, image.checksums) : {};
  const properties = { ...bound, ...Object.fromEntries(from) };
  if (Object.keys(properties).length === 0) return image;
  try {
    return await patch.run({ id: image.id, changes: { properties }, extras: {} }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    context.warn(`could not record ${isNew ? 'the content id' : 'the origin'} of ${image.id}: ${error.message}`);
    return image;
  }
}

const productIn = (properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => (productProperties as readonly string[]).includes(name)));

/** Keeps what is known of an image with this machine; also, where all of a publisher's file was read, what is in that. */
async function remember(image: Image, facts: RememberedFacts, { at, published }: Come): Promise<void> {
  const keepsItself = at.maybe('patch')?.fields.includes('properties') === true;
  if (keepsItself && published === undefined) return;
  await at.memory.remember(image, facts);
  if (published !== undefined && facts.contentId !== undefined) await at.memory.rememberPublished(published, facts.contentId);
}

/** What is known of a disk once it was sent. One that was passed on inside its wrapper is not unwrapped for that. */
async function factsOf(content: Content, { inspection, plan, virtualBytes, contentId }: Prepared) {
  const { sha256 } = content.sent().digests;
  const seen = plan.convert || plan.wrap || plan.unwrap || !inspection.compression;
  return given({
    contentId: seen ? await contentId() : undefined,
    virtualBytes,
    checksums: sha256 === undefined ? undefined : { sha256 },
  });
}
