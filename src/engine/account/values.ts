import type { Driver } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import { inChoices, missingFields, usualVariables } from '../../core/field.ts';
import { Secret } from '../../core/secret.ts';
import { ownFolder, withHome } from '../../host/paths.ts';
import { holdsCredentials } from '../../core/redact.ts';
import { formatValue, literal, resolveValue } from '../../host/secret-reference.ts';
import type { ResolveOptions } from '../../host/secret-command.ts';
import { fieldVariable, resolveFields, type FieldOrigin } from '../../profiles/resolve.ts';
import type { EngineContext } from '../context.ts';
import { isSigned, signedAddress } from './address-credentials.ts';
import { setting } from './field-hints.ts';
import type { ProfileEntry } from './registry.ts';
import { shipped, type KnownSource } from './sources.ts';
import { warnOfLoosePath } from './file-permissions.ts';

/** Where each field of a profile comes from, references not yet followed. */
export async function originsOf(
  entry: ProfileEntry,
  driver: Driver,
  context: EngineContext,
): Promise<Readonly<Record<string, FieldOrigin>>> {
  const { home, settings } = context;
  const options = { region: settings.region, arch: settings.arch };
  const data = (): string => ownFolder('data', home);
  const known = entry.kind === 'source' ? await knownSource(entry.name, driver, context) : undefined;
  const all = resolveFields(entry.name, driver.profile, {
    options,
    env: home.env,
    stored: entry.stored,
    known: known?.fields,
    data,
  });
  const resolved = known ? withOwnTrust(all, known) : all;
  return entry.kind === 'ambient'
    ? { ...resolved, ...(await ambientOrigins(driver, context)), ...optionOrigins(resolved) }
    : resolved;
}

/** Ways to verify that ask for no key. */
const keyless = ['checksum', 'none'];

/**
 * Who may sign for a publisher is said of its keys: of others that are given, in place of those that come with the program or for
 * another address, it says nothing. Whoever gives keys wants a signature.
 */
function withOwnTrust(
  origins: Readonly<Record<string, FieldOrigin>>,
  { keys }: Pick<KnownSource, 'keys'>,
): Readonly<Record<string, FieldOrigin>> {
  const isOwn = (field: string): boolean => origins[field] !== undefined && origins[field].from !== shipped;
  if (!isOwn('keyring')) return origins;
  const isOther = keys !== undefined || isOwn('url');
  const saysNothing = ([field, { value }]: readonly [string, FieldOrigin]): boolean => {
    if (isOwn(field)) return false;
    if (field === 'verify') return keyless.includes(formatValue(value));
    return isOther && (field === 'signer' || field === 'expiredKeys');
  };
  return Object.fromEntries(Object.entries(origins).filter((one) => !saysNothing(one)));
}

/** What is known of a publisher. Throws CONFIG where the user's own file gives it a field that its driver has not. */
async function knownSource(name: string, driver: Driver, { directory }: EngineContext): Promise<KnownSource> {
  const source = await directory.sources.load(name);
  const { fields, file } = source;
  const known = Object.keys(driver.profile).filter((field) => driver.profile[field]?.secret !== true);
  const odd = Object.keys(fields).find((field) => !known.includes(field));
  const signed = Object.entries(fields).find(([field, { value }]) => isSigned(driver, field, formatValue(value)))?.[0];
  if (signed !== undefined)
    throw configError(`${file ?? name}: source "${name}": ${signedAddress(signed)}`, {
      hint: `Set ${signed} to the address alone, and ${fieldVariable(name, 'username')} and ${fieldVariable(name, 'password')}.`,
    });
  if (odd === undefined) return source;
  const isSecret = Object.hasOwn(driver.profile, odd);
  throw configError(
    `${file ?? name}: source "${name}": ${isSecret ? `${odd} is a secret` : `unknown field for ${driver.name}: ${odd}`}`,
    {
      hint: isSecret ? `Set ${fieldVariable(name, odd)}, or make a profile of that name.` : `Fields: ${known.join(', ')}`,
    },
  );
}

