import { configError, usageError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import { globPattern, isGlob } from '../../core/glob.ts';
import { environmentProfiles, environmentProvider, fieldVariable, variableName } from '../../profiles/resolve.ts';
import { parseReference, type Reference } from '../../core/reference.ts';
import type { ProfileBook, StoredProfile } from '../../profiles/schema.ts';
import { nearest } from '../../host/did-you-mean.ts';
import { profileHint, typable } from './mistyped-profile.ts';
import type { SourceList } from './sources.ts';

/** Where a profile is kept: the store, `IMGCTL_PROFILE_*` variables, the provider's own variables, or nowhere: the usual one, a publisher. */
type Kind = 'stored' | 'environment' | 'ambient' | 'usual' | 'source';

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
  /** Publishers that can be named like a profile that is only read. They are no profiles: no glob stands for one. */
  readonly sources: SourceList;
  /** The current one was named on the command line. */
  readonly isTyped: boolean;
  has(name: string): boolean;
  /** Throws CONFIG, with the nearest names, for a profile that there is not. */
  entry(name: string): ProfileEntry;
  /** The same; a publisher that is known by that name is one too. */
  openable(name: string): ProfileEntry;
  /**
   * Splits `PROFILE:IMAGE`. A publisher that is known by name stands before a `:` like a profile, unless a profile of its name is
   * there, or another was typed: then the whole text is an image of that one. So the same text is the same for every verb.
   */
  reference(text: string): Reference;
  /** Names that the patterns stand for, each once, in the order of the patterns. Throws CONFIG if one matches nothing. */
  select(patterns: readonly string[]): readonly string[];
}

/** What the profiles that can be named come from. `chosen`: those that were asked for, `isTyped` where it was on the command line. */
export interface DirectoryParts {
  readonly book: ProfileBook;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly chosen: readonly string[];
  readonly isTyped: boolean;
  readonly usual: string;
  readonly sources: SourceList;
}

const ambientPattern = /^env:([a-z0-9-]+)$/;

export function profileDirectory({ book, env, chosen, isTyped, usual, sources }: DirectoryParts): ProfileDirectory {
  const stored = Object.keys(book.profiles);
  // A variable does not tell "prod.eu" from "prod-eu": where it fits a stored profile it overrides that one.
  const fitsStored = (name: string): boolean => stored.some((one) => variableName(one) === variableName(name));
  const names = [...stored, ...environmentProfiles(env).filter((name) => !fitsStored(name))].sort();
  const chosenOne = chosen.length === 1 && chosen[0] !== undefined && !isGlob(chosen[0]) ? chosen[0] : undefined;
  const current = chosenOne ?? book.current ?? usual;
  const has = (name: string): boolean =>
    names.includes(name) || name === usual || ambientPattern.test(name) || environmentProvider(env, name) !== undefined;
  const sourceNamed = (name: string): string | undefined => (has(name) ? undefined : sources.named(name));
  const entry = (name: string): ProfileEntry => {
    const profile = Object.hasOwn(book.profiles, name) ? book.profiles[name] : undefined;
    const provider = environmentProvider(env, name) ?? profile?.provider;
    if (provider !== undefined)
      return { name, provider, kind: profile ? 'stored' : 'environment', ...(profile ? { stored: profile } : {}) };
    const ambient = ambientPattern.exec(name)?.[1];
    if (ambient !== undefined) return { name, provider: ambient, kind: 'ambient' };
    if (name === usual) return { name, provider: usual, kind: 'usual' };
    const source = sources.named(name);
    throw noSuchProfile(name, source === undefined ? profileHint(nearest(name, existing)) : publisherHint(source));
  };
  const openable = (name: string): ProfileEntry => {
    const source = sourceNamed(name);
    if (source !== undefined) return { name: source, provider: sources.providerOf(source), kind: 'source' };
    if (has(name)) return entry(name);
    throw noSuchProfile(name, profileHint(nearest(name, typable({ all: existing, sources }))));
  };
  const isCurrentOwn = names.includes(current) || sourceNamed(current) === undefined;
  const existing = [...names, usual];
  const all = [...new Set([...existing, ...(isCurrentOwn ? [current] : [])])];
  return {
    names,
    all,
    current,
    sources,
    isTyped,
    has,
    entry,
    openable,
    reference(text) {
      const own = parseReference(text, has);
      const [, prefix = '', image = ''] = own.profile === undefined ? (/^([^:]+):(.*)$/s.exec(text) ?? []) : [];
      const source = prefix === '' ? undefined : sourceNamed(prefix);
      const isElsewhere = isTyped && image !== '' && !chosen.some((name) => sourceNamed(name) === source);
      return source === undefined || isElsewhere ? own : { profile: source, image };
    },
    select(patterns) {
      const found = patterns.flatMap((pattern) => {
        if (!isGlob(pattern)) return [openable(pattern).name];
        const matching = all.filter((name) => globPattern(pattern).test(name));
        if (matching.length === 0)
          throw configError(`no profile matches "${pattern}"`, { hint: profileHint(nearest(pattern, all)) });
        return matching;
      });
      return [...new Set(found)];
    },
  };
}

const noSuchProfile = (name: string, hint: string): Error => configError(`no such profile: ${name}`, { hint });

const publisherHint = (source: string): string =>
  `${source} is a publisher, whose fields are set by variables (${fieldVariable(source, 'url')}) or in sources.json. See it with: ${commandLine({ verb: 'sources', args: [source] }, nowhere)}`;

/**
 * The profiles that are worked at where none stands before an image: those asked for, or the current one. Throws CONFIG for a
 * publisher that nobody has typed: a variable that was forgotten asks nobody on the internet.
 */
export function chosenProfiles(directory: ProfileDirectory, patterns: readonly string[]): readonly string[] {
  const names = patterns.length === 0 ? [directory.current] : directory.select(patterns);
  const source = directory.isTyped ? undefined : names.find((name) => !directory.has(name) && directory.sources.named(name));
  if (source === undefined) return names;
  throw configError(`${source} is a publisher, and no profile: it cannot be the default`, {
    hint: `Name it where it is meant, as in: ${commandLine({ verb: 'list' }, { profile: source })}`,
  });
}

/** The one profile that a command works at. Throws USAGE when several were chosen. */
export function onlyProfile(directory: ProfileDirectory, patterns: readonly string[]): string {
  const [first, ...others] = chosenProfiles(directory, patterns);
  if (others.length > 0 || first === undefined)
    throw usageError(`this command takes a single profile, got ${others.length + 1} (${[first, ...others].join(', ')})`);
  return first;
}
