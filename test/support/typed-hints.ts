import { commands } from '../../src/cli/commands/index.ts';
import { flagName, type Options } from '../../src/cli/program/option.ts';
import { globalOptions } from '../../src/cli/program/settings.ts';

const loaded = await Promise.all(commands.map(async (entry) => ({ entry, command: await entry.load() })));

const flagsOf = (options: Options): readonly string[] =>
  Object.entries(options).flatMap(([key, { kind }]) => [
    `--${flagName(key)}`,
    ...(kind === 'switch' ? [`--no-${flagName(key)}`] : []),
  ]);

/** What the program says of itself. */
const prose = /^(cannot|does|only|reads|supports|writes)\b/;

/** Commands that are told to be typed (`imgctl VERB …`). */
const toldIn = (stderr: string): readonly string[] =>
  [...stderr.matchAll(/\bimgctl ([a-z](?:(?!\\n|[.,;] )[^\n"])*)/g)]
    .flatMap(([, words = '']) => words.split(' or imgctl '))
    .filter((words) => !prose.test(words));

function commandOf(words: string): (typeof loaded)[number] | undefined {
  const [first = '', second = ''] = words.split(/[\s.,;]+/);
  const isNamed = ({ path, aliases }: { readonly path: string; readonly aliases: readonly string[] }): boolean => {
    const [verb, inner] = path.split(' ');
    return inner === undefined
      ? verb === first || aliases.includes(first)
      : verb === first && (inner === second || aliases.includes(second));
  };
  return loaded.find(({ entry }) => isNamed(entry));
}

/** Of the commands that are told to be typed, those that would ask another region than the one that was typed (`typed`). */
export function elsewhere(stderr: string, typed: readonly string[]): readonly string[] {
  const at = typed.indexOf('--region');
  const region = typed[at + 1];
  // Of a copy it is that of the target, which not every command that leads on is about.
  if (at < 0 || region === undefined || typed.includes('copy')) return [];
  return toldIn(stderr.replaceAll('usage: imgctl', 'usage:')).filter((words) => {
    const command = commandOf(words)?.command;
    return command?.needs.at !== undefined && !words.includes('--help') && !words.includes(`--region ${region}`);
  });
}

/** Commands that are told to be typed, and hold a verb or an option that there is not. */
export function untypable(stderr: string): readonly string[] {
  return toldIn(stderr).filter((words) => {
    const found = commandOf(words);
    if (!found) return true;
    const known = new Set([...flagsOf(globalOptions), ...flagsOf(found.command.options), '--help', '--version']);
    return [...words.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].some(([flag]) => !known.has(flag));
  });
}
