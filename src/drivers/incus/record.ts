import { providerError } from '../../core/errors.ts';
import { given, type ImageRecord } from '../../core/image.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import { channelAliases } from './channel-names.ts';

const sizeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** What can be the id of an image: nothing else ever stands in that place of a path, where the server takes it for a pattern. */
export const fingerprints = /^[0-9a-f]{64}$/;

/** Disks of virtual machines, as the server calls them; `container` images are file systems. */
export const virtualMachine = 'virtual-machine';

/** Properties that are fields of an image here. */
export const fieldProperties = ['name', 'description'] as const;

const keptApart = 'imgctl.property.';
/** What a property is called at the server: one that bears the name of a field has another there, and is itself again when it is read. */
export const keptName = (name: string): string =>
  fieldProperties.some((field) => field === name) ? `${keptApart}${name}` : name;
const ownName = (kept: string): string => fieldProperties.find((field) => kept === `${keptApart}${field}`) ?? kept;

/**
 * The names of an image, the one that it is shown by first: the shortest, as the official clients have it. `others`: those that are none, since
 * they come and go.
 */
export function aliasesOf(wire: JsonObject, others: readonly string[] = []): string[] {
  const rows = Array.isArray(wire.aliases) ? wire.aliases.filter(isObject) : [];
  const names = rows.map(({ name }) => textIn(name) ?? '').filter((name) => name !== '' && !others.includes(name));
  return names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

/** Texts only: all that the server keeps. */
export function propertiesIn(wire: JsonObject): Readonly<Record<string, string>> {
  const all = isObject(wire.properties) ? Object.entries(wire.properties) : [];
  return Object.fromEntries(all.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

/** Oddity: no date is year 1 to one of the products and 1970 to the other, and either may keep what the other has written. */
const timeOf = (value: unknown): string | undefined => {
  const text = textIn(value);
  return text === undefined || /^(0001|1970)-/.test(text) ? undefined : text;
};

/**
 * The neutral record of an image. Its size is that of metadata and disk together, and its id a digest over both: of the disk alone
 * nothing is known. Throws PROVIDER when it is no image with an id. `project`: whose it is where the record does not say.
 */
export function recordFrom(wire: unknown, what: string, project?: string): ImageRecord {
  const id = isObject(wire) ? textIn(wire.fingerprint) : undefined;
  if (!isObject(wire) || id === undefined || !fingerprints.test(id))
    throw providerError(`${what}: the answer has no image with a fingerprint`);
  const { name, description, ...others } = propertiesIn(wire);
  const properties = Object.fromEntries(Object.entries(others).map(([key, value]) => [ownName(key), value]));
  const [alias] = aliasesOf(wire, channelAliases({ id, properties }));
  const aliases = aliasesOf(wire).filter((one) => one !== alias);
  return {
    id,
    name: alias ?? (name || id.slice(0, 12)),
    // There are no others: what is not whole yet is an operation.
    status: 'active',
    providerStatus: 'available',
    tags: [],
    properties,
    places: [],
    ...given<Partial<ImageRecord>>({
      aliases: aliases.length > 0 ? aliases.sort() : undefined,
      description: description || undefined,
      visibility: typeof wire.public === 'boolean' ? (wire.public ? 'public' : 'private') : undefined,
      owner: textIn(wire.project) ?? project,
      diskFormat: wire.type === virtualMachine ? 'qcow2' : undefined,
      architecture: textIn(wire.architecture) || undefined,
      sizeBytes: sizeOf(wire.size),
      createdAt: timeOf(wire.uploaded_at) ?? timeOf(wire.created_at),
      expiresAt: timeOf(wire.expires_at),
    }),
    raw: wire,
  };
}
