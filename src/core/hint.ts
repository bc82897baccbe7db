/**
 * A command that leads on from a failure, as it would be typed: the word IMAGE in it stands for the image, PROFILE for the
 * profile. Who raises the failure need not know the profile; whoever does writes the command out.
 */
export interface Next {
  readonly command: string;
  /** Id of the image. */
  readonly image?: string;
}

const plain = /^[\w@%+=:,./-]+$/;

/** A text as one word of a POSIX shell. */
export const shellWord = (text: string): string => (plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** An image as it is named on the command line, whatever the current profile is. */
export const typedImage = (profile: string, image: string): string => shellWord(`${profile}:${image}`);

/** The command as it is to be typed. */
export const commandLine = ({ command, image }: Next, profile: string): string =>
  command.replace(/\b(IMAGE|PROFILE)\b/g, (word) =>
    word === 'PROFILE' ? shellWord(profile) : image === undefined ? word : typedImage(profile, image),
  );

/** A hint with the commands behind it: on its last line where that ends in a colon, else on a line of their own. */
export function hintWith(hint: string | undefined, next: readonly Next[], profile: string): string {
  const commands = next.map((one) => commandLine(one, profile)).join(' or ');
  if (hint === undefined) return `Try: ${commands}`;
  return hint.endsWith(':') ? `${hint} ${commands}` : `${hint}\n${commands}`;
}
