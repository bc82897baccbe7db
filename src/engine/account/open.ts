import { refusal, type Driver, type Session, type Tools } from '../../core/driver.ts';
import { configError, ImgctlError } from '../../core/errors.ts';
import { lackOf, usualVariables } from '../../core/field.ts';
import type { OperationName } from '../../core/operation.ts';
import { Secret } from '../../core/secret.ts';
import { ownFolder, withHome } from '../../host/folders.ts';
import { holdsCredentials } from '../../http/redact.ts';
import { literal, valueBehind, writtenValue, type Asking } from '../../host/secret-reference.ts';
import { fieldVariable, resolveFields, type Origin } from '../../profiles/resolve.ts';
import { nearest } from '../../host/did-you-mean.ts';
import type { At } from '../../cli/program/command.ts';
import type { Surface } from '../../cli/program/context.ts';
import type { Entry } from './registry.ts';
import { changes, dryHttp, DryRunStop, firstStop, keepingFirstStop, plannedFor, stoppedAt } from '../dry-run.ts';
import { warnOfLoosePath } from './file-permissions.ts';
import { memoryOf } from './content-cache.ts';
import { refuseRegion } from './region.ts';
import { roundedUp } from './whole-units.ts';
import { toolsFor } from './services.ts';

/** The driver of a provider. Throws CONFIG, with the nearest names, if there is none of that name. */
export async function driverNamed(name: string, surface: Surface): Promise<Driver> {
  const loading = surface.drivers.load(name);
  if (loading) return loading;
  const close = nearest(name, surface.drivers.names);
  throw configError(`no such provider: ${name}`, {
    hint: close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `Supported: ${surface.drivers.names.join(', ')}`,
  });
}

/** Where each field of a profile comes from, references not yet followed. */
export async function originsOf(entry: Entry, driver: Driver, surface: Surface): Promise<Readonly<Record<string, Origin>>> {
  const { home, settings } = surface;
  const options = { region: settings.region };
  const data = (): string => ownFolder('data', home);
  const resolved = resolveFields(entry.name, driver.profile, { options, env: home.env, stored: entry.stored, data });
  return entry.kind === 'ambient'
    ? { ...resolved, ...(await ambientOrigins(driver, surface)), ...optionOrigins(resolved) }
    : resolved;
}

const optionOrigins = (resolved: Readonly<Record<string, Origin>>): Readonly<Record<string, Origin>> =>
  Object.fromEntries(Object.entries(resolved).filter(([, origin]) => origin.from === 'option'));

/** What the provider's usual variables, or the files its own tools read, give now. None of it is ours: all of it is literal. */
async function ambientOrigins(driver: Driver, surface: Surface): Promise<Readonly<Record<string, Origin>>> {
  const { surroundingsOf } = await import('../../host/environment.ts');
  const surroundings = surroundingsOf(surface.home, surface.settings.region, { signal: surface.signal });
  const found = (await driver.discover(surroundings)).find((profile) => profile.ambient);
  if (found?.leftOut !== undefined)
    throw configError(`${found.name} (${found.source}) cannot be used: ${found.leftOut}`, {
      provider: driver.name,
      ...(found.hint === undefined ? {} : { hint: found.hint }),
    });
  if (found)
    return Object.fromEntries(
      Object.entries(found.fields).map(([field, value]) => [
        field,
        { value: literal(value instanceof Secret ? value.reveal() : value), from: found.source },
      ]),
    );
  return Object.fromEntries(
    Object.entries(driver.profile).flatMap(([field, facts]) => {
      const variable = facts.env?.find((name) => surface.home.env[name]);
      return variable === undefined
        ? []
        : [[field, { value: literal(surface.home.env[variable] ?? ''), from: `environment (${variable})` }]];
    }),
  );
}

/** What the command behind a `cmd:` may take where nobody is at a terminal, unless --timeout says another time. */
const commandLimitMs = 60_000;

type FieldValues = Readonly<Record<string, string | Secret>>;

