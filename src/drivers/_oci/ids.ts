import { usageError } from '../../core/errors.ts';

/** Where tags of registries (OCI distribution-spec) and references of other tools that read layouts overlap. */
const rule = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,126}[a-zA-Z0-9])?$/;
const twoSeparators = /[._-]{2}/;
/** The referrers fallback tag of distribution-spec 1.1: it belongs to the registry. */
const fallbackTag = /^sha256-[0-9a-f]{64}/i;

/** Ids that we make ourselves: lower-case UUIDs, valid as tag, as reference and as file name. */
export const ownIds = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a tag can be the id of an image. */
export const isId = (tag: string): boolean => rule.test(tag) && !twoSeparators.test(tag) && !fallbackTag.test(tag);

/** Throws USAGE for an id that cannot be a tag. Nothing is escaped: what is asked for is what it is called. */
export function checkId(id: string): void {
  if (isId(id)) return;
  throw usageError(`invalid id: "${id.slice(0, 140)}"`, {
    hint: 'Use at most 128 letters and digits, with single . _ - between them, or omit --id.',
  });
}
