import { usageError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { Driver } from '../../core/driver.ts';
import { inChoices, missingFields } from '../../core/field.ts';
import { withoutPassword } from '../../core/redact.ts';
import { pathsFromHere } from '../../host/paths.ts';
import { literal, parseValue, formatValue, type FieldValue } from '../../host/secret-reference.ts';
import type { ProfileFieldRow, ProfileRow } from '../../ui/views/profile.ts';
import { nearest } from '../../host/did-you-mean.ts';
import type { Surface } from '../program/context.ts';
import type { ProfileDirectory } from '../../engine/account/registry.ts';
import { isSigned, signedAddress, signInElsewhere } from '../../engine/account/address-credentials.ts';
import { driverNamed } from '../../engine/account/driver.ts';
import { originsOf } from '../../engine/account/values.ts';

/** Checks names and values of fields that are to be stored. Throws USAGE, with the nearest names, for one the driver has not. */
export function checkFieldValues(driver: Driver, fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) {
    const field = Object.hasOwn(driver.profile, name) ? driver.profile[name] : undefined;
    if (!field) {
      const close = nearest(name, Object.keys(driver.profile));
      throw usageError(`unknown field for ${driver.name}: ${name}`, {
        hint: close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `Fields: ${Object.keys(driver.profile).join(', ')}`,
      });
    }
    const parsed = parseValue(value);
    refuseCredentials(driver, name, parsed);
    if (field.choices && parsed.kind === 'literal' && !field.choices.includes(inChoices(field, parsed.text)))
      throw usageError(`invalid ${name}: ${parsed.text}`, { hint: `Supported: ${field.choices.join(', ')}` });
  }
}

function refuseCredentials(driver: Driver, name: string, value: FieldValue): void {
  if (value.kind === 'literal' && isSigned(driver, name, value.text))
    throw usageError(signedAddress(name), { hint: signInElsewhere(name) });
}

/**
 * Fields as they are to be stored: what is named from the current folder is the same from every other one, and not what happens to lie
 * there.
 */
export function storedFields(driver: Driver, fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const stored = (name: string, text: string): string => {
    const value = parseValue(text);
    const form = driver.profile[name]?.paths;
    if (value.kind === 'file') return formatValue({ ...value, target: pathsFromHere(value.target, 'one') });
    return value.kind === 'literal' && form ? formatValue(literal(pathsFromHere(value.text, form))) : text;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, stored(name, text)]));
}

/** A key that stands in a variable itself, in the place of the name of its file. */
const holdsKey = (text: string): boolean => text.includes('PRIVATE KEY-----');

/** Warns of secrets that were typed as they are: whoever sees the list of processes, or the history of the shell, sees them. */
export function warnOfTyped(driver: Driver, fields: Readonly<Record<string, string>>, surface: Surface): void {
  const typed = Object.keys(fields).filter(
    (name) => driver.profile[name]?.secret && fields[name] && parseValue(fields[name]).kind === 'literal',
  );
  if (typed.length === 0) return;
  surface.warn(
    `${typed.map((name) => `--set ${name}=…`).join(' and ')} is visible in the process list and shell history. Use env:NAME, file:PATH or cmd:COMMAND instead.`,
  );
}

/** Warns of what a profile lacks of what it cannot work without, with the line that sets it: some give it by the environment later. Whether it lacks nothing. */
export async function warnOfLack(name: string, driver: Driver, directory: ProfileDirectory, surface: Surface): Promise<boolean> {
  const origins = await originsOf(directory.entry(name), driver, surface);
  const given = new Set(Object.keys(origins).filter((field) => formatValue(origins[field]?.value ?? literal('')) !== ''));
  const lack = missingFields(driver.profile, driver.setup, given);
  if (lack !== undefined)
    surface.warn(`profile ${name} cannot be used yet (missing: ${lack}). Set it with: imgctl profile set ${name} FIELD=VALUE`);
  return lack === undefined;
}

/** Where a profile leads, without secrets; absent: where its driver goes by itself. */
export function addressOf({ setup }: Driver, fields: Readonly<Record<string, string>>): string | undefined {
  const field = setup.where?.find((one) => fields[one.field])?.field;
  return field === undefined ? undefined : withoutPassword(fields[field] ?? '');
}

/** A profile for the eye: where each value comes from; secrets only as references or masked. */
export async function profileRow(name: string, surface: Surface): Promise<ProfileRow> {
  const entry = surface.directory.entry(name);
  const driver = await driverNamed(entry.provider, surface);
  const origins = await originsOf(entry, driver, surface);
  const fields = Object.entries(origins).map(([field, { value, from }]): readonly [string, ProfileFieldRow] => {
    const text = formatValue(value);
    const hidden = (driver.profile[field]?.secret === true || holdsKey(text)) && value.kind === 'literal';
    return [field, { value: hidden ? new Secret(text) : withoutPassword(text), from }];
  });
  return {
    name,
    provider: entry.provider,
    current: surface.directory.current === name,
    ...(entry.kind === 'usual' ? { builtIn: true } : {}),
    ...(entry.stored?.protected ? { protected: true } : {}),
    fields: Object.fromEntries(fields),
  };
}
