import { Command as Parser, CommanderError, Option as ParserOption } from 'commander';
import type { Command } from './command.ts';
import type { CommandEntry, Chosen } from './shape.ts';
import { usageError } from '../../core/errors.ts';
import { absentValue, flagName, flagsOf, parseOption, type Options, type OptionValues } from './option.ts';
import { globalOptions, type GlobalValues } from './settings.ts';
import { inOurWords, misplacedOption, noVerb, unknownInGroup, unknownVerb } from './usage-errors.ts';
import { withUsage } from './usage-line.ts';
import { whereTyped } from './where-typed.ts';
import type { Arg } from './shape.ts';

/** What was typed. `chosen` absent: nothing but global options, or only the first word of `profile add` and its like. */
export interface Parsed {
  readonly chosen?: Chosen<Command>;
  /** The verb's words, where they name a group of commands and none in it. */
  readonly group?: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly globals: GlobalValues;
  readonly help: boolean;
  readonly version: boolean;
}

const asked = {
  help: { kind: 'flag', short: 'h', summary: 'help for a command' },
  version: { kind: 'flag', short: 'V', summary: 'the version' },
} as const satisfies Options;
const helpWords = new Set(['--help', '-h', '--version', '-V']);
const rootOptions = { ...globalOptions, ...asked };

/**
 * Reads the arguments behind the program's name; only the command that was typed is loaded. Global options may stand
 * before or behind the verb. Throws USAGE, with the nearest words, for what it does not know.
 */
export async function parseArguments(argv: readonly string[], commands: readonly CommandEntry<Command>[]): Promise<Parsed> {
  const { entry, words, rest } = findVerb(argv, commands);
  const command = await entry?.load();
  const chosen = entry && command ? { entry, command } : undefined;
  if (!chosen && words.length > 0 && !commands.some((one) => one.path.startsWith(`${words[0]} `)))
    throw await notUnderstood(words[0] ?? '', argv, commands);
  const swallowed = words.length === 0 ? swallowedVerb(rest, commands) : undefined;
  if (swallowed && !rest.some((word) => helpWords.has(word))) throw noVerb(swallowed);
  const lenient = rest.includes('--help') || rest.includes('-h');
  const parser = new Parser('imgctl').exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  parser.helpOption(false).helpCommand(false).allowExcessArguments(false).showSuggestionAfterError(true);
  declare(parser, { ...rootOptions, ...command?.options });
  for (const [name, arg] of Object.entries(command?.args ?? {})) parser.argument(argumentOf(name, arg, lenient), arg.summary);
  parse(parser, spelled(rest, command?.options ?? {}), chosen);
  const globals = valuesOf(rootOptions, parser.opts());
  const input =
    chosen && command
      ? { ...refuseEmpty(positional(command, parser.processedArgs), chosen), ...valuesOf(command.options, parser.opts()) }
      : {};
  if (!chosen && rest.length > 0 && !globals.help && !globals.version) throw noVerb(undefined, words[0]);
  return {
    ...(chosen ? { chosen } : {}),
    ...(words[0] === undefined || entry ? {} : { group: words[0] }),
    input,
    globals,
    help: globals.help === true,
    version: globals.version === true,
  };
}

/** Global options that take the next word as their value. */
const takesValue = new Set(
  Object.entries(globalOptions).flatMap(([key, option]) =>
    option.kind === 'flag' || option.kind === 'switch'
      ? []
      : [`--${flagName(key)}`, ...('short' in option ? [`-${option.short}`] : [])],
  ),
);

interface Found {
  readonly entry?: CommandEntry<Command>;
  /** The words that name the command, or that should have. */
  readonly words: readonly string[];
  /** Everything else, in order. */
  readonly rest: readonly string[];
}

/** Takes the verb, of one or two words, out of the arguments. */
function findVerb(argv: readonly string[], commands: readonly CommandEntry<Command>[]): Found {
  const first = nextWord(argv, 0);
  const word = argv[first];
  if (word === undefined) return { words: [], rest: argv };
  const without = (...indexes: readonly number[]): string[] => argv.filter((_, index) => !indexes.includes(index));
  const entry = commands.find((one) => !one.path.includes(' ') && (one.path === word || one.aliases.includes(word)));
  if (entry) return { entry, words: [word], rest: without(first) };
  const inGroup = commands.filter((one) => one.path.startsWith(`${word} `));
  if (inGroup.length === 0) return { words: [word], rest: without(first) };
  const second = nextWord(argv, first + 1);
  const inner = argv[second];
  if (inner === undefined) return { words: [word], rest: without(first) };
  const nested = inGroup.find((one) => one.path === `${word} ${inner}` || one.aliases.includes(inner));
  if (nested) return { entry: nested, words: [word, inner], rest: without(first, second) };
  throw unknownInGroup(word, inner, inGroup);
}

