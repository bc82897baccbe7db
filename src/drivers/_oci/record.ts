import { visibilities, type ImageRecord, type PlaceState, type Status } from '../../core/image.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';

/** Version of the record that this code writes. */
export const recordSchema = 1;
const flagIn = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
const countIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
const areTexts = (values: readonly unknown[]): values is readonly string[] => values.every((value) => typeof value === 'string');
const textsIn = (value: unknown): readonly string[] | undefined => (Array.isArray(value) && areTexts(value) ? value : undefined);
const textMapIn = (value: unknown): Readonly<Record<string, string>> | undefined =>
  isObject(value) && areTexts(Object.values(value)) ? (value as Readonly<Record<string, string>>) : undefined;
const momentIn = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? value : undefined;

/**
 * What an image says of itself, as its config blob holds it: the one truth. Sizes are bytes, times RFC 3339 with `Z`.
 * A field of another shape than ours counts as not said.
 */
export const storedRecord = (json: JsonObject) => ({
  schema: countIn(json.schema) ?? 0,
  id: textIn(json.id) ?? '',
  /** Grows by one with every write, so that no two manifests are ever the same. */
  revision: countIn(json.revision) ?? 0,
  name: textIn(json.name) ?? '',
  status: textIn(json.status) ?? 'unknown',
  description: textIn(json.description),
  visibility: visibilities.find((each) => each === json.visibility),
  protected: flagIn(json.protected),
  hidden: flagIn(json.hidden),
  diskFormat: textIn(json.diskFormat),
  containerFormat: textIn(json.containerFormat),
  architecture: textIn(json.architecture),
  sizeBytes: countIn(json.sizeBytes),
  virtualBytes: countIn(json.virtualBytes),
  minDiskBytes: countIn(json.minDiskBytes),
  minRamBytes: countIn(json.minRamBytes),
  checksums: textMapIn(json.checksums),
  tags: textsIn(json.tags) ?? [],
  properties: textMapIn(json.properties) ?? {},
  createdAt: momentIn(json.createdAt),
  updatedAt: momentIn(json.updatedAt),
});

/** A record as it was read. */
export type StoredRecord = Readonly<ReturnType<typeof storedRecord>>;

const statusOf: Readonly<Record<string, Status>> = { queued: 'queued', active: 'active', inactive: 'inactive' };

/**
 * The neutral image of a record as it was read. `id` is the name under which the manifest stands; it differs from the
 * record's own when some other tool copied the image to another name, which `raw` shows. `places` hold its data.
 */
export function recordFromJson(id: string, json: JsonObject, places: readonly string[], raw: JsonObject): ImageRecord {
  const record = storedRecord(json);
  const providerStatus = record.status;
  const status = statusOf[providerStatus] ?? 'unknown';
  // Not spread into another object: that takes fourteen times as long, for each of ten thousand.
  return Object.assign(record, { id, status, providerStatus, places: places.map((name): PlaceState => ({ name, status })), raw });
}
