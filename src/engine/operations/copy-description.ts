import { isOfOtherBytes } from '../../core/image.ts';
import { isProvenanceProperty } from '../../core/provenance.ts';
import { carriedTo } from './copied-fields.ts';
import type { EngineContext } from '../context.ts';
import type { Account } from '../account/account.ts';
import { keepsContainer } from './transfer.ts';
import type { Original } from './original.ts';
import type { CopyOptions } from './copy-options.ts';

/** What of the record goes along; the rest is told. `format`: of the disk, as it arrives; absent: it is none. */
export function carried(
  { image: found, at: from }: Original,
  own: CopyOptions['description'],
  to: Account<'upload'>,
  format: string | undefined,
  context: EngineContext,
) {
  const verb = to.verb('upload');
  // What a publisher has is for everybody, which says nothing of who shall see a copy.
  const image = from.signatures ? { ...found, visibility: undefined } : found;
  // Within one account they mean what they meant.
  const references = from.profile === to.profile ? undefined : from.verb('download').references;
  const kept = keepsContainer(verb, image.containerFormat) ? image.diskFormat : undefined;
  const { dropped, ...along } = carriedTo(verb, image, own, kept ?? format, references);
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