const optionOrigins = (resolved: Readonly<Record<string, FieldOrigin>>): Readonly<Record<string, FieldOrigin>> =>
  Object.fromEntries(Object.entries(resolved).filter(([, origin]) => origin.from === 'option'));

/** What the provider's usual variables, or the files its own tools read, give now. None of it is ours: all of it is literal. */
async function ambientOrigins(driver: Driver, context: EngineContext): Promise<Readonly<Record<string, FieldOrigin>>> {
  const { environmentOf } = await import('../../host/environment.ts');
  const surroundings = environmentOf(context.home, context.settings.region, { signal: context.signal });
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
      const variable = facts.env?.find((name) => context.home.env[name]);
      return variable === undefined
        ? []
        : [[field, { value: literal(context.home.env[variable] ?? ''), from: `environment (${variable})` }]];
    }),
  );
}

/** As messages call it. */
const called = ({ name, kind }: ProfileEntry): string => `${kind === 'source' ? 'source' : 'profile'} ${name}`;

/** What the command behind a `cmd:` may take where nobody is at a terminal, unless --timeout says another time. */
const commandLimitMs = 60_000;

export type FieldValues = Readonly<Record<string, string | Secret>>;

export async function valuesOf(
  entry: ProfileEntry,
  driver: Driver,
  origins: Readonly<Record<string, FieldOrigin>>,
  context: EngineContext,
): Promise<FieldValues> {
  const values: Record<string, string | Secret> = {};
  const asking: ResolveOptions = {
    warn: (message) => context.warn(message),
    signal: context.signal,
    limitMs: context.settings.timeout ?? commandLimitMs,
    isInteractive: context.isInteractive,
  };
  for (const [field, origin] of Object.entries(origins)) {
    const facts = driver.profile[field];
    const said = await resolveValue(origin.value, field, context.home, asking);
    const value = facts?.paths ? withHome(said, context.home) : inChoices(facts ?? {}, said);
    if (facts?.choices?.includes('true') && !facts.choices.includes(value))
      throw configError(`${called(entry)} (${driver.name}): ${field} is neither true nor false: ${value}`, {
        hint: `Set it to true or false. It comes from ${origin.from}.`,
      });
    if (facts?.paths && origin.from === 'profile') warnOfLoosePath(entry.name, field, value, facts.paths, context);
    const isSecret = facts?.secret === true;
    if (isSecret) context.redactor.learn(value);
    else context.redactor.learnAddress(holdsCredentials(value) ? `any://${value}` : value);
    values[field] = isSecret ? new Secret(value) : value;
  }
  const missing = Object.entries(driver.profile).filter(([field, facts]) => facts.required && !values[field]);
  if (missing.length > 0) {
    const names = missing.map(([field]) => field);
    throw configError(`${called(entry)} (${driver.name}): ${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} required`, {
      hint: `Set ${names.length > 1 ? 'them' : 'it'} with: ${setting(
        entry,
        driver,
        names.map((field) => `${field}=…`),
      )}`,
    });
  }
  if (entry.kind === 'ambient' && Object.values(origins).every(({ from }) => from === 'default' || from === 'option'))
    throwIfLacking(entry, driver, new Set(Object.keys(values)));
  return values;
}

/** Nothing is set of what the provider's own tools read: what an account needs is named by their variables. */
function throwIfLacking({ name }: ProfileEntry, driver: Driver, known: ReadonlySet<string>): void {
  if (missingFields(driver.profile, driver.setup, known) === undefined) return;
  throw configError(`profile ${name}: nothing is set in the environment`, {
    hint: `Set ${usualVariables(driver.profile, driver.setup)}. List all with: ${commandLine({ verb: 'help', args: ['environment'] }, nowhere)}`,
  });
}
