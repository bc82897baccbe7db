import { configError } from '../../core/errors.ts';
import type { KnownPublisher, PublisherEntry, PublisherList } from '../../core/publisher.ts';
import { nearest } from '../../host/did-you-mean.ts';
import { hasFolder, ownFolder, type Home } from '../../host/paths.ts';
import { literal } from '../../host/secret-reference.ts';
import type { FieldOrigin } from '../../profiles/resolve.ts';
import { readSources, sourcesFile, type SourceDefinition } from '../../profiles/sources-file.ts';

/** The publishers that are known by name: those that come with the program, and those of the user's own file. */
export interface SourceList {
  /** Sorted. Throws CONFIG where the user's file is damaged, as all of these do. */
  names(): readonly string[];
  /** The same, with the other names that they have. */
  words(): readonly string[];
  /** The name of the publisher that a word means; absent: it means none. */
  named(word: string): string | undefined;
  /** The name of its driver. */
  providerOf(name: string): string;
  load(name: string): Promise<KnownSource>;
}

/** What is known of a publisher. */
export interface KnownSource extends Omit<KnownPublisher, 'fields'> {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly provider: string;
  /** Values of its driver's fields, each with where it comes from. */
  readonly fields: Readonly<Record<string, FieldOrigin>>;
  /** The user's file, where that adds or changes it. */
  readonly file?: string;
}

/** Where a field comes from that comes with the program: that has no path. */
export const shipped = 'imgctl';

const unknownPublisher: KnownPublisher = { title: '', fields: {}, signed: '', evidence: [] };

/** Nothing is read, and no publisher loaded, before a name is asked for. */
export function sourceList(publishers: PublisherList, home: Home): SourceList {
  const folder = hasFolder('config', home) ? ownFolder('config', home) : undefined;
  let read: ReadonlyMap<string, SourceDefinition> | undefined;
  const own = (): ReadonlyMap<string, SourceDefinition> => (read ??= folder === undefined ? new Map() : readSources(folder));
  const entryOf = (name: string): PublisherEntry | undefined => (Object.hasOwn(publishers, name) ? publishers[name] : undefined);
  const named = (word: string): string | undefined => {
    if (entryOf(word) || own().has(word)) return word;
    return Object.entries(publishers).find(([, { aliases = [] }]) => aliases.includes(word))?.[0];
  };
  const names = (): readonly string[] => [...new Set([...Object.keys(publishers), ...own().keys()])].sort();
  const words = (): readonly string[] => [...names(), ...Object.values(publishers).flatMap(({ aliases = [] }) => aliases)];
  const providerOf = (name: string): string => {
    const provider = own().get(name)?.provider ?? entryOf(name)?.driver;
    if (provider !== undefined) return provider;
    if (own().has(name))
      throw configError(`${sourcesFile(folder ?? '')}: source "${name}" has no provider`, {
        hint: 'Fix it, or move it out of the way.',
      });
    throw unknownSource(name, { names, words });
  };
  return {
    names,
    words,
    named,
    providerOf,
    async load(name) {
      const provider = providerOf(name);
      const entry = entryOf(name);
      const mine = own().get(name);
      // Of another provider the fields would mean something else.
      const isKept = entry?.driver === provider;
      const { fields, keys, ...known } = entry && isKept ? await entry.load() : unknownPublisher;
      const file = sourcesFile(folder ?? '');
      const theirs = keys ? { ...fields, keyring: keys.armoured } : fields;
      return {
        ...known,
        ...(keys ? { keys } : {}),
        ...(mine?.title === undefined ? {} : { title: mine.title }),
        ...(mine?.evidence === undefined ? {} : { evidence: [{ what: mine.evidence, url: file }, ...known.evidence] }),
        name,
        aliases: entry?.aliases ?? [],
        provider,
        fields: { ...origins(theirs, shipped), ...origins(mine?.fields ?? {}, file) },
        ...(mine ? { file } : {}),
      };
    },
  };
}

/** Neither the program's data nor a file that may come from anybody has references that are followed. */
const origins = (fields: Readonly<Record<string, string>>, from: string): Readonly<Record<string, FieldOrigin>> =>
  Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, { value: literal(text), from }]));

/** CONFIG: no publisher is known by that name. */
export function unknownSource(name: string, { names, words }: Pick<SourceList, 'names' | 'words'>): Error {
  const close = nearest(name, words());
  return configError(`no such source: ${name}`, {
    hint: close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `Known: ${names().join(', ')}`,
  });
}
