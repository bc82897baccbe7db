import { imageId } from './ids.ts';
import type { Row } from './machine.ts';
import { schemaActionsOf, transitioningOf, type Role } from './schemas.ts';
import { actionsFrom, type Release } from './versions.ts';

/** From where, for whom and how a resource is written down. */
export interface Setting {
  readonly release: Release;
  readonly apiVersion: string;
  readonly role: Role;
  /** URL before `/images`, project scope included, in lower case as the server writes all its URLs. */
  readonly base: string;
  readonly baseType: boolean;
  /** Action links of a shape that nobody can guess. */
  readonly opaqueActions: boolean;
}

const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** A date and its twin in ms, or the date alone as null. */
const dates = (name: string, ms: number | null): object =>
  ms === null ? { [name]: null } : { [name]: isoSeconds(ms), [`${name}TS`]: ms };

/** An image as it goes over the wire to a role, with the actions that its state allows now. */
export function imageResource(row: Row, setting: Setting): Readonly<Record<string, unknown>> {
  const { release, apiVersion, role, base } = setting;
  const self = `${base}/images/${imageId(row.number)}`;
  const inSchema = schemaActionsOf(release, apiVersion, role);
  const actions = actionsFrom(release, row.state).filter((name) => inSchema.includes(name));
  const transitioning = transitioningOf(row.state, row.failure);
  return {
    id: imageId(row.number),
    type: 'image',
    links: {
      self,
      account: `${self}/account`,
      instances: `${self}/instances`,
      storagePools: `${self}/storagepools`,
      volumes: `${self}/volumes`,
    },
    actions: Object.fromEntries(actions.map((name) => [name, actionUrl(self, name, setting)])),
    ...(setting.baseType ? { baseType: 'image' } : {}),
    name: row.name,
    state: row.state,
    accountId: row.accountId,
    ...dates('created', row.createdAt),
    description: row.description,
    kind: 'image',
    ...dates('removed', row.removedAt),
    ...(role === 'superadmin' ? { ...dates('removeTime', row.removeTime), ...hiddenFields } : {}),
    transitioning,
    transitioningMessage: transitioning === 'yes' ? 'In Progress' : row.failure,
    transitioningProgress: transitioning === 'yes' ? row.percent : null,
    uuid: row.uuid,
  };
}

const hiddenFields = {
  checksum: null,
  data: {},
  format: 'docker',
  instanceKind: 'container',
  isPublic: false,
  physicalSizeMb: null,
  url: null,
  virtualSizeMb: null,
};

const opaque = (name: string): string => Buffer.from(`act:${name}`).toString('hex');

function actionUrl(self: string, name: string, { opaqueActions }: Setting): string {
  return opaqueActions ? `${self}/do/${opaque(name)}` : `${self}/?action=${name}`;
}

/** The action that an opaque URL's last part stands for. */
export function opaqueAction(part: string): string | undefined {
  const text = Buffer.from(part, 'hex').toString();
  return text.startsWith('act:') ? text.slice(4) : undefined;
}
