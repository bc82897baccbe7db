import type { OperationName } from './operation-names.ts';

/** Of these a region says nothing, or it is that of a target (`copy`). */
const regionless = [
  'apply',
  'copy',
  'help',
  'inspect',
  'ops list',
  'ops show',
  'ops resume',
  'ops undo',
  'plan',
  'profile add',
  'profile import',
  'profile list',
  'profile set',
  'profile show',
  'providers',
  'sources',
] as const;

/** Verbs of the command line beside those that providers have, as far as something leads on to them. */
export const otherVerbs = [
  ...regionless,
  'channel delete',
  'channel history',
  'channel list',
  'channel revoke',
  'channel rollback',
  'channel set',
  'channel show',
  'profile check',
  'unshare',
  'wait',
] as const;

/** A name in the account that the failure is of: typed as `PROFILE:NAME`. */
export interface InProfile {
  readonly inProfile: string;
}
export type Word = string | InProfile;

/**
 * A command that leads on from a failure, as data: who raises the failure need not know the profile, whoever does writes the
 * command out (`commandLine`). Words in capitals (`FILE`) are for the user to fill in.
 */
export interface Next {
  readonly verb: OperationName | (typeof otherVerbs)[number];
  /** Id of the image that it is about: its first operand. */
  readonly image?: string;
  readonly args?: readonly Word[];
  /** By name without dashes; true: it takes no value; several: it is given again for each. */
  readonly options?: Readonly<Record<string, Word | true | readonly string[]>>;
}

/** Sends a file to a record that waits for its data. */
export const fillingOf = (image: string): Next => ({ verb: 'upload', args: ['FILE'], options: { into: { inProfile: image } } });
/** Makes an image of a file. */
export const uploading: Next = { verb: 'upload', args: ['FILE'], options: { name: { inProfile: 'NAME' } } };

/** Where a command leads, as it was typed: the profile, absent for the current one, and the region in the place of the profile's. */
export interface TypedAt {
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
}
/** Of a command that is about no account, or about the current profile as it is. */
export const nowhere: TypedAt = {};

/** How a command is told which profile it is about, where no image says so. */
const profileOf: Readonly<Partial<Record<Next['verb'], 'operand' | 'option'>>> = {
  'channel delete': 'option',
  'channel history': 'option',
  'channel list': 'option',
  'channel rollback': 'option',
  'channel show': 'option',
  list: 'option',
  places: 'option',
  'profile check': 'operand',
  'profile set': 'operand',
  'profile show': 'operand',
};

const plain = /^[\w@%+=:,./…-]+$/;

/** Options that everybody knows by their letter. */
const letters: Readonly<Record<string, string>> = { file: '-f', profile: '-p' };

/** A text as one word of a POSIX shell. */
export const shellWord = (text: string): string => (plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** An image as it is named on the command line, whatever the current profile is. */
export const typedImage = (profile: string, image: string): string => shellWord(`${profile}:${image}`);

/** The command as it is to be typed, to lead where the failure was: with the profile, and with the region that was typed. */
export function commandLine({ verb, image, args = [], options = {} }: Next, { profile, region }: TypedAt): string {
  const written = (word: Word): string => {
    if (typeof word === 'string') return shellWord(word);
    return profile === undefined ? shellWord(word.inProfile) : typedImage(profile, word.inProfile);
  };
  const named = profile === undefined ? [] : [shellWord(profile)];
  const operands = [...(image === undefined ? [] : [{ inProfile: image }]), ...args].map(written);
  // Behind the options that are given, and not in the place of one of them.
  const there: Next['options'] = region === undefined || regionless.some((one) => one === verb) ? {} : { region };
  const flags = Object.entries({ ...options, ...there, ...options }).flatMap(([name, value]) => {
    const flag = letters[name] ?? `--${name}`;
    if (value === true) return [flag];
    const values: readonly Word[] = typeof value === 'string' || 'inProfile' in value ? [value] : value;
    return values.flatMap((one) => [flag, written(one)]);
  });
  return [
    'imgctl',
    verb,
    ...(profileOf[verb] === 'operand' ? named : []),
    ...operands,
    ...(profileOf[verb] === 'option' ? named.map((name) => `-p ${name}`) : []),
    ...flags,
  ].join(' ');
}

/** A hint with the commands behind it, on its last line where that ends in a colon, else on a line of their own; `written` has its own form for some. */
export function hintWith(
  hint: string | undefined,
  next: readonly Next[],
  at: TypedAt,
  written: (next: Next) => string | undefined = () => undefined,
): string {
  const commands = next.map((one) => written(one) ?? commandLine(one, at)).join(' or ');
  if (hint === undefined) return `Try: ${commands}`;
  return hint.endsWith(':') ? `${hint} ${commands}` : `${hint}\n${commands}`;
}
