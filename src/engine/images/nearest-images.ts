import { isGlob } from '../../core/glob.ts';
import { commandLine } from '../../core/hint.ts';
import type { Call } from '../../core/operation.ts';
import { nearest } from '../../host/did-you-mean.ts';
import type { Account } from '../account/account.ts';
import { listing, wholeListing } from './list.ts';

/** What to look at where no image has a name: names that are near, or how to list them. */
export async function nearestImages(at: Account, text: string, call: Call): Promise<string> {
  if (isGlob(text))
    return `Globs are not expanded here. List what matches with: ${commandLine({ verb: 'list', args: [text] }, at)}`;
  const names = new Set<string>();
  for await (const image of listing(at, { ...wholeListing, limit: 1000 }, call)) names.add(image.name);
  const close = nearest(text, [...names]);
  return close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `List images with: ${commandLine({ verb: 'list' }, at)}`;
}
