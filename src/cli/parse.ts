import { Command as Parser, CommanderError, Option as ParserOption } from 'commander';
import { usageError } from '../core/errors.ts';
import { nearest } from '../ui/nearest.ts';
import type { Arg, Command, CommandEntry } from './command.ts';
import { absentValue, flagName, flagsOf, parseOption, type Options, type OptionValues } from './option.ts';
import { globalOptions, type GlobalValues } from './settings.ts';

/** A command that was typed, with what it is listed as. */
export interface Chosen {
  readonly entry: CommandEntry;
  readonly command: Command;
}

/** What was typed. `chosen` absent: nothing but global options, or only the first word of `profile add` and its like. */
export interface Parsed {
  readonly chosen?: Chosen;
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
const rootOptions = { ...globalOptions, ...asked };

/**
 * Reads the arguments behind the program's name; only the command that was typed is loaded. Global options may stand
 * before or behind the verb. Throws USAGE, with the nearest words, for what it does not know.
 */
export async function parseArguments(argv: readonly string[], commands: readonly CommandEntry[]): Promise<Parsed> {
  const { entry, words, rest } = findVerb(argv, commands);
  const command = await entry?.load();
  if (!entry && words.length > 0 && !commands.some((one) => one.path.startsWith(`${words[0]} `)))
    throw unknownVerb(words[0] ?? '', commands);
  const lenient = rest.includes('--help') || rest.includes('-h');
  const parser = new Parser('imgctl').exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  parser.helpOption(false).helpCommand(false).allowExcessArguments(false).showSuggestionAfterError(true);
  declare(parser, { ...rootOptions, ...command?.options });
  for (const [name, arg] of Object.entries(command?.args ?? {})) parser.argument(argumentOf(name, arg, lenient), arg.summary);
  parse(parser, spelled(rest, command?.options ?? {}), entry);
  const globals = valuesOf(rootOptions, parser.opts());
  const input = command ? { ...positional(command, parser.processedArgs), ...valuesOf(command.options, parser.opts()) } : {};
  return {
    ...(entry && command ? { chosen: { entry, command } } : {}),
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
  readonly entry?: CommandEntry;
  /** The words that name the command, or that should have. */
  readonly words: readonly string[];
  /** Everything else, in order. */
  readonly rest: readonly string[];
}

/** Takes the verb, of one or two words, out of the arguments. */
function findVerb(argv: readonly string[], commands: readonly CommandEntry[]): Found {
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
  const close = nearest(
    inner,
    inGroup.map((one) => one.path.slice(word.length + 1)),
  );
  throw usageError(`there is no "${word} ${inner}"`, {
    hint: close.length > 0 ? `did you mean ${close.map((each) => `${word} ${each}`).join(' or ')}?` : `imgctl help ${word}`,
  });
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

function parse(parser: Parser, words: readonly string[], entry: CommandEntry | undefined): void {
  try {
    parser.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // The value behind an option that there is not may be a secret.
    const told = error.message.replace(/^error: /, '').replace(/^(unknown option '--[^=\n]*)=[^]*?'$/m, "$1'");
    const [message = '', suggestion] = told.split('\n');
    throw usageError(message, {
      hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? (entry ? `imgctl ${entry.path} --help` : 'imgctl help'),
    });
  }
}

function unknownVerb(word: string, commands: readonly CommandEntry[]): Error {
  const words = commands.flatMap((one) => [one.path.split(' ')[0] ?? '', ...(one.path.includes(' ') ? [] : one.aliases)]);
  const close = nearest(word, words);
  return usageError(`there is no verb "${word}"`, {
    hint: close.length > 0 ? `did you mean ${close.join(' or ')}? imgctl help lists them all` : 'imgctl help lists them all',
  });
}
