import { imageFields } from '../../core/image.ts';
import type { CommandEntry } from '../program/shape.ts';
import { flagName, type Option, type Options } from '../program/option.ts';
import { globalOptions } from '../program/settings.ts';
import { topicNames } from '../help/topic-names.ts';
import type { DriverList } from '../../engine/context.ts';
import { formatNames } from '../../engine/publish/formats.ts';
import type { Arg, Needs } from '../program/shape.ts';

/** An option as completion needs to know it. */
export interface OptionWord {
  /** `--output`; a switch is two of them. */
  readonly flag: string;
  /** `-o` */
  readonly short?: string;
  readonly summary: string;
  readonly takesValue: boolean;
  /** Several values by commas. */
  readonly isList: boolean;
  /** May be given again. */
  readonly repeats: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Option['completes'];
}

interface ArgWord {
  readonly name: string;
  readonly completes?: Arg['completes'];
  /** It takes all words that are left. */
  readonly repeats: boolean;
}

export interface VerbWord {
  /** `list`, `profile add`. */
  readonly path: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly args: readonly ArgWord[];
  readonly options: readonly OptionWord[];
  readonly needs: Needs;
}

interface ProviderWord {
  readonly verbs: readonly string[];
  /** Fields of its profiles. */
  readonly fields: readonly string[];
  /** Its own filters of lists. */
  readonly filters: readonly string[];
  /** Fields that only it has, by verb. */
  readonly extras: Readonly<Record<string, readonly string[]>>;
}

/** Every word there is to complete, apart from the user's own. It is made when the program is built. */
export interface CompletionTable {
  readonly globals: readonly OptionWord[];
  readonly verbs: readonly VerbWord[];
  readonly providers: Readonly<Record<string, ProviderWord>>;
  /** The publishers that come with the program, with the names of their drivers. */
  readonly publishers: Readonly<Record<string, string>>;
  /** Provider of the profile that needs none. */
  readonly usual: string;
  readonly topics: readonly string[];
  /** Formats in which images can be published. */
  readonly formats: readonly string[];
  readonly columns: readonly string[];
}

const repeating = new Set(['texts', 'names', 'pairs']);

function optionWords(options: Options): readonly OptionWord[] {
  return Object.entries(options).flatMap(([key, option]) => {
    const word: OptionWord = {
      flag: `--${flagName(key)}`,
      ...(option.short ? { short: `-${option.short}` } : {}),
      summary: option.summary,
      takesValue: option.kind !== 'flag' && option.kind !== 'switch',
      isList: option.kind === 'names' || option.commas === true,
      repeats: repeating.has(option.kind),
      ...((option.suggests ?? option.choices) ? { choices: option.suggests ?? option.choices } : {}),
      ...(option.completes ? { completes: option.completes } : {}),
    };
    return option.kind === 'switch' ? [word, { ...word, flag: `--no-${flagName(key)}` }] : [word];
  });
}

const argWords = (args: Readonly<Record<string, Arg>>): readonly ArgWord[] =>
  Object.entries(args).map(([name, { takes, completes }]) => ({
    name,
    repeats: takes === 'many' || takes === 'any',
    ...(completes ? { completes } : {}),
  }));

async function verbWord(entry: CommandEntry): Promise<VerbWord> {
  const { args, options, needs } = await entry.load();
  const { path, aliases, summary } = entry;
  return { path, aliases, summary, args: argWords(args), options: optionWords(options), needs };
}

async function providerWord(name: string, drivers: DriverList): Promise<readonly [string, ProviderWord]> {
  const driver = await drivers.load(name);
  const facts = Object.entries(driver?.facts ?? {});
  const extras = facts.flatMap(([verb, fact]) => ('extras' in fact ? [[verb, Object.keys(fact.extras ?? {})] as const] : []));
  return [
    name,
    {
      verbs: facts.map(([verb]) => verb),
      fields: Object.keys(driver?.profile ?? {}),
      filters: Object.keys(driver?.facts.list?.own ?? {}),
      extras: Object.fromEntries(extras.filter(([, names]) => names.length > 0)),
    },
  ];
}

/** The table of all commands and providers. Loads every one of them. */
export async function completionTable(commands: readonly CommandEntry[], drivers: DriverList): Promise<CompletionTable> {
  return {
    globals: optionWords(globalOptions),
    verbs: await Promise.all(commands.map(verbWord)),
    providers: Object.fromEntries(await Promise.all(drivers.names.map((name) => providerWord(name, drivers)))),
    publishers: Object.fromEntries(Object.entries(drivers.publishers ?? {}).map(([name, { driver }]) => [name, driver])),
    usual: drivers.usual,
    topics: topicNames,
    formats: formatNames,
    columns: imageFields,
  };
}
