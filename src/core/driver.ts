import { checkedResult } from './answer-check.ts';
import { boundJobs, type BoundJobs } from './bound-jobs.ts';
import type { BlockOperation } from './blocks.ts';
import { boundBlocks, type BoundBlocks } from './bound-blocks.ts';
import { unsupportedError, type ImgctlError } from './errors.ts';
import { commandLine, nowhere } from './hint.ts';
import { tlsFields, type Fields, type Setup, type Values } from './field.ts';
import type { Identity, Owner } from './identity.ts';
import type { Image, ImageRecord } from './image.ts';
import type { JobOperation } from './job-operation.ts';
import {
  operationNames,
  type Call,
  type Handover,
  type Operation,
  type OperationName,
  type Operations,
  type OperationTypes,
} from './operation.ts';
import { usualRequestIds, withRequestIds } from './request-id.ts';
import type { FoundProfile, HostEnvironment } from './discovery.ts';
import { boundProjection, type BoundProjection, type ProjectionOperation } from './projection.ts';
import type { Secret } from './secret.ts';
import type { Tools } from './tools.ts';

export type * from './discovery.ts';
export type * from './tools.ts';

export interface DriverDefinition<F extends Fields, Client> {
  readonly name: string;
  readonly title: string;
  /** Page of the provider's API. */
  readonly docs: string;
  readonly profile: F;
  /** How a profile is made: what follows `imgctl profile add NAME --provider PROVIDER`. */
  readonly example: string;
  /** Absent: the fields that are `required` are all that it takes. */
  readonly setup?: Setup;
  /** Its wire is the file system: nothing that it changes goes through the Http it is handed. */
  readonly worksOnFiles?: boolean;
  /** Headers of answers that name the request, in lower case, the most telling first. Absent: `usualRequestIds`. */
  readonly requestIds?: readonly string[];
  /** Texts that can only be an id, never a name. */
  readonly ids: RegExp;
  /** Words can be ids too: whatever is typed is tried as one before it is taken for a name. */
  readonly idsAreWords?: boolean;
  /** An id is a digest over all of the image: what has the same one in another account of this provider is the same image. */
  readonly idsAreDigests?: boolean;
  /** Whatever is typed may be another name of an image: `show` says which one it means, and is asked before a list is. */
  readonly showsByAlias?: boolean;
  /** Does no I/O. Throws CONFIG when the values do not fit together. */
  connect(values: Values<F>, tools: Tools): Client;
  readonly operations: Operations<Client>;
  /** How work that goes on after an answer is looked at. Absent: none ever does. */
  readonly jobs?: JobOperation<Client>;
  /** By what other tools find the target of a channel. Absent: by nothing but what the image says. */
  readonly projection?: ProjectionOperation<Client>;
  /** Why a verb is not offered, and the nearest thing that works: one sentence or two. */
  readonly absent: Readonly<Partial<Record<OperationName, string>>>;
  probe?(client: Client, call: Call): Promise<Identity>;
  /** Who is called that, as far as this account may know; none: nobody, or it may not ask. */
  owners?(client: Client, name: string, call: Call): Promise<readonly Owner[]>;
  /**
   * How another account of the same provider can come by an image that is no disk, of which there is no download; none: it is one.
   * Throws UNSUPPORTED where it cannot.
   */
  handover?(client: Client, image: ImageRecord, call: Call): Promise<Handover | undefined>;
  /** Why this account cannot take, as an image of this name, what one of the same provider hands over; absent: as far as can be told, it can. */
  objection?(client: Client, handover: Handover, call: Call, name: string): Promise<string | undefined>;
  /** Throws USAGE for a text that no new image can have as its id; absent where the caller never chooses one. Does no I/O. */
  checkOwnId?(id: string): void;
  /**
   * Why an image cannot be deleted, as far as its record tells, so that it is known before anything is begun that ends with its
   * removal. Absent, or none: nothing that a record of one's own says stands in the way but its protection and its state.
   */
  irremovable?(image: ImageRecord): ImgctlError | undefined;
  /**
   * Whether an image's data is still what its record says: every byte of what lies near is read; of what is far, whether all of it is
   * there. For who relies on data that is there already.
   */
  isIntact?(client: Client, id: string, call: Call): Promise<boolean>;
  /**
   * Publishers only: whether the file at an address may be one of theirs, by the fields of the profile; whether it is, their list says.
   * Does no I/O.
   */
  mayPublish?(fields: Readonly<Record<string, string>>, address: URL): boolean;
  discover?(surroundings: HostEnvironment): Promise<readonly FoundProfile[]>;
}

