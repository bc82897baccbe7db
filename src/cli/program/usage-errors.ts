import { usageError, type ImgctlError } from '../../core/errors.ts';
import { hintWith, nowhere, type Next } from '../../core/hint.ts';
import { didYouMean, nearest } from '../../host/did-you-mean.ts';
import type { CommandEntry, Chosen } from './shape.ts';
import { flagName, flagsOf, type Option, type Options } from './option.ts';
import { globalOptions } from './settings.ts';
import { argumentOptions, groupsElsewhere, optionSynonyms, profileSynonyms, verbSynonyms } from './synonyms.ts';

/** The words of a command line that could not be read. */
interface Typed {
  readonly chosen: Chosen | undefined;
  /** The words that are no options. */
  readonly operands: readonly string[];
  /** The options that say where it leads. */
  readonly where: NonNullable<Next['options']>;
}

/** What the parser did not understand, in our own words. */
export function inOurWords(error: { readonly code: string; readonly message: string }, typed: Typed): ImgctlError {
  const quoted = /'([^']*)/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownOption':
      return unknownOption(quoted, typed.chosen);
    case 'commander.missingArgument':
      return usageError(`${quoted.toUpperCase()} is required`);
    case 'commander.optionMissingArgument':
      return usageError(`${/--[\w-]+/.exec(quoted)?.[0] ?? quoted} requires a value`);
    case 'commander.excessArguments':
      return unexpected(typed);
    default:
      return usageError('the arguments cannot be understood');
  }
}

const asHint = (hint: string | undefined): { readonly hint?: string } => (hint === undefined ? {} : { hint });

/** An option that the verb has not. Its value may be a secret and is not told. */
function unknownOption(typedFlag: string, chosen: Chosen | undefined): ImgctlError {
  const flag = typedFlag.replace(/=.*$/s, '');
  const options: Options = { ...globalOptions, ...chosen?.command.options };
  const flags = Object.entries(options).flatMap(([key, { kind }]) =>
    kind === 'switch' ? [`--${flagName(key)}`, `--no-${flagName(key)}`] : [`--${flagName(key)}`],
  );
  if (flags.includes(flag)) return withoutValue(flag, flags);
  const meant = optionSynonyms[flag]?.find((words) => flags.includes(words.split(' ')[0] ?? ''));
  const arg = argumentOptions[flag]?.find((name) => chosen && Object.hasOwn(chosen.command.args, name));
  const hint =
    arg !== undefined
      ? `${arg.toUpperCase()} is an argument: give it without ${flag}.`
      : meant !== undefined
        ? `Use ${meant === '--profile' ? '-p PROFILE' : meant}.`
        : didYouMean(
            nearest(
              flag.slice(2),
              flags.map((each) => each.slice(2)),
            ).map((each) => `--${each}`),
          );
  return usageError(`unknown option: ${flag}`, asHint(hint));
}

const withoutValue = (flag: string, flags: readonly string[]): ImgctlError => {
  const off = `--no-${flag.slice(2)}`;
  return usageError(`${flag} takes no value`, {
    hint: flags.includes(off) ? `Use ${flag} or ${off}.` : `Use ${flag} alone.`,
  });
};

/** A hint, and the command in it; or the hint alone. */
type Meant = readonly [hint: string, next?: Next];

/** What is meant by one argument too many, by the verb: `given` are those before it. */
const oneTooMany: Readonly<Record<string, (word: string, given: readonly string[]) => Meant>> = {
  upload: (word, [file = 'FILE']) => ['Name the image with:', { verb: 'upload', args: [file], options: { name: word } }],
  import: (word, [name = 'NAME']) => ['Name the source with:', { verb: 'import', args: [name], options: { url: word } }],
  share: (word, [image = 'IMAGE']) => ['Say with whom:', { verb: 'share', args: [image], options: { with: word } }],
  unshare: (word, [image = 'IMAGE']) => ['Say with whom:', { verb: 'unshare', args: [image], options: { with: word } }],
  create: (word, [name = 'NAME']) => ['Send data with:', { verb: 'upload', args: [word], options: { name } }],
  'profile add': (word, [name = 'NAME']) =>
    /^[^=]+=/.test(word)
      ? ['Give each field as --set FIELD=VALUE.']
      : ['Name the provider with:', { verb: 'profile add', args: [name], options: { provider: word } }],
  places: (word) => ['Name the profile with:', { verb: 'places', options: { profile: word } }],
  'profile list': () => ['Show one with:', { verb: 'profile show', args: ['NAME'] }],
};

