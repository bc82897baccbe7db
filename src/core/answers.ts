import { providerError } from './errors.ts';
import type { ImageRecord } from './image.ts';
import type { OperationName } from './operation.ts';

/** Verbs that are about one image, and whose answer is that image. */
const aboutOne: ReadonlySet<OperationName> = new Set(['show', 'deactivate', 'reactivate', 'restore', 'purge', 'replicate']);

/**
 * Holds the record that a verb gives against what was asked: what is in between (a cache, a gateway) may answer with another image.
 * Throws PROVIDER for a record without an id, and for one of another image than was asked for.
 */
export function checkAnswer(verb: OperationName, asked: unknown, record: ImageRecord): void {
  checkId(record);
  const { id } = (asked ?? {}) as { readonly id?: string };
  if (!aboutOne.has(verb) || id === undefined || record.id.toLowerCase() === id.toLowerCase()) return;
  throw providerError(`${verb} of image ${id} was answered with another image: ${record.id}`, {
    hint: 'Check what is between you and the provider (a proxy, a cache).',
  });
}

/** Throws PROVIDER for a record that cannot be told from others. */
export function checkId(record: ImageRecord): void {
  if (record.id === '' || /\p{Cc}/u.test(record.id))
    throw providerError(`the provider names an image without a usable id${record.name === '' ? '' : `: ${record.name}`}`);
}
