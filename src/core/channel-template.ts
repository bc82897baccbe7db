import { configError } from './errors.ts';
import type { Channel } from './channel.ts';

/** What says that nothing is to follow a channel. */
const none = 'none';

/**
 * What is made of a channel by a template such as `{{name}}-{{channel}}`, as a profile has it in a field; absent where nothing is to be.
 * Throws CONFIG for one that leaves out which channel it is, or has other words in it.
 */
export function channelTemplate(text: string, field: string): ((channel: Channel) => string) | undefined {
  if (text === none) return undefined;
  const words = [...text.matchAll(/\{\{\s*(.*?)\s*\}\}/g)].map(([, word = '']) => word);
  const odd = words.find((word) => word !== 'name' && word !== 'channel');
  if (odd !== undefined || !words.includes('channel'))
    throw configError(odd === undefined ? `${field}: ${text} has no {{channel}}` : `${field}: {{${odd}}} is not known`, {
      hint: `Use {{name}} and {{channel}}, as in {{name}}-{{channel}}, or ${none}.`,
    });
  return ({ name, channel }) =>
    text.replace(/\{\{\s*(name|channel)\s*\}\}/g, (_all, word: string) => (word === 'name' ? name : channel));
}