function unexpected({ chosen, operands, where }: Typed): ImgctlError {
  const args = chosen ? Object.keys(chosen.command.args).length : 0;
  const word = operands[args] ?? '';
  const [told, next] = (chosen && oneTooMany[chosen.entry.path]?.(word, operands.slice(0, args))) ?? [];
  // Behind what is meant, and not in the place of it.
  const hint =
    next && told !== undefined
      ? hintWith(told, [{ ...next, options: { ...next.options, ...where, ...next.options } }], nowhere)
      : told;
  // A field's value may be a secret.
  return usageError(`unexpected argument: ${word.replace(/=.*$/s, '=…')}`, asHint(hint));
}

const listVerbs = 'List all verbs with: imgctl help';

const synonymOf = (word: string): string | undefined => (Object.hasOwn(verbSynonyms, word) ? verbSynonyms[word] : undefined);

/** A verb that there is not: what is nearly it, or what other tools call so. `next`: the word behind it. */
export function unknownVerb(word: string, next: string | undefined, commands: readonly CommandEntry[]): ImgctlError {
  const message = `unknown verb: ${word}`;
  const known = commands.flatMap((one) => [one.path.split(' ')[0] ?? '', ...(one.path.includes(' ') ? [] : one.aliases)]);
  if (groupsElsewhere.has(word) && next !== undefined) {
    const same = known.includes(next) ? next : synonymOf(next);
    return usageError(message, { hint: same === undefined ? `Omit ${word}. ${listVerbs}` : `Use: imgctl ${same}` });
  }
  const same = synonymOf(word);
  if (same !== undefined) return usageError(message, { hint: `Use: imgctl ${same}` });
  const meant = didYouMean(nearest(word, known));
  return usageError(message, { hint: meant === undefined ? listVerbs : `${meant} ${listVerbs}` });
}

/** A second word that its group has not. */
export function unknownInGroup(group: string, word: string, inGroup: readonly CommandEntry[]): ImgctlError {
  const names = inGroup.flatMap(({ path, aliases }) => [path.slice(group.length + 1), ...aliases]);
  const same = group === 'profile' && Object.hasOwn(profileSynonyms, word) ? profileSynonyms[word] : undefined;
  const close = nearest(word, names).map((each) => `${group} ${each}`);
  return usageError(`unknown verb: ${group} ${word}`, {
    hint: same === undefined ? (didYouMean(close) ?? `List them with: imgctl help ${group}`) : `Use: imgctl ${same}`,
  });
}

/** An unknown option, or one of a verb, before the verb: what stands behind it is its value and not the verb. */
export function misplacedOption(flag: string, options: readonly (readonly [string, Option])[]): ImgctlError {
  const name = flag.replace(/=.*$/s, '');
  const known = options.find(([key]) => `--${flagName(key)}` === name);
  if (known)
    return usageError(`${name} stands before the verb`, { hint: `Use: imgctl VERB ${flagsOf(...known).replace(/^-\w, /, '')}` });
  return unknownOption(flag, undefined);
}

/** Options and no verb. `swallowed`: an option whose value is a verb. */
export function noVerb(swallowed: { readonly flag: string; readonly value: string } | undefined, group?: string): ImgctlError {
  if (swallowed)
    return usageError(`no verb: ${swallowed.flag} took "${swallowed.value}" as its value`, {
      hint: `Specify a value for ${swallowed.flag} (was a variable empty?).`,
    });
  return usageError(group === undefined ? 'a verb is required' : `a verb is required after ${group}`, {
    hint: group === undefined ? listVerbs : `List them with: imgctl help ${group}`,
  });
}
