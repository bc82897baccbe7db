import { randomUUID } from 'node:crypto';
import { conflictError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { Call, UploadRequest } from '../../core/operation.ts';
import { manifestIn } from '../_oci/image-documents.ts';
import { isId, ownIds } from '../_oci/ids.ts';
import { storedRecord } from '../_oci/record.ts';
import { tagOfName } from '../_oci/tag-of-name.ts';
import type { OciClient } from './client.ts';
import { article } from './foreign.ts';
import { lookUp } from './images.ts';
import { isOurs } from './tagged.ts';
import { tagsOf } from './tags.ts';

const mostNumbers = 100;

/** The tag that the image has where it comes from, if it has the same name there; absent for one that nobody has chosen. */
function keptTag(original: UploadRequest['original'], name: string): string | undefined {
  if (!original || !manifestIn(original) || !isId(original.id) || ownIds.test(original.id)) return undefined;
  return storedRecord(parseJson(original.values.record ?? '') ?? {}).name === name ? original.id : undefined;
}

type Naming = Pick<UploadRequest, 'description' | 'replaces' | 'original' | 'nameMustBeFree'>;

/**
 * The tag of a new image: that of the image that it replaces, the one that it has where it comes from, or one that is made of its name;
 * a UUID where the profile says so, or the name makes none. A tag that is taken stays what it is: CONFLICT where the name must be free,
 * else the next number behind it.
 */
export async function newTag(client: OciClient, naming: Naming, call: Call): Promise<string> {
  const { home, tagsByName } = client;
  const { description, replaces, original, nameMustBeFree } = naming;
  if (!tagsByName) return randomUUID();
  if (replaces !== undefined && !ownIds.test(replaces)) return replaces;
  const tag = keptTag(original, description.name) ?? tagOfName(description.name);
  if (tag === undefined) return randomUUID();
  const tags = await tagsOf(home, call);
  const holder = tags.find((each) => each.toLowerCase() === tag.toLowerCase());
  if (holder === undefined) return tag;
  const words = `the tag ${holder} of ${home.shown} is taken by ${await shownHolder(client, holder, call)}`;
  if (nameMustBeFree)
    throw conflictError(words, { hint: 'Use another name, or have a number put behind the tag with --if-exists rename.' });
  const taken = new Set(tags.map((each) => each.toLowerCase()));
  const numbers = Array.from({ length: mostNumbers }, (_, n) => `${tag}-${n + 2}`);
  const free = numbers.find((each) => !taken.has(each.toLowerCase())) ?? randomUUID();
  call.note({ kind: 'warning', message: `${words}; the new image gets the tag ${free}` });
  return free;
}

/** Who has a tag, for people. */
async function shownHolder({ home }: OciClient, tag: string, call: Call): Promise<string> {
  const found = await lookUp(home, tag, call);
  if (found === undefined) return 'what cannot be read';
  return isOurs(found) ? `image "${found.record.name}"` : `${article(found.kind)} of another tool`;
}
