import type { Option } from '../program/option.ts';
import { isHostile } from '../../ui/sanitize.ts';
import type { Candidate } from './candidate.ts';
import type { CachedNames } from './image-name-cache.ts';
import { channelsOffered, imagesOffered, namesOffered, type Offer } from './offered-names.ts';
import type { CompletionTable, OptionWord, VerbWord } from './table.ts';
import { optionsFor, parseTyped, type TypedWords } from './typed.ts';
import type { Arg, Needs } from '../program/shape.ts';

/** The user's own words: profiles, with their providers, and what is known of a profile's images. */
export interface OwnWords {
  readonly profiles: readonly { readonly name: string; readonly provider: string }[];
  /** Publishers that are known by name, where no profile has it. */
  readonly sources: OwnWords['profiles'];
  /** The profile when none is named. */
  readonly current: string;
  /** Throws nothing; a profile that there is not has no names. */
  names(profile: string): Promise<CachedNames>;
  /** Runs of the journal, the newest first. */
  runs(): readonly Candidate[];
}

type Completes = NonNullable<Option['completes'] | Arg['completes']>;

/** Where a word is to stand, and what is known there. */
interface Place {
  readonly typed: TypedWords;
  readonly table: CompletionTable;
  readonly own: OwnWords;
  /** Name of the argument; absent for an option's value. */
  readonly arg?: string;
}

/** What can stand at the cursor: words that begin with `current`, or the names of files. Never throws for odd input. */
export async function complete(
  before: readonly string[],
  current: string,
  table: CompletionTable,
  own: OwnWords,
): Promise<readonly Candidate[] | 'files'> {
  const typed = parseTyped(before, table);
  const place: Place = { typed, table, own };
  if (typed.awaiting) return valuesOf(typed.awaiting, current, place);
  if (current.startsWith('-') && current !== '-' && !typed.onlyWords) {
    const at = current.indexOf('=');
    if (at < 0) return beginning(current, optionCandidates(place));
    const option = optionsFor(typed.verb, table).find(({ flag }) => flag === current.slice(0, at));
    return option?.takesValue ? valuesOf(option, current.slice(at + 1), place, current.slice(0, at + 1)) : [];
  }
  if (typed.verb) return argumentsOf(typed.verb, current, place);
  return verbCandidates(current, place);
}

