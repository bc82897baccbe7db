import { providerError } from './errors.ts';
import { aboutNoImage } from './answer-error.ts';
import { imageFrom, type Image, type ImageRecord } from './image.ts';
import type { OperationName } from './operation.ts';

interface Place {
  readonly profile: string;
  readonly provider: string;
}

/** Verbs that are about one image, and whose answer is that image. */
const aboutOne: ReadonlySet<OperationName> = new Set(['show', 'deactivate', 'reactivate', 'restore', 'purge', 'replicate']);

/**
 * Holds the record that a verb gives against what was asked: what is in between (a cache, a gateway) may answer with another image.
 * Throws PROVIDER for a record without an id, and for one of another image than was asked for.
 */
function checkAnswer(verb: OperationName, asked: unknown, record: ImageRecord): void {
  checkId(record);
  const { id } = (asked ?? {}) as { readonly id?: string };
  if (!aboutOne.has(verb) || id === undefined || record.id.toLowerCase() === id.toLowerCase()) return;
  throw providerError(`${verb} of image ${id} was answered with another image: ${record.id}`, {
    hint: 'Check what is between you and the provider (a proxy, a cache).',
  });
}

/** Throws PROVIDER for a record that cannot be told from others. */
function checkId(record: ImageRecord): void {
  if (record.id === '' || /\p{Cc}/u.test(record.id))
    throw providerError(`the provider names an image without a usable id${record.name === '' ? '' : `: ${record.name}`}`);
}

const isRecord = (value: unknown): value is ImageRecord =>
  typeof value === 'object' && value !== null && 'providerStatus' in value && 'raw' in value;

async function* stampEach(records: AsyncIterable<ImageRecord>, at: Place): AsyncIterable<Image> {
  try {
    for await (const record of records) {
      checkId(record);
      yield imageFrom(record, at);
    }
  } catch (error) {
    throw aboutNoImage(error);
  }
}

/**
 * What a verb gave, with profile and provider on each image, once it has been held against what was asked. Anything but images comes
 * back as it is.
 */
export function checkedResult(verb: OperationName, request: unknown, result: unknown, at: Place): unknown {
  if (result instanceof Promise)
    return result.then((value: unknown) => {
      if (!isRecord(value)) return value;
      checkAnswer(verb, request, value);
      return imageFrom(value, at);
    });
  return stampEach(result as AsyncIterable<ImageRecord>, at);
}