/**
 * A verb ready to be used: its facts, and the function bound to one account. Images carry profile and provider. An upload may have a
 * block form besides; where that is the only one, `inBlocks` has its blocks for every request, and `run` is UNSUPPORTED.
 */
export type Bound<Name extends OperationName> = OperationTypes[Name]['facts'] & {
  run(request: OperationTypes[Name]['request'], call: Call): Stamped<OperationTypes[Name]['result']>;
} & (Name extends 'upload' ? Partial<BoundBlocks> : unknown);
type Stamped<Result> =
  Result extends AsyncIterable<ImageRecord>
    ? AsyncIterable<Image>
    : Result extends Promise<ImageRecord>
      ? Promise<Image>
      : Result;

/** An open driver with its client: one account at one provider. */
export interface Session extends BoundJobs {
  readonly profile: string;
  readonly provider: string;
  readonly driver: Driver;
  /** By what other tools find the target of a channel; absent: by nothing but what the image says. */
  readonly projection?: BoundProjection;
  find<N extends OperationName>(name: N): Bound<N> | undefined;
  /** Throws UNSUPPORTED, with the driver's reason, if the provider does not offer the verb. */
  require<N extends OperationName>(name: N): Bound<N>;
  probe(call: Call): Promise<Identity>;
  /** Who is called that, as far as this account may know. */
  owners(name: string, call: Call): Promise<readonly Owner[]>;
  /** How another account of this provider can come by an image that is no disk; none: it is one. Throws UNSUPPORTED where it cannot. */
  handover(image: ImageRecord, call: Call): Promise<Handover | undefined>;
  /** Why this account cannot take, as an image of this name, what one of the same provider hands over; absent: as far as can be told, it can. */
  objection(handover: Handover, call: Call, name: string): Promise<string | undefined>;
  /** Whether an image's data is still what its record says, as far as the provider can be asked to look. */
  isIntact(id: string, call: Call): Promise<boolean>;
}

/** A driver as the rest of the program sees it. */
export interface Driver {
  readonly name: string;
  readonly title: string;
  readonly docs: string;
  readonly profile: Fields;
  readonly example: string;
  readonly setup: Setup;
  readonly worksOnFiles: boolean;
  /** Work goes on after an answer; `cancels`: it can be ended. Absent: none ever does. */
  readonly jobs?: { readonly cancels: boolean };
  readonly requestIds: readonly string[];
  readonly ids: RegExp;
  readonly idsAreWords: boolean;
  readonly idsAreDigests: boolean;
  readonly showsByAlias: boolean;
  /** What follows the target of a channel, in a word. Absent: nothing. */
  readonly projects?: string;
  /** Facts of the verbs it has: presence means that it can. */
  readonly facts: { readonly [N in OperationName]?: OperationTypes[N]['facts'] };
  readonly absent: Readonly<Partial<Record<OperationName, string>>>;
  open(values: Readonly<Record<string, string | Secret | undefined>>, tools: Tools, profile: string): Session;
  discover(surroundings: HostEnvironment): Promise<readonly FoundProfile[]>;
  /** Throws USAGE for a text that no new image of this provider can have as its id. */
  checkOwnId(id: string): void;
  /** Why an image of this provider cannot be deleted, as far as its record tells; protection and state are judged elsewhere. */
  irremovable(image: ImageRecord): ImgctlError | undefined;
  /** Whether the file at an address may be one that is published with these fields; absent: nobody publishes by this driver. */
  mayPublish?(fields: Readonly<Record<string, string>>, address: URL): boolean;
}

