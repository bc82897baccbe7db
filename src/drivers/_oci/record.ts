import { visibilities, type ImageRecord, type PlaceState, type Status, type Visibility } from '../../core/image.ts';
import { isJson, type Json } from './manifest.ts';

/** Version of the record that this code writes. */
export const recordSchema = 1;

/** What an image says of itself, as its config blob holds it: the one truth. Sizes are bytes, times RFC 3339 with `Z`. */
export interface StoredRecord {
  readonly schema: number;
  readonly id: string;
  /** Grows by one with every write, so that no two manifests are ever the same. */
  readonly revision: number;
  readonly name: string;
  readonly status: string;
  readonly description?: string;
  readonly visibility?: Visibility;
  readonly protected?: boolean;
  readonly hidden?: boolean;
  readonly diskFormat?: string;
  readonly containerFormat?: string;
  readonly architecture?: string;
  readonly sizeBytes?: number;
  readonly virtualBytes?: number;
  readonly minDiskBytes?: number;
  readonly minRamBytes?: number;
  readonly checksums?: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly createdAt?: string;
  readonly updatedAt?: string;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isTextMap = (value: unknown): boolean => isJson(value) && Object.values(value).every(isText);
const isMoment = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);

const shapes: { readonly [K in keyof StoredRecord]-?: (value: unknown) => boolean } = {
  schema: isCount,
  id: isText,
  revision: isCount,
  name: isText,
  status: isText,
  description: isText,
  visibility: (value) => visibilities.some((each) => each === value),
  protected: isFlag,
  hidden: isFlag,
  diskFormat: isText,
  containerFormat: isText,
  architecture: isText,
  sizeBytes: isCount,
  virtualBytes: isCount,
  minDiskBytes: isCount,
  minRamBytes: isCount,
  checksums: isTextMap,
  tags: areTexts,
  properties: isTextMap,
  createdAt: isMoment,
  updatedAt: isMoment,
};
const fields = Object.keys(shapes) as readonly (keyof StoredRecord)[];

/** A record as it was read. A field of another shape than ours counts as not said. */
export function recordOf(json: Json): StoredRecord {
  const record: Record<string, unknown> = {
    schema: 0,
    id: '',
    revision: 0,
    name: '',
    status: 'unknown',
    tags: [],
    properties: {},
  };
  for (const field of fields) {
    const said = json[field];
    if (said !== undefined && shapes[field](said)) record[field] = said;
  }
  return record as object as StoredRecord;
}

const statusOf: Readonly<Record<string, Status>> = { queued: 'queued', active: 'active', inactive: 'inactive' };

/**
 * The neutral image. `id` is the name under which the manifest stands; it differs from the record's own when some
 * other tool copied the image to another name, which `raw` shows. `places` hold its data.
 */
export function imageOf(id: string, record: StoredRecord, places: readonly string[], raw: Json): ImageRecord {
  const status = statusOf[record.status] ?? 'unknown';
  return {
    ...record,
    id,
    status,
    providerStatus: record.status,
    places: places.map((name): PlaceState => ({ name, status })),
    raw,
  };
}
