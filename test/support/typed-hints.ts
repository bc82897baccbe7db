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

/** Commands that are told to be typed (`imgctl VERB …`), and hold a verb or an option that there is not. */
export function untypable(stderr: string): readonly string[] {
  const told = [...stderr.matchAll(/\bimgctl ([a-z](?:(?!\\n|[.,;] )[^\n"])*)/g)]
    .map(([, words = '']) => words)
    .filter((words) => !prose.test(words));
  return told.filter((words) => {
    const [first = '', second = ''] = words.split(/[\s.,;]+/);
    const isNamed = ({ path, aliases }: { readonly path: string; readonly aliases: readonly string[] }): boolean => {
      const [verb, inner] = path.split(' ');
      return inner === undefined
        ? verb === first || aliases.includes(first)
        : verb === first && (inner === second || aliases.includes(second));
    };
    const found = loaded.find(({ entry }) => isNamed(entry));
    if (!found) return true;
    const known = new Set([...flagsOf(globalOptions), ...flagsOf(found.command.options), '--help', '--version']);
    return [...words.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].some(([flag]) => !known.has(flag));
  });
}
