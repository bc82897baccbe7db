import { createHash } from 'node:crypto';
import { refusal, type Driver } from '../../core/driver.ts';
import { ImgctlError } from '../../core/errors.ts';
import { tlsFields } from '../../core/field.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import { readingVerbs, type OperationName } from '../../core/operation.ts';
import { dryHttp } from './preview.ts';
import { formatValue } from '../../host/secret-reference.ts';
import { type FieldOrigin } from '../../profiles/resolve.ts';
import type { EngineContext } from '../context.ts';
import type { AccountRef } from '../journal/entry.ts';
import { goingOn } from '../journal/go-on.ts';
import type { LazyJournal } from '../journal/lazy-journal.ts';
import { recorded } from '../journal/recorded.ts';
import { overruledBy } from '../trust/policy.ts';
import { contentCacheOf } from './content-cache.ts';
import { checkArch, refuseArch } from './arch.ts';
import { placed, toldByOption } from './field-hints.ts';
import { followed } from './followed.ts';
import { refuseRegion } from './region.ts';
import { inFittingForm } from './upload-form.ts';
import type { ProfileEntry } from './registry.ts';
import { toolsFor } from './services.ts';
import type { Account } from './account.ts';
import { driverNamed } from './driver.ts';
import type { FieldValues } from './values.ts';
import { originsOf, valuesOf } from './values.ts';
import type { Runnable } from './guard.ts';
import { guarded, preview } from './guard.ts';

/** Opens a profile for a command that needs these verbs. Refuses before any request. */
export async function openAt(name: string, needs: readonly OperationName[], context: EngineContext): Promise<Account> {
  const entry = context.directory.openable(name);
  const driver = await driverNamed(entry.provider, context);
  const place = (error: unknown): unknown =>
    error instanceof ImgctlError
      ? placed(toldByOption(error.with(regionOf(context)), context.settings.verify), entry, driver, context.home)
      : error;
  return opening(entry, driver, needs, place, context).catch((error: unknown) => Promise.reject(place(error)));
}

async function opening(
  entry: ProfileEntry,
  driver: Driver,
  needs: readonly OperationName[],
  place: (error: unknown) => unknown,
  context: EngineContext,
): Promise<Account> {
  const { name } = entry;
  const { arch: asked } = context.settings;
  refuseRegion(driver, name, context.settings.region);
  refuseArch(driver, name, needs, asked);
  const lacking = needs.find((verb) => !driver.facts[verb]);
  if (lacking) throw await refusalWithOthers(driver, lacking, entry, context);
  const origins = await originsOf(entry, driver, context);
  const values = await valuesOf(entry, driver, origins, context);
  checkArch(values, driver, name);
  const blame = (error: unknown): unknown => blamed(place(error), name, driver, judgingOrigins(origins, context.settings.verify));
  const signatures = await signaturesOf(driver, values, { entry, needs }, context).catch((error: unknown) =>
    Promise.reject(blame(error)),
  );
  const tools = { ...(await toolsFor(context, values, name)), ...(signatures ? { signatures } : {}) };
  const where = { profile: name, provider: driver.name };
  context.detail(`profile ${name}: ${driver.title}`);
  const session = driver.open(values, context.settings.dryRun ? { ...tools, http: dryHttp(tools.http) } : tools, name);
  const { cancel, projection } = session;
  const key = keyOf(driver, values);
  const memory = contentCacheOf(tools.cache, accountOf(driver, values));
  const bindInto = binderOf(blame, context, { ...where, account: key, ...regionOf(context) });
  const accountWith = (journal: LazyJournal | undefined): Account => {
    const bind = bindInto(journal);
    return {
      ...where,
      ...regionOf(context),
      key,
      driver,
      isProtected: entry.stored?.protected ?? false,
      ...(asked === undefined || !('arch' in driver.profile) ? {} : { architecture: asked }),
      reach: needs.every((verb) => readingVerbs.has(verb)) ? 'readable' : 'own',
      verb: (verb) => bind(verb, session.require(verb)),
      maybe(verb) {
        const bound = session.find(verb);
        return bound && bind(verb, bound);
      },
      preview: (verb, request, call) =>
        preview(session, verb, request, call).catch((error: unknown) => Promise.reject(blame(error))),
      probe: (call) => session.probe(call).catch((error: unknown) => Promise.reject(blame(error))),
      owners: (owner, call) => session.owners(owner, call).catch((error: unknown) => Promise.reject(blame(error))),
      handover: (image, call) => session.handover(image, call).catch((error: unknown) => Promise.reject(blame(error))),
      objection: (handover, call, name) =>
        session.objection(handover, call, name).catch((error: unknown) => Promise.reject(blame(error))),
      isIntact: (id, call) => session.isIntact(id, call).catch((error: unknown) => Promise.reject(blame(error))),
      look: (job, call) =>
        session.look(job, call).then(
          (state) => {
            if (state.image) journal?.opened?.seen(name, state.image);
            return state;
          },
          (error: unknown) => Promise.reject(blame(error)),
        ),
      behind: (id, image) => session.behind(id, image),
      ...(cancel ? { cancel: (job, call) => cancel(job, call).catch((error: unknown) => Promise.reject(blame(error))) } : {}),
      ...(projection
        ? {
            projection: followed(projection, blame, journal && { journal, at: { ...where, account: key, ...regionOf(context) } }),
          }
        : {}),
      memory,
      ...(signatures ? { signatures } : {}),
      journaled: accountWith,
    };
  };
  return accountWith(context.journal);
}

