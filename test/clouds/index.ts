import type { Driver } from '../../src/core/driver.ts';
import type { OperationName } from '../../src/core/operation.ts';
import { drivers } from '../../src/drivers/index.ts';
import type { SeenRequest, Seed } from '../conformance/cloud.ts';
import { awsStage } from './aws/stage.ts';
import { checksumsStage } from './checksums/stage.ts';
import { coreosStreamStage } from './coreos-stream/stage.ts';
import { incusStage } from './incus/stage.ts';
import { linodeStage } from './linode/stage.ts';
import { localStage } from './local/stage.ts';
import { ociStage } from './oci/stage.ts';
import { openstackStage } from './openstack/stage.ts';
import { rancherStage } from './rancher/stage.ts';
import { simplestreamsStage } from './simplestreams/stage.ts';
import type { ProviderStage, WireStage } from './stage.ts';
import type { VerbLine } from './verb-line.ts';

/** What every provider is tested on: one line each, and none can be forgotten. */
export const stages: Readonly<Record<keyof typeof drivers, ProviderStage>> = {
  aws: awsStage,
  checksums: checksumsStage,
  'coreos-stream': coreosStreamStage,
  incus: incusStage,
  linode: linodeStage,
  local: localStage,
  oci: ociStage,
  openstack: openstackStage,
  rancher: rancherStage,
  simplestreams: simplestreamsStage,
};

/** Every verb of every provider that is spoken to over a network, as it is typed. */
export const verbLines: readonly VerbLine[] = Object.values(stages).flatMap((stage) => stage.verbLines);

/** A stage whose provider is reached over the network. */
export type OverNetwork = ProviderStage & { readonly wire: WireStage };

/** Those providers, by name. */
export const overNetwork: readonly (readonly [name: string, stage: OverNetwork])[] = Object.entries(stages).flatMap(
  ([name, stage]) => (stage.wire ? [[name, { ...stage, wire: stage.wire }] as const] : []),
);
/** Of any providers, those that have all these verbs. */
export const withVerbs = <S extends ProviderStage>(
  all: readonly (readonly [string, S])[],
  ...verbs: readonly OperationName[]
): readonly (readonly [name: string, stage: S])[] => all.filter(([, { driver }]) => verbs.every((verb) => driver.facts[verb]));

export const stageOf = (provider: string): ProviderStage => {
  const found = (stages as Readonly<Record<string, ProviderStage>>)[provider];
  if (!found) throw new Error(`nothing in test/clouds is called ${provider}`);
  return found;
};

/** Names of a driver's fields that hold secrets. */
export const secretFields = ({ profile }: Pick<Driver, 'profile'>): readonly string[] =>
  Object.entries(profile).flatMap(([name, { secret }]) => (secret ? [name] : []));

/** Whether a request looks at an image by its id. */
export const looksAt = (wire: WireStage | undefined, request: Pick<SeenRequest, 'method' | 'path'>, id: string): boolean =>
  wire?.looksAt ? wire.looksAt(request, id) : request.method === 'GET' && decodeURIComponent(request.path).endsWith(id);

/** Whether a request changes something at the provider. */
export const changes = ({ wire }: ProviderStage, request: Pick<SeenRequest, 'method' | 'path'>): boolean =>
  request.method !== 'GET' && request.method !== 'HEAD' && wire?.isSignIn(request) !== true;

/** What `create` cannot do without, as it is typed. */
export const createOptions = ({ driver, samples }: ProviderStage): readonly string[] =>
  driver.facts.create?.from.includes('nothing') === false ? ['--from-disk', samples.disk ?? '', '--no-wait'] : [];

/** The state that an image must be in for a verb to be done to it. */
export function statusFor(driver: Driver, verb: OperationName): NonNullable<Seed['status']> {
  if (verb === 'restore' || verb === 'purge') return 'removed';
  if (verb === 'reactivate') return 'inactive';
  const from = driver.facts.delete?.from;
  return verb === 'delete' && from && !from.includes('active') ? 'inactive' : 'active';
}