async function valuesOf(
  entry: Entry,
  driver: Driver,
  origins: Readonly<Record<string, Origin>>,
  surface: Surface,
): Promise<FieldValues> {
  const values: Record<string, string | Secret> = {};
  const asking: Asking = {
    warn: (message) => surface.warn(message),
    signal: surface.signal,
    limitMs: surface.settings.timeout ?? commandLimitMs,
    isInteractive: surface.io.stdinIsTerminal && surface.io.stderrIsTerminal,
  };
  for (const [field, origin] of Object.entries(origins)) {
    const facts = driver.profile[field];
    const said = await valueBehind(origin.value, field, surface.home, asking);
    const value = facts?.paths ? withHome(said, surface.home) : said;
    if (facts?.paths && origin.from === 'profile') warnOfLoosePath(entry.name, field, value, facts.paths, surface);
    const isSecret = facts?.secret === true;
    if (isSecret) surface.redactor.learn(value);
    else surface.redactor.learnAddress(holdsCredentials(value) ? `any://${value}` : value);
    values[field] = isSecret ? new Secret(value) : value;
  }
  const missing = Object.entries(driver.profile).filter(([field, facts]) => facts.required && !values[field]);
  if (missing.length > 0) {
    const names = missing.map(([field]) => field);
    throw configError(`profile ${entry.name} (${driver.name}): ${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} required`, {
      hint: waysToSet(entry, driver, names),
    });
  }
  if (entry.kind === 'ambient' && Object.values(origins).every(({ from }) => from === 'default' || from === 'option'))
    throwIfLacking(entry, driver, new Set(Object.keys(values)));
  return values;
}

/** Nothing is set of what the provider's own tools read: what an account needs is named by their variables. */
function throwIfLacking({ name }: Entry, driver: Driver, known: ReadonlySet<string>): void {
  if (lackOf(driver.profile, driver.setup, known) === undefined) return;
  throw configError(`profile ${name}: nothing is set in the environment`, {
    hint: `Set ${usualVariables(driver.profile, driver.setup)}. List all with: imgctl help environment`,
  });
}

function waysToSet({ name, kind }: Entry, driver: Driver, fields: readonly string[]): string {
  if (kind === 'ambient') return `Set ${fields.map((field) => driver.profile[field]?.env?.[0] ?? field).join(' and ')}.`;
  if (kind === 'environment') return `Set ${fields.map((field) => fieldVariable(name, field)).join(' and ')}.`;
  return `Set it with: imgctl profile set ${name} ${fields.map((field) => `${field}=…`).join(' ')}`;
}

/** Verbs that change nothing, and so may work on what is others'. */
const readingVerbs: ReadonlySet<OperationName> = new Set(['list', 'show', 'download', 'places']);

/** Opens a profile for a command that needs these verbs. Refuses before any request. */
export async function openAt(name: string, needs: readonly OperationName[], surface: Surface): Promise<At> {
  const entry = surface.directory.entry(name);
  const driver = await driverNamed(entry.provider, surface);
  refuseRegion(driver, name, surface.settings.region);
  const lacking = needs.find((verb) => !driver.facts[verb]);
  if (lacking) throw await refusalWithOthers(driver, lacking, name, surface);
  const origins = await originsOf(entry, driver, surface);
  const values = await valuesOf(entry, driver, origins, surface);
  const tools = await toolsFor(surface, values, name);
  const where = { profile: name, provider: driver.name };
  surface.detail(`profile ${name}: ${driver.title}`);
  const session = opened(driver, values, surface.settings.dryRun ? { ...tools, http: dryHttp(tools.http, where) } : tools, name);
  const blame = (error: unknown): unknown => firstStop() ?? blamed(error, session, origins);
  return {
    ...where,
    driver,
    isProtected: entry.stored?.protected ?? false,
    reach: needs.every((verb) => readingVerbs.has(verb)) ? 'readable' : 'own',
    verb: (verb) => guarded(verb, session.require(verb), blame, surface, session),
    maybe(verb) {
      const bound = session.find(verb);
      return bound && guarded(verb, bound, blame, surface, session);
    },
    probe: (call) => session.probe(call).catch((error: unknown) => Promise.reject(blame(error))),
    owners: (owner, call) => session.owners(owner, call).catch((error: unknown) => Promise.reject(blame(error))),
    objection: (handover, call) => session.objection(handover, call).catch((error: unknown) => Promise.reject(blame(error))),
    isIntact: (id, call) => session.isIntact(id, call).catch((error: unknown) => Promise.reject(blame(error))),
    memory: memoryOf(tools.cache, accountOf(driver, values)),
  };
}

