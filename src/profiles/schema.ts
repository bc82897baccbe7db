import { configError, usageError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';

/** A profile as it is stored: values are texts that `parseValue` reads, so they may be references. */
export interface StoredProfile {
  readonly provider: string;
  /** Deleting or replacing in it asks for its name first. */
  readonly protected?: boolean;
  readonly fields: Readonly<Record<string, string>>;
}

/** The whole store. `current` is the profile of `imgctl profile use`. */
export interface ProfileBook {
  readonly version: 1;
  readonly current?: string;
  readonly profiles: Readonly<Record<string, StoredProfile>>;
}

export const emptyBook: ProfileBook = { version: 1, profiles: {} };

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Throws USAGE unless the text can name a profile. `env` is taken: `env:PROVIDER` is the profile of the environment. */
export function checkProfileName(name: string): void {
  if (namePattern.test(name) && name !== 'env' && name !== '__proto__') return;
  throw usageError(`invalid profile name: ${name}`, {
    hint: 'Use letters, digits, ".", "_" and "-", at most 64; "env" is reserved.',
  });
}

const damagedHint = 'Fix it, or move it out of the way.';

function profileFrom(value: unknown, name: string, path: string): StoredProfile {
  if (!isObject(value) || typeof value.provider !== 'string' || !isObject(value.fields))
    throw configError(`${path}: profile "${name}" is damaged`, { hint: damagedHint });
  const fields = Object.entries(value.fields).map(([field, text]): [string, string] => {
    if (typeof text === 'string') return [field, text];
    throw configError(`${path}: profile "${name}" is damaged: ${field} is not a string`, { hint: damagedHint });
  });
  return {
    provider: value.provider,
    ...(value.protected === true ? { protected: true } : {}),
    fields: Object.fromEntries(fields),
  };
}

/** Reads the text of a store. Throws CONFIG, naming the path, for anything that is not one; nothing is repaired silently. */
export function parseBook(text: string, path: string): ProfileBook {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw configError(`${path} is not valid JSON`, { hint: `${damagedHint} It is not overwritten.` });
  }
  if (!isObject(value) || !isObject(value.profiles))
    throw configError(`${path} contains no profiles`, { hint: 'Move it out of the way to start over.' });
  if (value.version !== 1)
    throw configError(`${path} has version ${JSON.stringify(value.version)}; this imgctl supports version 1`, {
      hint: 'Use a newer imgctl.',
    });
  const profiles = Object.entries(value.profiles).map(([name, profile]) => [name, profileFrom(profile, name, path)] as const);
  return {
    version: 1,
    ...(typeof value.current === 'string' ? { current: value.current } : {}),
    profiles: Object.fromEntries(profiles),
  };
}
