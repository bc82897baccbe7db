import type { OperationName } from '../../core/operation.ts';
import type { Chosen, CommandEntry, CommandShape } from '../program/shape.ts';
import type { Surface } from '../program/context.ts';
import { flagName, flagsOf, type Option, type Options } from '../program/option.ts';
import { wordWrap } from '../../ui/word-wrap.ts';
import { globalOptions } from '../program/settings.ts';
import { topicNames } from './topic-names.ts';
import { usageLine } from '../program/usage-line.ts';
import { driverNamed } from '../../engine/account/driver.ts';

const gap = 2;
const widest = 34;

/** Two columns of text, the second wrapped by the terminal itself. */
function table(rows: readonly HelpRow[]): string {
  const width = Math.min(widest, Math.max(0, ...rows.map(([left]) => left.length))) + gap;
  return rows
    .map(([left, right]) =>
      left.length + gap > width ? `  ${left}\n  ${' '.repeat(width)}${right}` : `  ${left.padEnd(width)}${right}`,
    )
    .join('\n');
}

/** An option, argument or step, and what it is for. */
export type HelpRow = readonly [string, string];

/** A row for each option. */
export const optionRows = (options: Options): readonly HelpRow[] =>
  Object.entries(options)
    .filter(([, option]) => option.summary !== '')
    .map(([key, option]) => [optionLabel(key, option), option.summary] as const);

const optionLabel = (key: string, option: Option): string => {
  const flags = flagsOf(key, option);
  return `${option.short ? '' : '    '}${option.kind === 'switch' ? flags.replace(`--${flagName(key)}`, `--[no-]${flagName(key)}`) : flags}`;
};

/** Names of the providers whose driver has all of these verbs. */
async function providersWith(verbs: readonly OperationName[], surface: Surface): Promise<readonly string[]> {
  const all = await Promise.all(surface.drivers.names.map((name) => driverNamed(name, surface)));
  return all.filter((driver) => verbs.every((verb) => driver.facts[verb])).map((driver) => driver.name);
}

async function supportedBy(command: CommandShape, surface: Surface): Promise<string> {
  const ends = Object.entries(command.needs).filter(([, verbs]) => verbs.length > 0);
  const told = await Promise.all(
    ends.map(
      async ([end, verbs]) =>
        `${end === 'at' ? '' : `${end} `}${(await providersWith(verbs, surface)).join(', ') || 'no provider'}`,
    ),
  );
  return told.length > 0 ? `Supported by: ${told.join('; ')}` : '';
}

/** What `--set` takes at the profile that was named, for the verb of this command. */
async function extrasSection({ entry, command }: Chosen, surface: Surface): Promise<string> {
  const [profile] = surface.settings.profile;
  if (profile === undefined || !('set' in command.options)) return '';
  const driver = await driverNamed(surface.directory.openable(profile).provider, surface);
  const facts = driver.facts[entry.path as OperationName];
  const extras = facts && 'extras' in facts ? (facts.extras ?? {}) : {};
  const rows = Object.entries(extras).map(
    ([name, extra]) => [`--set ${name}=${extra.kind === 'flag' ? 'true' : extra.kind.toUpperCase()}`, extra.help] as const,
  );
  return rows.length > 0 ? `Fields that only ${driver.name} has:\n${table(rows)}` : '';
}

/** The help of one command, with who supports it and examples. */
export async function commandHelp(chosen: Chosen, surface: Surface): Promise<string> {
  const { entry, command } = chosen;
  const args = Object.entries(command.args).map(([name, arg]) => [name.toUpperCase(), arg.summary] as const);
  const options = optionRows(command.options);
  const examples = command.examples.map((example) => `  # ${example.does}\n  ${example.type}`).join('\n\n');
  const sections = [
    `${entry.summary}.`,
    `Usage: ${usageLine(chosen)}${entry.aliases.length > 0 ? `\nAlso: ${entry.aliases.join(', ')}` : ''}`,
    wordWrap(command.about ?? ''),
    args.length > 0 ? `Arguments:\n${table(args)}` : '',
    options.length > 0 ? `Options:\n${table(options)}` : '',
    await extrasSection(chosen, surface),
    wordWrap(await supportedBy(command, surface)),
    `Examples:\n${examples}`,
    `Options that every verb takes: imgctl help options`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** Every global option. */
export const optionsHelp = (): string => `Options that mean the same on every verb:\n${table(optionRows(globalOptions))}\n`;

/** What somebody new may try first. */
export const firstSteps: readonly HelpRow[] = [
  ['imgctl list', 'images of the current profile (initially a local store)'],
  ['imgctl upload disk.qcow2 --name web', 'upload a file as an image, and verify it'],
  ['imgctl profile import', 'import the clouds that other tools here are set up for'],
  ['imgctl list -A', 'images of every profile, in one table'],
  ['imgctl copy web pcd', 'copy an image to another cloud, converting as needed'],
];

/** What `imgctl` alone says. */
export function firstHelp(commands: readonly CommandEntry[]): string {
  const verbs = commands.map((command) => [command.path, command.summary] as const);
  return [
    'imgctl: one command line for machine images in every cloud.',
    `Try:\n${table(firstSteps)}`,
    `Verbs:\n${table(verbs)}`,
    wordWrap(
      'The profile comes from PROFILE:IMAGE, then -p, then IMGCTL_PROFILE, then imgctl profile use, then the local store.',
    ),
    wordWrap(`Details: imgctl VERB --help, or imgctl help TOPIC: ${topicNames.join(', ')}.`),
    '',
  ].join('\n\n');
}

/** The commands of a group such as `profile`. */
export function groupHelp(group: string, commands: readonly CommandEntry[]): string {
  const rows = commands
    .filter(({ path }) => path.startsWith(`${group} `))
    .map(({ path, summary }) => [`imgctl ${path}`, summary] as const);
  return `${table(rows)}\n`;
}