const beginning = (current: string, candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates.filter(({ text }) => text.startsWith(current));

function optionCandidates({ typed, table }: Place): readonly Candidate[] {
  const known = typed.verb ? optionsFor(typed.verb, table) : table.globals;
  const left = known.filter(({ flag, repeats }) => repeats || !typed.given.has(flag));
  return [...left.map(({ flag, summary }) => ({ text: flag, about: summary })), { text: '--help', about: 'help for a command' }];
}

/** What a word is for that other words belong behind. */
const groupAbouts: Readonly<Record<string, string>> = {
  profile: 'Manage profiles',
  channel: 'Point NAME@CHANNEL to images',
  ops: 'Look after runs that changed something',
  policy: 'Check images against rules',
};

function verbCandidates(current: string, { typed: { group }, table }: Place): readonly Candidate[] {
  if (group !== undefined) {
    const inside = table.verbs.filter(({ path }) => path.startsWith(`${group} `));
    return beginning(
      current,
      inside.map(({ path, summary }) => ({ text: path.slice(group.length + 1), about: summary })),
    );
  }
  const verbs = new Map(
    table.verbs.map(({ path, summary }): readonly [string, string] => {
      const [first = '', ...others] = path.split(' ');
      return others.length > 0 ? [first, groupAbouts[first] ?? ''] : [path, summary];
    }),
  );
  const found = beginning(
    current,
    [...verbs].map(([text, about]) => ({ text, about })),
  );
  if (found.length > 0) return found;
  const aliases = table.verbs
    .filter(({ path }) => !path.includes(' '))
    .flatMap((verb) => verb.aliases.map((text) => ({ text, about: verb.summary })));
  return beginning(current, aliases);
}

function argumentsOf(
  verb: VerbWord,
  current: string,
  place: Place,
): Promise<readonly Candidate[] | 'files'> | readonly Candidate[] {
  const last = verb.args.at(-1);
  const arg = verb.args[place.typed.words.length] ?? (last?.repeats ? last : undefined);
  return arg?.completes ? ofKind(arg.completes, current, { ...place, arg: arg.name }) : [];
}

/** Values of an option; `prefix` is what stands before the value in the same word. */
async function valuesOf(option: OptionWord, typed: string, place: Place, prefix = ''): Promise<readonly Candidate[] | 'files'> {
  const comma = option.isList ? typed.lastIndexOf(',') + 1 : 0;
  const [before, current] = [typed.slice(0, comma), typed.slice(comma)];
  const choices = (option.choices ?? []).map((text) => ({ text }));
  const begun = beginning(current, choices);
  // Where there are other values than the words that are known, those are offered only to whoever has begun one.
  const isWord = option.choices !== undefined && (option.completes === undefined || (current !== '' && begun.length > 0));
  const found = isWord ? begun : option.completes ? await ofKind(option.completes, current, place) : [];
  if (found === 'files') return 'files';
  const taken = new Set(before.split(','));
  return found
    .filter(({ text }) => !taken.has(text))
    .map((candidate) => ({ ...candidate, text: prefix + before + candidate.text }));
}

async function ofKind(kind: Completes, current: string, place: Place): Promise<readonly Candidate[] | 'files'> {
  const { table } = place;
  const words = (texts: readonly string[]): readonly Candidate[] =>
    beginning(
      current,
      texts.map((text) => ({ text })),
    );
  switch (kind) {
    case 'file':
      return 'files';
    case 'profile':
      return beginning(
        current,
        [...able(place), ...readable(place, current)].map(({ name, provider }) => ({ text: name, about: provider })),
      );
    case 'images':
      return imageCandidates(current, place, imagesOffered);
    case 'image':
      return imageCandidates(current, place, namesOffered);
    case 'channel':
      return imageCandidates(current, place, channelsOffered);
    case 'place':
      return words((await place.own.names(profileOf(place))).places.filter((name) => !isHostile(name) && !name.startsWith('-')));
    case 'column':
      return words(table.columns);
    case 'provider':
      return words(Object.keys(table.providers));
    case 'topic':
      return words(
        [...table.topics, ...table.verbs.map(({ path }) => path.split(' ')[0] ?? '')].filter(
          (word, at, all) => all.indexOf(word) === at,
        ),
      );
    case 'source':
      return beginning(
        current,
        place.own.sources.map(({ name, provider }) => ({ text: name, about: provider })),
      );
    case 'format':
      return words(table.formats);
    case 'run':
      return beginning(current, place.own.runs());
    case 'shell':
      return words(['bash', 'zsh', 'fish']);
    case 'filter':
      return words((providerOf(place)?.filters ?? []).map((name) => `${name}=`));
    case 'extra':
      return words((providerOf(place)?.extras[place.typed.verb?.path ?? ''] ?? []).map((name) => `${name}=`));
    case 'field':
      return words(fieldsOf(place).map((field) => `${field}=`));
  }
}

/** What is known of the provider of the profile that is worked with. */
function providerOf(place: Place): CompletionTable['providers'][string] | undefined {
  const { own, table } = place;
  const name = own.profiles.find((profile) => profile.name === profileOf(place))?.provider ?? '';
  return Object.hasOwn(table.providers, name) ? table.providers[name] : undefined;
}

/** Fields of the provider that was typed, or whose profile was. */
function fieldsOf({ typed, table, own }: Place): readonly string[] {
  const provider = typed.given.get('--provider') ?? own.profiles.find(({ name }) => name === typed.words[0])?.provider ?? '';
  return Object.hasOwn(table.providers, provider) ? (table.providers[provider]?.fields ?? []) : [];
}

/** The verbs that a profile must have to stand here: those of the end that the argument names, or of the only end. */
function needed({ typed, arg = 'at' }: Place): readonly string[] {
  const needs: Needs = typed.verb?.needs ?? {};
  return (Object.hasOwn(needs, arg) ? needs[arg] : needs.at) ?? [];
}

function able(place: Place): OwnWords['profiles'] {
  const verbs = needed(place);
  const can = (provider: string): boolean => {
    const known = Object.hasOwn(place.table.providers, provider) ? place.table.providers[provider] : undefined;
    return verbs.every((verb) => known?.verbs.includes(verb));
  };
  return place.own.profiles.filter(({ provider }) => can(provider));
}

/** Publishers that can do what is asked for. They are many, and no profiles: the word has to be begun, and a verb to need something. */
const readable = (place: Place, current: string): OwnWords['profiles'] =>
  current === '' || needed(place).length === 0 ? [] : able({ ...place, own: { ...place.own, profiles: place.own.sources } });

const profileOf = ({ typed, own }: Place): string => typed.given.get('--profile') ?? own.current;

/** What is offered of the profile that was named, in front or by `-p`; without one also the profiles that can do the verb. */
async function imageCandidates(current: string, place: Place, offered: Offer): Promise<readonly Candidate[]> {
  const colon = current.indexOf(':');
  const profiles = [...able(place), ...readable(place, current)];
  const named = colon < 0 ? undefined : profiles.find(({ name }) => name === current.slice(0, colon));
  if (named) return offered(await place.own.names(named.name), current.slice(colon + 1), current.slice(0, colon + 1));
  const images = profiles.some(({ name }) => name === profileOf(place))
    ? offered(await place.own.names(profileOf(place)), current)
    : [];
  const prefixes = place.typed.given.has('--profile')
    ? []
    : profiles.map(({ name, provider }) => ({ text: `${name}:`, about: provider }));
  return [...images, ...beginning(current, prefixes)];
}