/** What tells an account from others, without its secrets: where it is, and what else its profile says. */
const accountOf = (driver: Driver, values: FieldValues): readonly string[] => [
  driver.name,
  ...Object.entries(values)
    .flatMap(([field, value]) => (typeof value === 'string' ? [`${field}=${value}`] : []))
    .sort(),
];

function opened(driver: Driver, values: FieldValues, tools: Tools, profile: string): Session {
  try {
    return driver.open(values, tools, profile);
  } catch (error) {
    throw error instanceof ImgctlError ? error.inProfile(profile, driver.name) : error;
  }
}

async function refusalWithOthers(driver: Driver, verb: OperationName, profile: string, surface: Surface): Promise<ImgctlError> {
  const all = await Promise.all(surface.drivers.names.map((name) => driverNamed(name, surface)));
  const able = all.filter((other) => other.facts[verb]).map((other) => other.name);
  const error = refusal(driver, verb);
  return new ImgctlError('UNSUPPORTED', `${error.message}${able.length > 0 ? ` Supported by: ${able.join(', ')}.` : ''}`, {
    profile,
    provider: driver.name,
    hint: `See what it supports with: imgctl providers ${driver.name}`,
  });
}

/** Adds to a failure where it happened; to refused credentials, where they came from. */
function blamed(error: unknown, session: Session, origins: Readonly<Record<string, Origin>>): unknown {
  if (!(error instanceof ImgctlError)) return error;
  const placed = error.inProfile(session.profile, session.provider);
  const { code, circumstances } = placed;
  if (code !== 'AUTH' || circumstances.status !== 401 || circumstances.accepted) return placed;
  const sources = Object.entries(origins).filter(([field]) => session.driver.profile[field]?.secret);
  const told = sources.map(([field, origin]) => `${field} comes from ${origin.from}${referenceOf(origin)}`).join('; ');
  const hint = [circumstances.hint, told, `Check the profile with: imgctl profile check ${session.profile}`]
    .filter(Boolean)
    .join('\n');
  return new ImgctlError(code, placed.message, { ...circumstances, hint });
}

/** Where a reference leads; a command may hold what nobody else should read. */
const referenceOf = ({ value }: Origin): string =>
  value.kind === 'env' || value.kind === 'file' ? ` (${writtenValue(value)})` : '';

type Runnable = { run(request: never, call: never): unknown };

/** The same verb with failures blamed, and, in a dry run, stopped before it changes anything. */
function guarded<B extends Runnable>(
  verb: OperationName,
  bound: B,
  blame: (error: unknown) => unknown,
  surface: Surface,
  session: Session,
): B {
  const run = (request: never, call: never): unknown => {
    if (surface.settings.dryRun && session.driver.worksOnFiles && changes(verb, request))
      return Promise.reject(
        new DryRunStop({ profile: session.profile, provider: session.provider, ...plannedFor(verb, request) }),
      );
    const result = bound.run(request, call);
    if (result instanceof Promise)
      return result.then(
        (made: unknown) => {
          for (const text of roundedUp(request, made)) surface.warn(text);
          return made;
        },
        (error: unknown) => Promise.reject(stoppedAt(blame(error), verb, request)),
      );
    return guardedItems(result as AsyncIterable<unknown>, blame);
  };
  return {
    ...bound,
    run: surface.settings.dryRun ? (request: never, call: never) => keepingFirstStop(() => run(request, call)) : run,
  };
}

/** No generator: one more of them would cost a long list a fiftieth of its time. */
const guardedItems = (items: AsyncIterable<unknown>, blame: (error: unknown) => unknown): AsyncIterable<unknown> => ({
  [Symbol.asyncIterator]() {
    const from = items[Symbol.asyncIterator]();
    const guard = (step: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> =>
      step.catch((error: unknown) => Promise.reject(blame(error)));
    return {
      next: () => guard(from.next()),
      return: (value?: unknown) => (from.return ? guard(from.return(value)) : Promise.resolve({ done: true, value })),
    };
  },
});
