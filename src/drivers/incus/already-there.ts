import { createHash } from 'node:crypto';
import type { PreparedTry } from '../../core/http.ts';
import { contentIdProperty, type ImageRecord } from '../../core/image.ts';
import { isObject } from '../../core/json.ts';
import type { Call, Content, Description } from '../../core/operation.ts';
import { readAlias } from './aliases.ts';
import { ask, imagePath, readImage, type IncusClient } from './client.ts';
import { propertiesOf } from './description.ts';
import { isStale } from './errors.ts';
import { label, type Labels } from './labels.ts';

/** What is about to be sent. */
interface Sendable {
  readonly name: string;
  readonly metadata: Uint8Array;
  readonly content: Content;
  readonly contentId: (() => Promise<string | undefined>) | undefined;
}

/**
 * The id of the image to which the name leads, where that is what would be made: told before a byte is sent, by reading what can be
 * read again. It is read only where length or content id speak for it. Absent: it is another one, or only the end of the bytes tells.
 */
export async function alreadyThere(
  client: IncusClient,
  { name, metadata, content, contentId }: Sendable,
  call: Call,
): Promise<string | undefined> {
  if (!content.repeatable) return undefined;
  const id = (await readAlias(client, name, call))?.target;
  if (id === undefined) return undefined;
  const { sizeBytes, properties } = await readImage(client, id, call);
  const known = properties[contentIdProperty];
  const isLikely =
    content.bytes === undefined
      ? known !== undefined && known === (await contentId?.())
      : sizeBytes === metadata.length + content.bytes;
  if (!isLikely) return undefined;
  const hash = createHash('sha256').update(metadata);
  for await (const chunk of content.open()) {
    call.signal.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex') === id ? id : undefined;
}

interface Asked {
  readonly description: Description;
  readonly labels: Labels;
}

/** Has an image that is there say what a new one in its place would say. */
export async function asAsked(client: IncusClient, id: string, { description, labels }: Asked, call: Call): Promise<ImageRecord> {
  const what = `changing ${id}`;
  const prepare = async (): Promise<PreparedTry> => {
    const { answer, body } = await ask(client, { method: 'GET', path: imagePath(id), what: `reading ${id}` }, call);
    const { auto_update, profiles, expires_at } = isObject(body.metadata) ? body.metadata : {};
    return {
      json: {
        auto_update,
        profiles,
        expires_at,
        properties: propertiesOf(description),
        public: description.visibility === 'public',
      },
      headers: { 'if-match': answer.headers.etag },
    };
  };
  await ask(client, { method: 'PUT', path: imagePath(id), prepare, retryWhen: isStale, what }, call);
  await label(client, id, labels, call);
  return readImage(client, id, call);
}
