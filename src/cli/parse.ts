import { Command as Parser, CommanderError, Option as ParserOption } from 'commander';
import { usageError } from '../core/errors.ts';
import { nearest } from '../ui/nearest.ts';
import type { Arg, Command } from './command.ts';
import { absentValue, flagName, flagsOf, parseOption, type Options, type OptionValues } from './option.ts';
import { globalOptions, type GlobalValues } from './settings.ts';

/** What was typed. `command` absent: nothing but global options. */
export interface Parsed {
  readonly command?: Command;
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
 * Reads the arguments behind the program's name. Global options may stand before or behind the verb. Only the options
 * of the verb that was typed are declared. Throws USAGE, with the nearest words, for what it does not know.
 */
export function parseArguments(argv: readonly string[], commands: readonly Command[]): Parsed {
  let chosen: Command | undefined;
  let input: Record<string, unknown> = {};
  const wantsHelp = argv.some((word) => word === '--help' || word === '-h');
  const root = bare(new Parser('imgctl'));
  declare(root, rootOptions);
  const groups = new Map<string, Parser>();
  for (const command of commands) {
    const [first = '', second] = command.path.split(' ');
    const parent = second === undefined ? root : (groups.get(first) ?? newGroup(root, groups, first));
    const parser = bare(parent.command(second ?? first)).aliases(command.aliases);
    if (isTyped(command, argv)) declare(parser, command.options);
    for (const [name, arg] of Object.entries(command.args)) parser.argument(argumentOf(name, arg, wantsHelp), arg.summary);
    parser.action((...given: unknown[]) => {
      chosen = command;
      input = { ...positional(command, given), ...valuesOf(command.options, parser.opts()) };
    });
  }
  root.action(() => undefined);
  root.argument('[verb]');
  parseWith(root, argv, commands);
  const [verb] = root.args;
  if (!chosen && verb !== undefined && !groups.has(verb)) throw unknownVerb(verb, commands);
  const globals = valuesOf(rootOptions, root.opts());
  return {
    ...(chosen ? { command: chosen } : {}),
    input,
    globals,
    help: globals.help === true || (chosen === undefined && verb !== undefined),
    version: globals.version === true,
  };
}

function bare(parser: Parser): Parser {
  return parser
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .helpOption(false)
    .helpCommand(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(true);
}

function newGroup(root: Parser, groups: Map<string, Parser>, name: string): Parser {
  const group = bare(root.command(name)).action(() => undefined);
  groups.set(name, group);
  return group;
}

const isTyped = (command: Command, argv: readonly string[]): boolean =>
  [command.path.split(' ').at(-1) ?? '', ...command.aliases].some((word) => argv.includes(word));

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

function valuesOf<O extends Options>(options: O, given: Readonly<Record<string, unknown>>): OptionValues<O> {
  const values = Object.entries(options).map(([key, option]) => [key, given[key] ?? absentValue(option)]);
  return Object.fromEntries(values) as OptionValues<O>;
}

const positional = (command: Command, given: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(Object.keys(command.args).map((name, index) => [name, given[index]]));

function parseWith(root: Parser, argv: readonly string[], commands: readonly Command[]): void {
  try {
    root.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
    if (error.code === 'commander.excessArguments' && root.args[0] !== undefined && !known(root.args[0], commands))
      throw unknownVerb(root.args[0], commands);
    throw usageError(message, { hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? hintFor(argv, commands) });
  }
}

const words = (commands: readonly Command[]): string[] =>
  commands.flatMap((command) => [command.path.split(' ')[0] ?? '', ...(command.path.includes(' ') ? [] : command.aliases)]);
const known = (word: string, commands: readonly Command[]): boolean => words(commands).includes(word);

function hintFor(argv: readonly string[], commands: readonly Command[]): string {
  const command = commands.find((one) => isTyped(one, argv));
  return command ? `imgctl ${command.path} --help` : 'imgctl help';
}

function unknownVerb(word: string, commands: readonly Command[]): Error {
  const close = nearest(word, [...new Set(words(commands))]);
  return usageError(`there is no verb "${word}"`, {
    hint: close.length > 0 ? `did you mean ${close.join(' or ')}? imgctl help lists them all` : 'imgctl help lists them all',
  });
}
