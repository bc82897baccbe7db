import { configError, usageError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';
import { globPattern, isGlob } from '../../core/glob.ts';
import { environmentProfiles, environmentProvider, variableName } from '../../profiles/resolve.ts';
import type { ProfileBook, StoredProfile } from '../../profiles/schema.ts';
import { nearest } from '../../host/did-you-mean.ts';

/** Where a profile is kept: the store, `IMGCTL_PROFILE_*` variables, the provider's own variables, or nowhere (the usual one). */
type Kind = 'stored' | 'environment' | 'ambient' | 'usual';

export interface ProfileEntry {
  readonly name: string;
  readonly provider: string;
  readonly kind: Kind;
  readonly stored?: StoredProfile;
}

/** The profiles that can be named now. */
export interface ProfileDirectory {
  /** Stored ones and those of the environment, sorted; without `env:PROVIDER` ones. */
  readonly names: readonly string[];
  /** The same, then the built-in one, then the current one where it is none of them: whichever is current, the same set. */
  readonly all: readonly string[];
  /** The one that is used when none is named. */
  readonly current: string;
  has(name: string): boolean;
  /** Throws CONFIG, with the nearest names, for a profile that there is not. */
  entry(name: string): ProfileEntry;
  /** Names that the patterns stand for, each once, in the order of the patterns. Throws CONFIG if one matches nothing. */
  select(patterns: readonly string[]): readonly string[];
}

const ambientPattern = /^env:([a-z0-9-]+)$/;

export function profileDirectory(
  book: ProfileBook,
  env: Readonly<Record<string, string | undefined>>,
  chosen: readonly string[],
  usual: string,
): ProfileDirectory {
  const stored = Object.keys(book.profiles);
  // A variable does not tell "prod.eu" from "prod-eu": where it fits a stored profile it overrides that one.
  const fitsStored = (name: string): boolean => stored.some((one) => variableName(one) === variableName(name));
  const names = [...stored, ...environmentProfiles(env).filter((name) => !fitsStored(name))].sort();
  const chosenOne = chosen.length === 1 && chosen[0] !== undefined && !isGlob(chosen[0]) ? chosen[0] : undefined;
  const current = chosenOne ?? book.current ?? usual;
  const entry = (name: string): ProfileEntry => {
    const profile = Object.hasOwn(book.profiles, name) ? book.profiles[name] : undefined;
    const provider = environmentProvider(env, name) ?? profile?.provider;
    if (provider !== undefined)
      return { name, provider, kind: profile ? 'stored' : 'environment', ...(profile ? { stored: profile } : {}) };
    const ambient = ambientPattern.exec(name)?.[1];
    if (ambient !== undefined) return { name, provider: ambient, kind: 'ambient' };
    if (name === usual) return { name, provider: usual, kind: 'usual' };
    throw configError(`no such profile: ${name}`, { hint: hintFor(name, [...names, usual]) });
  };
  const all = [...new Set([...names, usual, current])];
  return {
    names,
    all,
    current,
    has: (name) =>
      names.includes(name) || name === usual || ambientPattern.test(name) || environmentProvider(env, name) !== undefined,
    entry,
    select(patterns) {
      const found = patterns.flatMap((pattern) => {
        if (!isGlob(pattern)) return [entry(pattern).name];
        const matching = all.filter((name) => globPattern(pattern).test(name));
        if (matching.length === 0) throw configError(`no profile matches "${pattern}"`, { hint: hintFor(pattern, all) });
        return matching;
      });
      return [...new Set(found)];
    },
  };
}

function hintFor(name: string, names: readonly string[]): string {
  const close = nearest(name, names);
  return close.length > 0
    ? `Did you mean ${close.join(' or ')}?`
    : `List profiles with: ${commandLine({ verb: 'profile list' })}. Add one with: ${commandLine({ verb: 'profile add', args: ['NAME'] })}`;
}

/** What stands before the first colon of a name, where that could be a profile and is none, with what to do. */
export function prefixWithoutProfile(
  text: string,
  directory: ProfileDirectory,
): { readonly name: string; readonly hint: string } | undefined {
  const name = /^([A-Za-z0-9._-]+):./s.exec(text)?.[1];
  return name === undefined || directory.has(name) ? undefined : { name, hint: hintFor(name, directory.names) };
}

/** Warns of a name that begins like the name of a profile that there is not: `dmo:web` may well be meant as `demo:web`. */
export function warnOfPrefix(text: string, directory: ProfileDirectory, warn: (message: string) => void): void {
  const prefix = prefixWithoutProfile(text, directory);
  const close = prefix ? nearest(prefix.name, directory.names) : [];
  if (prefix)
    warn(
      `no such profile: ${prefix.name}, so "${text}" is the whole name${close.length > 0 ? `. Did you mean ${close.join(' or ')}?` : ''}`,
    );
}

/** The one profile that a command works at. Throws USAGE when several were chosen. */
export function onlyProfile(directory: ProfileDirectory, patterns: readonly string[]): string {
  const [first, ...others] = patterns.length === 0 ? [directory.current] : directory.select(patterns);
  if (others.length > 0 || first === undefined)
    throw usageError(`this command takes a single profile, got ${others.length + 1} (${[first, ...others].join(', ')})`);
  return first;
}