/** Index of the next argument that is neither an option nor the value of a global one. */
function nextWord(argv: readonly string[], from: number): number {
  let index = from;
  while (index < argv.length && argv[index]?.startsWith('-') && argv[index] !== '-')
    index += takesValue.has(argv[index] ?? '') ? 2 : 1;
  return index;
}

function argumentOf(name: string, arg: Arg, lenient: boolean): string {
  if (arg.takes === 'any' || (lenient && arg.takes === 'many')) return `[${name}...]`;
  if (arg.takes === 'many') return `<${name}...>`;
  return arg.takes === 'optional' || lenient ? `[${name}]` : `<${name}>`;
}

function declare(parser: Parser, options: Options): void {
  for (const [key, option] of Object.entries(options)) {
    const declared = new ParserOption(flagsOf(key, option), option.summary);
    if (option.kind !== 'flag' && option.kind !== 'switch')
      declared.argParser((text: string, before: unknown) => parseOption(key, option, text, before));
    parser.addOption(declared);
    if (option.kind === 'switch') parser.addOption(new ParserOption(`--no-${flagName(key)}`));
  }
}

/** The words with every second spelling of an option replaced by the one that is shown. */
function spelled(words: readonly string[], options: Options): readonly string[] {
  const shown = new Map(
    Object.entries(options).flatMap(([key, { also }]) => (also === undefined ? [] : [[`--${also}`, `--${flagName(key)}`]])),
  );
  return words.map((word) => word.replace(/^--[^=]+/, (name) => shown.get(name) ?? name));
}

function valuesOf<O extends Options>(options: O, given: Readonly<Record<string, unknown>>): OptionValues<O> {
  const values = Object.entries(options).map(([key, option]) => [key, given[key] ?? absentValue(option)]);
  return Object.fromEntries(values) as OptionValues<O>;
}

const positional = (command: Command, given: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(Object.keys(command.args).map((name, index) => [name, given[index]]));

/** An argument that is empty, as that of a variable that was not set, is none: a glob that fits all, or the usual target, was not asked for. */
function refuseEmpty(input: Record<string, unknown>, chosen: Chosen): Record<string, unknown> {
  const empty = Object.entries(chosen.command.args).find(
    ([name, { mayBeEmpty }]) => !mayBeEmpty && [input[name]].flat().includes(''),
  );
  if (!empty) return input;
  const word = empty[0].toUpperCase();
  throw withUsage(usageError(`"" is no ${word}`, { hint: `Specify ${word} (was a variable empty?).` }), chosen);
}

/** Throws USAGE, with how the verb is typed, for what cannot be read. */
function parse(parser: Parser, words: readonly string[], chosen: Chosen | undefined): void {
  try {
    parser.parse(words, { from: 'user' });
  } catch (error) {
    const told =
      error instanceof CommanderError
        ? inOurWords(error, { chosen, operands: parser.args, where: whereTyped(parser.opts()) })
        : error;
    throw chosen ? withUsage(told, chosen) : told;
  }
}

/** The option that has taken a verb for its value. */
function swallowedVerb(words: readonly string[], commands: readonly CommandEntry<Command>[]) {
  const at = words.findIndex((word, index) => {
    const [verb] = commands.filter(
      ({ path, aliases }) => path.split(' ')[0] === words[index + 1] || aliases.includes(words[index + 1] ?? ''),
    );
    return takesValue.has(word) && verb !== undefined;
  });
  return at < 0 ? undefined : { flag: words[at] ?? '', value: words[at + 1] ?? '' };
}

/** Why a word is no verb: an option before it that there is not may have been meant to take it. */
async function notUnderstood(word: string, argv: readonly string[], commands: readonly CommandEntry<Command>[]): Promise<Error> {
  const at = argv.indexOf(word);
  const known = new Set(
    Object.entries(rootOptions).flatMap(([key, { kind }]) => [
      `--${flagName(key)}`,
      ...(kind === 'switch' ? [`--no-${flagName(key)}`] : []),
    ]),
  );
  const odd = argv.slice(0, at).find((one) => one.startsWith('--') && !known.has(one.replace(/=.*$/s, '')));
  if (odd === undefined)
    return unknownVerb(
      word,
      argv.slice(at + 1).find((one) => !one.startsWith('-')),
      commands,
    );
  const loaded = await Promise.all(commands.map((one) => one.load()));
  return misplacedOption(
    odd,
    loaded.flatMap(({ options }) => Object.entries(options)),
  );
}
