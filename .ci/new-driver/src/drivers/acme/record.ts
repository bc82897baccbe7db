import { providerError } from '../../core/errors.ts';
import { given, type ImageRecord, type Status } from '../../core/image.ts';

/** An object as it came over the wire. Every field may be missing, null or of a kind not heard of yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The value if it is a text. */
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const sizeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** The provider's words for states; any other is `unknown`. */
const statuses: ReadonlyMap<unknown, Status> = new Map([
  ['waiting', 'queued'],
  ['creating', 'pending'],
  ['available', 'active'],
  ['disabled', 'inactive'],
  ['deleting', 'deleting'],
  ['failed', 'failed'],
]);

/** The neutral record of an image; what the provider does not say stays absent. Throws PROVIDER when it is no image with an id. */
export function recordFrom(wire: unknown, what: string): ImageRecord {
  const id = isObject(wire) ? textIn(wire.id) : undefined;
  if (!isObject(wire) || id === undefined) throw providerError(`${what}: the answer has no image with an id`);
  return {
    id,
    name: textIn(wire.name) ?? '',
    status: statuses.get(wire.state) ?? 'unknown',
    providerStatus: textIn(wire.state) ?? '',
    tags: [],
    properties: {},
    places: [],
    ...given<Partial<ImageRecord>>({
      description: textIn(wire.description),
      sizeBytes: sizeOf(wire.size_bytes),
      createdAt: textIn(wire.created_at),
    }),
    raw: wire,
  };
}
