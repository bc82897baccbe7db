import type { Fields } from '../core/field.ts';
import { literal, parseValue, type FieldValue } from '../host/secret-reference.ts';
import type { StoredProfile } from './schema.ts';

/** A field's value and where it came from, for `profile show` and for messages about refused credentials. */
export interface FieldOrigin {
  readonly value: FieldValue;
  readonly from: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** A profile's name as it stands in variables: `prod-eu` is `PROD_EU`. */
export const variableName = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '_').toUpperCase();
/** `authUrl` as `AUTH_URL`. */
const upperField = (field: string): string => field.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();

/** The variable that defines or overrides a field of a profile: `IMGCTL_PROFILE_PROD_AUTH_URL`. */
export function fieldVariable(profile: string, field: string): string {
  return `IMGCTL_PROFILE_${variableName(profile)}_${upperField(field)}`;
}

/** Names of the profiles that exist only in the environment, by their `IMGCTL_PROFILE_<NAME>_PROVIDER`. */
export function environmentProfiles(env: Env): readonly string[] {
  return Object.keys(env).flatMap((variable) => {
    const name = /^IMGCTL_PROFILE_([A-Z0-9_]+)_PROVIDER$/.exec(variable)?.[1];
    return name === undefined ? [] : [name.toLowerCase().replaceAll('_', '-')];
  });
}

/** The provider that the environment gives a profile, if it does. */
export function environmentProvider(env: Env, profile: string): string | undefined {
  return env[`IMGCTL_PROFILE_${variableName(profile)}_PROVIDER`] || undefined;
}

/**
 * The value of every field of a profile: option, then environment, then profile, or what is known of a publisher, then the field's
 * default. Only environment and profile may hold references. Pure. Fields that nothing gives are left out. `data` takes the place of `{data}` in a default, and may throw.
 */
export function resolveFields(
  name: string,
  fields: Fields,
  given: {
    readonly options: Readonly<Record<string, string | undefined>>;
    readonly env: Env;
    readonly stored?: StoredProfile | undefined;
    /** What is known of a publisher by its name. */
    readonly known?: Readonly<Record<string, FieldOrigin>> | undefined;
    readonly data: () => string;
  },
): Readonly<Record<string, FieldOrigin>> {
  const resolved: Record<string, FieldOrigin> = {};
  for (const [field, facts] of Object.entries(fields)) {
    const variable = [fieldVariable(name, field), `IMGCTL_PROFILE_${variableName(name)}_${field.toUpperCase()}`].find(
      (key) => given.env[key],
    );
    const candidates: (FieldOrigin | undefined)[] = [
      origin(given.options[field], literal, 'option'),
      variable === undefined ? undefined : origin(given.env[variable], parseValue, `environment (${variable})`),
      origin(given.stored?.fields[field], parseValue, 'profile'),
      given.known?.[field],
    ];
    const first =
      candidates.find((candidate) => candidate !== undefined) ??
      origin(
        facts.default?.replace('{data}', () => given.data()),
        literal,
        'default',
      );
    if (first) resolved[field] = first;
  }
  return resolved;
}

const origin = (text: string | undefined, read: (text: string) => FieldValue, from: string): FieldOrigin | undefined =>
  text === undefined ? undefined : { value: read(text), from };