/** The refusal of a verb that a driver does not have. */
export function refusal(driver: Driver, verb: OperationName): ImgctlError {
  const reason = driver.absent[verb];
  return unsupportedError(`${driver.name} does not offer ${verb}.${reason ? ` ${reason}` : ''}`, {
    provider: driver.name,
    hint: `See what it supports with: ${commandLine({ verb: 'providers', args: [driver.name] }, nowhere)}`,
  });
}

const onlyInBlocks = (): Promise<never> => Promise.reject(unsupportedError('a disk is taken in blocks only'));

/** The driver's own fields first; what it says of a common one counts. */
const withTlsFields = (own: Fields): Fields => ({ ...own, ...tlsFields, ...own });

/** Makes a driver out of its definition. The casts that hiding the client's type takes are all here. */
export function defineDriver<const F extends Fields, Client>(definition: DriverDefinition<F, Client>): Driver {
  const operations = definition.operations as Readonly<Record<string, Operation<Client, OperationName> | undefined>>;
  const facts: Record<string, object> = {};
  for (const name of operationNames) {
    const operation = operations[name];
    if (!operation) continue;
    facts[name] = Object.fromEntries(Object.entries(operation).filter(([, fact]) => typeof fact !== 'function'));
  }
  const driver: Driver = {
    name: definition.name,
    title: definition.title,
    docs: definition.docs,
    profile: definition.worksOnFiles ? definition.profile : withTlsFields(definition.profile),
    example: definition.example,
    setup: definition.setup ?? {},
    worksOnFiles: definition.worksOnFiles ?? false,
    ...(definition.jobs ? { jobs: { cancels: definition.jobs.cancel !== undefined } } : {}),
    requestIds: definition.requestIds ?? usualRequestIds,
    ids: definition.ids,
    idsAreWords: definition.idsAreWords ?? false,
    idsAreDigests: definition.idsAreDigests ?? false,
    showsByAlias: definition.showsByAlias ?? false,
    ...(definition.projection ? { projects: definition.projection.kind } : {}),
    facts: facts as Driver['facts'],
    absent: definition.absent,
    discover: async (surroundings) => (await definition.discover?.(surroundings)) ?? [],
    checkOwnId: (id) => definition.checkOwnId?.(id),
    irremovable: (image) => definition.irremovable?.(image),
    ...(definition.mayPublish ? { mayPublish: definition.mayPublish } : {}),
    open(values, tools, profile) {
      const http = withRequestIds(tools.http, driver.requestIds);
      const client = definition.connect(values as Values<F>, { ...tools, http });
      const at = { profile, provider: definition.name };
      const find = <N extends OperationName>(name: N): Bound<N> | undefined => {
        const operation = operations[name];
        if (!operation) return undefined;
        const isAlias = (request: unknown): boolean =>
          driver.showsByAlias && name === 'show' && !definition.ids.test((request as { readonly id: string }).id);
        const run = (operation.run ?? onlyInBlocks) as (client: Client, request: unknown, call: Call) => unknown;
        return {
          ...facts[name],
          run: (request: unknown, call: Call) =>
            checkedResult(name, isAlias(request) ? {} : request, run(client, request, call), at),
          ...('begin' in operation ? boundBlocks(operation as BlockOperation<Client>, client, at, !operation.run) : {}),
        } as unknown as Bound<N>;
      };
      const projection = boundProjection(definition.projection, client);
      return {
        ...at,
        ...(projection ? { projection } : {}),
        ...boundJobs(definition.jobs, client, at, (id, call) => definition.operations.show.run(client, { id }, call)),
        driver,
        find,
        require(name) {
          const bound = find(name);
          if (!bound) throw refusal(driver, name);
          return bound;
        },
        probe: async (call) => (await definition.probe?.(client, call)) ?? { who: profile, details: {}, missing: {} },
        owners: async (name, call) => (await definition.owners?.(client, name, call)) ?? [],
        handover: async (image, call) => definition.handover?.(client, image, call),
        objection: async (handover, call, name) => definition.objection?.(client, handover, call, name),
        isIntact: async (id, call) => (await definition.isIntact?.(client, id, call)) ?? true,
      };
    },
  };
  return driver;
}
