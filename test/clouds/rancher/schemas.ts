import { isTransitioning, statesOf, type Release } from './versions.ts';

/** Roles that differ in what they may do with images. */
export type Role = 'project' | 'readonly' | 'superadmin';

const text = ['eq', 'ne', 'prefix', 'like', 'notlike', 'null', 'notnull'];
const order = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'null', 'notnull'];
const choice = ['eq', 'ne', 'null', 'notnull'];

/** Filters of the schema: the same for every role, though a role cannot use those on fields it does not see. Recorded. */
export const filterModifiers: Readonly<Record<string, readonly string[]>> = {
  accountId: choice,
  checksum: text,
  created: order,
  description: text,
  format: text,
  id: order,
  instanceKind: text,
  isPublic: choice,
  kind: text,
  name: text,
  physicalSizeMb: order,
  registryCredentialId: choice,
  removeTime: order,
  removed: order,
  state: choice,
  url: text,
  uuid: text,
  virtualSizeMb: order,
};

interface FieldShape {
  readonly type: string;
  readonly nullable?: boolean;
  readonly writable?: boolean;
  readonly maxLength?: number;
  readonly options?: readonly string[];
}

const everybodysFields = (release: Release, apiVersion: string): Readonly<Record<string, FieldShape>> => ({
  accountId: { type: 'reference[account]', nullable: true, maxLength: 255 },
  created: { type: 'date', nullable: true, maxLength: 255 },
  description: { type: 'string', nullable: true, writable: true, maxLength: 1024 },
  id: { type: 'int', nullable: true },
  kind: { type: 'string', nullable: true, maxLength: 255 },
  name: { type: 'string', nullable: true, writable: true, maxLength: 255 },
  removed: { type: 'date', nullable: true, maxLength: 255 },
  state: { type: 'enum', maxLength: 128, options: stateOptions(release, apiVersion) },
  uuid: { type: 'string', nullable: true, maxLength: 128 },
  transitioning: { type: 'enum', options: ['yes', 'no', 'error'] },
  transitioningMessage: { type: 'string', nullable: true },
  transitioningProgress: { type: 'int', nullable: true },
});

const superadminsFields: Readonly<Record<string, FieldShape>> = {
  build: { type: 'dockerBuild', nullable: true, writable: true },
  checksum: { type: 'string', nullable: true, writable: true, maxLength: 255 },
  data: { type: 'map[json]', nullable: true, writable: true },
  format: { type: 'string', nullable: true, writable: true, maxLength: 255 },
  instanceKind: { type: 'enum', nullable: true, writable: true, options: ['container', 'virtualMachine'] },
  isPublic: { type: 'boolean', writable: true },
  physicalSizeMb: { type: 'int', nullable: true, writable: true },
  registryCredentialId: { type: 'reference[registryCredential]', nullable: true, writable: true },
  removeTime: { type: 'date', nullable: true },
  url: { type: 'string', nullable: true, writable: true, maxLength: 255 },
  virtualSizeMb: { type: 'int', nullable: true, writable: true },
};

/** The frozen schema of an API version may name states that the release no longer has. */
function stateOptions(release: Release, apiVersion: string): readonly string[] {
  const states = statesOf(release);
  return release.schemaActions(apiVersion).includes('restore') ? [...new Set([...states, 'restoring'])].sort() : states;
}

export const fieldsOf = (release: Release, apiVersion: string, role: Role): Readonly<Record<string, FieldShape>> => ({
  ...everybodysFields(release, apiVersion),
  ...(role === 'superadmin' ? superadminsFields : {}),
});

export const methodsOf = (role: Role): { readonly collection: readonly string[]; readonly resource: readonly string[] } =>
  role === 'superadmin'
    ? { collection: ['GET', 'POST'], resource: ['GET', 'PUT', 'DELETE'] }
    : { collection: ['GET'], resource: ['GET'] };

export const schemaActionsOf = (release: Release, apiVersion: string, role: Role): readonly string[] =>
  role === 'readonly' ? [] : release.schemaActions(apiVersion);

/** All schemas that a role is shown, with links under `base` (project scope included). */
export function schemasFor(release: Release, apiVersion: string, role: Role, base: string): readonly object[] {
  return [
    plainSchema('account', 'accounts', base),
    imageSchema(release, apiVersion, role, base),
    plainSchema('project', 'projects', base),
    plainSchema('schema', 'schemas', base),
  ];
}

function plainSchema(id: string, plural: string, base: string): object {
  const methods = ['GET'];
  return {
    id,
    type: 'schema',
    links: { self: `${base}/schemas/${id}`, collection: `${base}/${plural}` },
    actions: {},
    pluralName: plural,
    resourceFields: {},
    collectionFilters: {},
    includeableLinks: [],
    resourceActions: {},
    collectionActions: {},
    collectionFields: {},
    collectionMethods: methods,
    resourceMethods: methods,
  };
}

function imageSchema(release: Release, apiVersion: string, role: Role, base: string): object {
  const { collection, resource } = methodsOf(role);
  const fields = Object.entries(fieldsOf(release, apiVersion, role)).map(([name, shape]) => [name, wireField(shape)] as const);
  const actions = schemaActionsOf(release, apiVersion, role).map((name) => [name, { input: null, output: 'image' }] as const);
  return {
    ...plainSchema('image', 'images', base),
    resourceFields: Object.fromEntries(fields),
    collectionFilters: Object.fromEntries(Object.entries(filterModifiers).map(([name, modifiers]) => [name, { modifiers }])),
    includeableLinks: ['instances', 'storagePools', 'volumes', 'account'],
    resourceActions: Object.fromEntries(actions),
    collectionMethods: collection,
    resourceMethods: resource,
    ...(release.tells.baseType ? { baseType: 'schema' } : {}),
  };
}

/** Fields are marked as writable for roles that may write nothing: recorded so. */
function wireField({ type, nullable, writable, maxLength, options }: FieldShape): object {
  return {
    type,
    description: null,
    create: writable ?? false,
    update: writable ?? false,
    ...(nullable ? { nullable } : {}),
    readOnCreateOnly: false,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(options === undefined ? {} : { options }),
  };
}

export const transitioningOf = (state: string, failure: string | null): 'yes' | 'no' | 'error' =>
  isTransitioning(state) ? 'yes' : failure === null ? 'no' : 'error';
