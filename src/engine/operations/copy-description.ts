import { ImgctlError } from '../../core/errors.ts';
import { isOfOtherBytes, type Image } from '../../core/image.ts';
import type { Call, Changes, Editable } from '../../core/operation.ts';
import { isProvenanceProperty } from '../../core/provenance.ts';
import type { Prepared } from '../../transfer/prepared.ts';
import { carriedTo } from './copied-fields.ts';
import type { EngineContext } from '../context.ts';
import type { Account } from '../account/account.ts';
import { keepsContainer } from './transfer.ts';
import type { Original } from './original.ts';
import type { CopyOptions } from './copy-options.ts';

/** What of the record goes along; the rest is told. */
export function carried(
  { image, at: from }: Original,
  own: CopyOptions['description'],
  to: Account<'upload'>,
  { plan }: Prepared,
  context: EngineContext,
) {
  const verb = to.verb('upload');
  // Within one account they mean what they meant.
  const references = from.profile === to.profile ? undefined : from.verb('download').references;
  const kept = keepsContainer(verb, image.containerFormat) ? image.diskFormat : undefined;
  const { dropped, ...along } = carriedTo(verb, image, own, kept ?? plan.encoding.format, references);
  if (dropped.length > 0) context.warn(`not copied, unsupported by ${to.provider}: ${dropped.join('; ')}`);
  const behind = Object.keys(image.properties).filter((key) => verb.reserved?.test(key));
  if (behind.length > 0) context.warn(`not copied, reserved by ${to.provider}: properties ${behind.join(', ')}`);
  const foreign = Object.keys(image.properties).filter((key) => references?.test(key) && own.properties?.[key] === undefined);
  if (foreign.length > 0 && verb.fields.includes('properties'))
    context.warn(`not copied, meant for ${from.profile} only: properties ${foreign.join(', ')}`);
  if (isOfOtherBytes(image) && Object.keys(image.properties).some(isProvenanceProperty))
    context.warn(`not copied: where ${image.id} comes from, which is recorded of other bytes than it has`);
  for (const tag of image.tags)
    if (verb.tags?.test(tag) === false) context.warn(`not copied, invalid in ${to.provider}: tag "${tag}"`);
  return along;
}

/**
 * The image with what waited until it was whole: nobody else sees half an image, and half an image can be removed. What of it goes
 * along unasked, and is refused, is warned about; what was asked for is thrown.
 */
export async function completed(at: Account, image: Image, later: Changes, asked: object, { call, warn }: Tell): Promise<Image> {
  const fields = Object.entries(later).filter(([field, value]) => image[field as 'visibility' | 'protected'] !== value);
  const patch = at.maybe('patch');
  const wanted = fields.filter(([field]) => patch?.fields.includes(field as keyof Changes & Editable));
  if (wanted.length === 0 || !patch) return image;
  try {
    return await patch.run({ id: image.id, changes: Object.fromEntries(wanted), extras: {} }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    const what = wanted.map(([field, value]) => `${field} ${String(value)}`).join(', ');
    const message = `${image.id} was copied, but without ${what}: ${error.message}`;
    if (error.code === 'ABORTED' || wanted.some(([field]) => Object.hasOwn(asked, field)))
      throw new ImgctlError(error.code, message, { ...error.circumstances, leftover: image.id, cause: error });
    warn(message);
    return image;
  }
}

interface Tell {
  readonly call: Call;
  warn(text: string): void;
}
