import { usageError } from './errors.ts';
import { isObject, parseJson } from './json.ts';

/** A channel of images that go by one name: `web@stable`. */
export interface Channel {
  readonly name: string;
  readonly channel: string;
}

/** One time that an image became the target of a channel. */
export interface Stint {
  /** Later ones have higher numbers, whatever clocks say. */
  readonly number: number;
  /** RFC 3339. Absent: nobody wrote it down. */
  readonly at?: string;
  readonly by?: string;
  readonly reason?: string;
  /** It was gone back to: the number of the earlier time that counts again. */
  readonly restores?: number;
  /** The channel was deleted then, and was this image until then: `restores` is the number of that time. */
  readonly isEnd?: boolean;
}

const channelWord = /^[a-z0-9][a-z0-9._-]{0,40}$/;
/** Of a name in a property; of a log too, so that whoever keeps short values only keeps it. */
const longestName = 200;
const longestLog = 250;
const longestReason = 100;
const highest = 1_000_000_000;

/** Whether a word can be a channel: in lower case, since some providers do not tell cases apart. */
export const isChannelWord = (word: string): boolean => channelWord.test(word);

/** `NAME@CHANNEL`; absent where a text is none. */
export function channelIn(text: string): Channel | undefined {
  const at = text.lastIndexOf('@');
  const [name, channel] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  return name !== '' && name.length <= longestName && isChannelWord(channel) ? { name, channel } : undefined;
}

/** The same, of what somebody has `typed`. Throws USAGE for what is none. */
export function channelOf(text: string, typed: string = text): Channel {
  const channel = channelIn(text);
  if (channel) return channel;
  throw usageError(`"${typed}" is no channel: NAME@CHANNEL is wanted, such as web@stable`, {
    hint: 'Use lower-case letters, digits, dots and dashes for the channel.',
  });
}

/** A name that nobody takes for a path or an option, wherever it is handed on. */
const possibleName = /^[\p{L}\p{N}][^\p{C}\\]*$/u;
const oddStep = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** Throws USAGE for the name of a channel that is to be made, where no image should go by it. */
export function checkChannelName({ name, channel }: Channel): void {
  if (possibleName.test(name) && !oddStep.test(name)) return;
  throw usageError(`"${name}" cannot be the name of a channel`, {
    hint: `Use a name that begins with a letter or a digit, and is no path, as in web@${channel}.`,
  });
}

export const channelText = ({ name, channel }: Channel): string => `${name}@${channel}`;

/** What is told as a reason: one line, and not too long for a property. */
export const reasonText = (text: string): string =>
  text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, longestReason);

/** When an image was the target of a channel, as it stands in a property, the newest first: the oldest are left out where there is no room. */
export function channelLog(name: string, stints: readonly Stint[]): string {
  const written = stints.map(({ number, at, by, reason, restores, isEnd }) => ({
    n: number,
    at,
    by,
    restores,
    end: isEnd,
    why: reason,
  }));
  const textOf = (count: number): string => JSON.stringify({ name, was: written.slice(0, count) });
  let count = written.length;
  while (count > 1 && textOf(count).length > longestLog) count -= 1;
  return textOf(count);
}

/** Reads what `channelLog` wrote; what is odd in it is left out: anybody may have written it. */
export function readChannelLog(
  text: string | undefined,
): { readonly name: string; readonly stints: readonly Stint[] } | undefined {
  const { name, was } = parseJson(text ?? '') ?? {};
  if (typeof name !== 'string' || name === '' || !Array.isArray(was)) return undefined;
  return { name, stints: was.flatMap(stintIn).sort((a, b) => b.number - a.number) };
}

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < highest;

function stintIn(value: unknown): readonly Stint[] {
  if (!isObject(value) || !isNumber(value.n)) return [];
  const { n, at, by, why, restores, end } = value;
  const isTime = typeof at === 'string' && !Number.isNaN(Date.parse(at));
  return [
    {
      number: n,
      ...(isTime ? { at: new Date(at).toISOString() } : {}),
      ...(typeof by === 'string' && by !== '' ? { by } : {}),
      ...(typeof why === 'string' && why !== '' ? { reason: why } : {}),
      ...(isNumber(restores) && restores < n ? { restores } : {}),
      ...(end === true ? { isEnd: true } : {}),
    },
  ];
}