/** What judges the signatures that are read by way of a profile, by keys that can be read; absent for a driver that reads none. */
async function signaturesOf(
  driver: Driver,
  values: FieldValues,
  { entry, needs }: { readonly entry: ProfileEntry; readonly needs: readonly OperationName[] },
  context: EngineContext,
) {
  const fields = driver.profile;
  if (!('verify' in fields)) return undefined;
  const { assuranceOf, signaturesBy, trustOf } = await import('../trust/signatures.ts');
  const trust = trustOf({ fields, values, profile: entry.name, asked: context.settings.verify });
  if (!trust) return undefined;
  if (entry.kind === 'source' && assuranceOf(trust) === 'signature')
    await (await import('./source-key.ts')).requireKey(entry.name, trust, context);
  else if (needs.includes('download') && trust.demand.by === 'auto' && assuranceOf(trust) === 'checksum')
    await (await import('./source-key.ts')).tellHidden(entry, driver, context);
  return signaturesBy(trust, context);
}

/** What tells an account from others, without its secrets: where it is, and what else its profile says. */
const accountOf = (driver: Driver, values: FieldValues): readonly string[] => [
  driver.name,
  ...Object.entries(values)
    .flatMap(([field, value]) => (typeof value === 'string' ? [`${field}=${value}`] : []))
    .sort(),
];

/** The same without what is only about the way there, such as certificates: of a profile that leads elsewhere it is another one. */
function keyOf(driver: Driver, values: FieldValues): string {
  const telling = Object.fromEntries(Object.entries(values).filter(([field]) => !Object.hasOwn(tlsFields, field)));
  return createHash('sha256')
    .update(JSON.stringify(accountOf(driver, telling)))
    .digest('hex')
    .slice(0, 16);
}

const regionOf = ({ settings: { region } }: EngineContext): { readonly region?: string } =>
  region === undefined ? {} : { region };

/** Makes a verb of a session ready: its failures are blamed, and what it changes is written down. */
function binderOf(blame: (error: unknown) => unknown, context: EngineContext, at: AccountRef) {
  const bound = <B extends Runnable>(verb: OperationName, one: B): B =>
    guarded(verb, inFittingForm(one, context.settings.concurrency), blame, context);
  return (journal: LazyJournal | undefined) =>
    <B extends Runnable>(verb: OperationName, one: B): B => {
      const ready = journal ? recorded(verb, bound(verb, one), { journal, at }) : bound(verb, one);
      return goingOn(verb, ready, at.profile, context.goOn);
    };
}

async function refusalWithOthers(
  driver: Driver,
  verb: OperationName,
  { name: profile, kind }: ProfileEntry,
  context: EngineContext,
): Promise<ImgctlError> {
  const all = await Promise.all(context.drivers.names.map((name) => driverNamed(name, context)));
  const able = all.filter((other) => other.facts[verb]).map((other) => other.name);
  const error = refusal(driver, verb);
  return new ImgctlError('UNSUPPORTED', `${error.message}${able.length > 0 ? ` Supported by: ${able.join(', ')}.` : ''}`, {
    profile,
    provider: driver.name,
    hint:
      kind === 'source'
        ? `${profile} is a publisher. For an image of yours whose name begins with "${profile}:", put its own profile in front, or use -p.`
        : `See what it supports with: ${commandLine({ verb: 'providers', args: [driver.name] }, nowhere)}`,
  });
}

/** Adds to a failure where the fields came from by which it was judged; to refused credentials, where they did. */
function blamed(error: unknown, profile: string, driver: Driver, origins: Readonly<Record<string, FieldOrigin>>): unknown {
  if (!(error instanceof ImgctlError)) return error;
  const { code, circumstances } = error;
  const { judgedBy } = circumstances;
  if (judgedBy) {
    const told = comingFrom(origins, (field) => judgedBy.includes(field));
    return error.hinting([circumstances.hint, told].filter(Boolean).join('\n'));
  }
  if (code !== 'AUTH' || circumstances.status !== 401 || circumstances.accepted) return error;
  const told = comingFrom(origins, (field) => driver.profile[field]?.secret === true);
  const hint = [
    circumstances.hint,
    told,
    `Check the profile with: ${commandLine({ verb: 'profile check' }, { profile, region: circumstances.region })}`,
  ]
    .filter(Boolean)
    .join('\n');
  return error.hinting(hint);
}

/** Where fields come from, without those that `--verify` overrules. */
function judgingOrigins(
  origins: Readonly<Record<string, FieldOrigin>>,
  verify: string | undefined,
): Readonly<Record<string, FieldOrigin>> {
  if (verify === undefined) return origins;
  const overruled = overruledBy(verify);
  return Object.fromEntries(Object.entries(origins).filter(([field]) => !overruled.includes(field)));
}

const comingFrom = (origins: Readonly<Record<string, FieldOrigin>>, isMeant: (field: string) => boolean): string =>
  Object.entries(origins)
    .filter(([field]) => isMeant(field))
    .map(([field, origin]) => `${field} comes from ${origin.from}${referenceOf(origin)}`)
    .join('; ');

/** Where a reference leads; a command may hold what nobody else should read. */
const referenceOf = ({ value }: FieldOrigin): string =>
  value.kind === 'env' || value.kind === 'file' ? ` (${formatValue(value)})` : '';
