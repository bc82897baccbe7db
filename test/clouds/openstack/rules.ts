import { Refusal } from './refusal.ts';
import type { Caller } from './store.ts';

type Wire = Readonly<Record<string, unknown>>;

const diskFormats = ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'];
const containerFormats = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'];
const visibilities = ['community', 'public', 'private', 'shared'];
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const readOnly = [
  'created_at',
  'updated_at',
  'status',
  'checksum',
  'size',
  'virtual_size',
  'direct_url',
  'self',
  'file',
  'schema',
  'os_hash_algo',
  'os_hash_value',
  'stores',
];
const reserved = ['location', 'deleted', 'deleted_at'];

/** Attributes that Glance defines: they cannot be removed. */
const attributes = [
  ...readOnly,
  'id',
  'name',
  'visibility',
  'protected',
  'os_hidden',
  'owner',
  'container_format',
  'disk_format',
  'min_disk',
  'min_ram',
  'tags',
];

const oneOf = (words: readonly string[]) => (value: unknown) =>
  value === null || (typeof value === 'string' && words.includes(value));
const text = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= 255 && !/[\u{10000}-\u{10ffff}]/u.test(value);
const whole = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;

const schema: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: (value) => typeof value === 'string' && uuid.test(value),
  name: (value) => value === null || text(value),
  visibility: (value) => value !== null && oneOf(visibilities)(value),
  protected: (value) => typeof value === 'boolean',
  os_hidden: (value) => typeof value === 'boolean',
  owner: (value) => value === null || text(value),
  disk_format: oneOf(diskFormats),
  container_format: oneOf(containerFormats),
  min_disk: whole,
  min_ram: whole,
  tags: (value) => Array.isArray(value) && value.every(text),
};

/** What the validator behind Glance says: the whole of its rule, and the value twice. */
function report(name: string, value: unknown): string {
  const [shown, rule] = [
    typeof value === 'string' ? `'${value}'` : JSON.stringify(value),
    typeof value === 'string' ? 'maxLength' : 'type',
  ];
  const said = rule === 'maxLength' ? 'is too long' : "is not of type 'string'";
  const schema = `{'description': 'Descriptive name for the image',\n     'maxLength': 255,\n     'type': ['null', 'string']}`;
  return `${shown} ${said}\n\nFailed validating '${rule}' in schema['properties']['${name}']:\n    ${schema}\n\nOn instance['${name}']:\n    ${shown}`;
}

/** Throws what Glance answers to a field that it does not take from this caller. */
export function checkField(name: string, value: unknown, caller: Caller): void {
  if (readOnly.includes(name)) throw new Refusal(403, `Attribute '${name}' is read-only.`);
  if (reserved.includes(name) || name.startsWith('os_glance_')) throw new Refusal(403, `Attribute '${name}' is reserved.`);
  const valid = (Object.hasOwn(schema, name) ? schema[name] : undefined) ?? ((given: unknown) => typeof given === 'string');
  if (!valid(value)) throw new Refusal(400, `Provided object does not match schema 'image': ${report(name, value)}`);
  if (name === 'visibility' && value === 'public' && !caller.admin)
    throw new Refusal(403, 'You are not authorized to complete publicize_image action.');
  if (name === 'owner' && value !== caller.project && !caller.admin)
    throw new Refusal(403, `You are not permitted to create images owned by '${String(value)}'.`);
}

interface Step {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly value?: unknown;
}

/** The image after a patch. Throws what Glance answers to a step that it does not take; then nothing is changed. */
export function patched(before: Wire, patch: unknown, caller: Caller): Record<string, unknown> {
  if (!Array.isArray(patch)) throw new Refusal(400, 'Request body must be a JSON array of operation objects.');
  const after: Record<string, unknown> = { ...before };
  for (const step of patch as readonly Step[]) apply(after, step, caller);
  const custom = Object.keys(after).filter((name) => !attributes.includes(name));
  if (custom.length > 128)
    throw new Refusal(
      413,
      `The limit has been exceeded on the number of allowed image properties. Attempted: ${custom.length}, Maximum: 128`,
    );
  return after;
}

function apply(image: Record<string, unknown>, step: Step, caller: Caller): void {
  const { op, path, value } = step;
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    throw new Refusal(400, `Invalid operation: \`${String(op)}\`. It must be one of the following: add, remove, replace.`);
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new Refusal(400, `Pointer \`${String(path)}\` does not start with "/".`);
  if (path.slice(1).includes('/') || /~(?![01])/.test(path))
    throw new Refusal(400, `Invalid JSON pointer for this resource: '${path}'`);
  const name = path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  if (op === 'remove') {
    if (attributes.includes(name)) throw new Refusal(403, `Property ${name} may not be removed.`);
    if (!Object.hasOwn(image, name)) throw new Refusal(409, `Property ${name} does not exist.`);
    delete image[name];
    return;
  }
  if (!('value' in step)) throw new Refusal(400, `Operation "${op}" requires a member named "value".`);
  checkField(name, value, caller);
  if (name === 'id') throw new Refusal(403, "Attribute 'id' is read-only.");
  if (op === 'replace' && !Object.hasOwn(image, name)) throw new Refusal(409, `Property ${name} does not exist.`);
  if ((name === 'disk_format' || name === 'container_format') && image.status !== 'queued')
    throw new Refusal(403, `Attribute ${name} can be only replaced for a queued image.`);
  image[name] = name === 'tags' ? [...new Set(value as readonly string[])] : value;
}
