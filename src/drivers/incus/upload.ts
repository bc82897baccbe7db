import { textIn } from '../../core/json.ts';
import { createHash } from 'node:crypto';
import { conflictError, ImgctlError, integrityError, providerError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call, Content, Editable, Operation, UploadRequest } from '../../core/operation.ts';
import { checkAlias, readAlias, requireFree } from './aliases.ts';
import { alreadyThere, asAsked } from './already-there.ts';
import { addressFor, imageExists, refused, signedBy, trusted, wayOf, type IncusClient, type ServerInfo } from './client.ts';
import { deleteImage } from './delete.ts';
import { metadataArchive } from '../_metadata/archive.ts';
import { closing, partHead } from './multipart.ts';
import { headersOf, warnOfProperties } from './description.ts';
import { envelopeOf, isOpen } from './errors.ts';
import { labels, labelsOf } from './labels.ts';
import { named } from './named.ts';
import { lookedFor, settled, type Ended } from './settle.ts';

/** What can be said of a new image. */
export const describable = [
  'name',
  'description',
  'visibility',
  'architecture',
  'properties',
] as const satisfies readonly Editable[];

/** Oddity: whatever is sent is taken for a disk, and only qcow2 can be started. The id is a digest over metadata and disk. */
export const upload: Operation<IncusClient, 'upload'> = {
  accepts: [{ format: 'qcow2' }],
  fields: describable,
  into: false,
  digests: [],
  extras: labels,
  verifies: true,

  async run(client, request, call) {
    const { description, content, nameMustBeFree: mustBeFree = false } = request;
    const { name } = description;
    checkAlias(name);
    const naming = { description, mustBeFree, labels: labelsOf(request.extras) };
    warnOfProperties(description.properties ?? {}, call);
    const what = `uploading ${name}`;
    const info = await trusted(client, what, call);
    if (mustBeFree) await requireFree(client, name, call);
    const metadata = metadataOf(description, info);
    const there = mustBeFree
      ? undefined
      : await alreadyThere(client, { name, metadata, content, contentId: request.contentId }, call);
    if (there !== undefined) return asAsked(client, there, naming, call);
    const body = bodyOf(content, metadata, (id) => claim(client, { id, name, mustBeFree }, call));
    try {
      const ended = await sent(client, request, { body, info, what }, call);
      const id = await made(client, { ended, body, what }, call);
      call.note({ kind: 'created', id });
      return await named(client, naming, id, call);
    } catch (error) {
      const known = body.claimed();
      if (known?.is !== 'there') throw error;
      return asAsked(client, known.id, naming, call);
    }
  },
};

/** What is sent: metadata, then the disk. */
interface Body {
  readonly boundary: string;
  readonly bytes: Bytes;
  readonly length?: number;
  /** What the server makes of it; absent until the end is about to be sent: before that it makes nothing. */
  readonly claimed: () => Claimed | undefined;
}

/** `again`: an earlier try has sent it too. `there`: the name leads to it already, and the end is not sent. */
interface Claimed {
  readonly id: string;
  readonly is: 'new' | 'again' | 'there';
}

interface Wanted {
  readonly id: string;
  readonly name: string;
  readonly mustBeFree: boolean;
}

const isThere = (id: string, name: string): ImgctlError =>
  conflictError(`image ${id} has this disk under the name "${name}" already`, {
    hint: 'Use it as it is. If it has lost that name, give it back with:',
    next: [{ verb: 'patch', image: id, options: { name } }],
  });

/**
 * Right before the end is sent. Throws CONFLICT where the image is there already, and not by an earlier try: the same name and bytes are
 * the same image, and what somebody else has made is neither given back as made here, nor removed when something fails. Not so
 * where it is what bears the name that may be taken.
 */
async function claim(client: IncusClient, { id, name, mustBeFree }: Wanted, call: Call): Promise<Claimed> {
  if (client.sent.has(id)) return intended(id, 'again', call);
  if (await imageExists(client, id, call)) {
    if (!mustBeFree && (await readAlias(client, name, call))?.target === id) return { id, is: 'there' };
    throw isThere(id, name);
  }
  client.sent.add(id);
  return intended(id, 'new', call);
}

function intended(id: string, is: Claimed['is'], call: Call): Claimed {
  call.note({ kind: 'intended', id });
  return { id, is };
}

/** With the name in it: the same disk can be there under several, each an image of its own. */
const metadataOf = ({ name, architecture }: UploadRequest['description'], info: ServerInfo): Uint8Array =>
  metadataArchive({ architecture: architecture ?? info.architecture ?? 'x86_64', created: 1, properties: { name } });

function bodyOf(content: Content, metadata: Uint8Array, claiming: (id: string) => Promise<Claimed>): Body {
  const boundary = `imgctl-${crypto.randomUUID()}`;
  const heads = [partHead(boundary, 'metadata', 'metadata.tar'), metadata, partHead(boundary, 'rootfs.img', 'disk.qcow2')];
  const end = closing(boundary);
  const around = [...heads, end].reduce((sum, { length }) => sum + length, 0);
  let claimed: Claimed | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield* heads;
    const hash = createHash('sha256').update(metadata);
    const count = yield* hashed(content, hash);
    // Fewer than were said: without its end the server makes nothing of it.
    if (content.bytes !== undefined && count !== content.bytes) return;
    const id = hash.digest('hex');
    claimed = await claiming(id);
    if (claimed.is === 'there') throw conflictError(`image ${id} is there already`);
    yield end;
  }
  return {
    boundary,
    bytes: bytes(),
    ...(content.bytes === undefined ? {} : { length: around + content.bytes }),
    claimed: () => claimed,
  };
}

async function* hashed(content: Content, hash: { update(bytes: Uint8Array): unknown }): AsyncGenerator<Uint8Array, number> {
  let count = 0;
  for await (const chunk of content.open()) {
    hash.update(chunk);
    count += chunk.length;
    yield chunk;
  }
  return count;
}

interface Sending {
  readonly body: Body;
  readonly info: ServerInfo;
  readonly what: string;
}

/** Sends all of it, and waits for what the server makes of it. What cannot be told from its answers is `forgotten`. */
async function sent(
  client: IncusClient,
  { description, contentId }: UploadRequest,
  { body, info, what }: Sending,
  call: Call,
): Promise<Ended> {
  try {
    const answer = await client.http.send(
      {
        method: 'POST',
        ...wayOf(client),
        url: addressFor(client, 'images'),
        headers: {
          ...signedBy(client),
          ...headersOf(description, info.product),
          'content-type': `multipart/form-data; boundary=${body.boundary}`,
        },
        bytes: body.bytes,
        ...(body.length === undefined ? {} : { length: body.length }),
        // Else a refusal may be lost with the connection.
        expectContinue: true,
      },
      call,
    );
    if (answer.status !== 202) throw await refused(client, answer, what, call);
    // For this the disk may be read once more, while the server is at work. Whoever needs it hears of its failure.
    const lookedInto = contentId?.().catch(() => undefined);
    const ended = await settled(client, { answer, body: envelopeOf(answer, what) }, what, call);
    await lookedInto;
    if (ended.is === 'running') throw ended.error;
    return ended;
  } catch (error) {
    if (!isOpen(error) || body.claimed() === undefined) throw withLeftover(error, body.claimed()?.id);
    return { is: 'failed', error };
  }
}

/** Once the end was sent, the image may come to be although nobody waits for it any more. */
function withLeftover(error: unknown, id: string | undefined): unknown {
  const mayBe = error instanceof ImgctlError && ['ABORTED', 'WAIT_TIMEOUT'].includes(error.code) && id !== undefined;
  return mayBe ? error.with({ leftover: id, uncertain: true }) : error;
}

interface Outcome {
  readonly ended: Ended;
  readonly body: Body;
  readonly what: string;
}

/**
 * The id of the image that was made. Oddity: work that has failed may have made it all the same; and that there is one already is what
 * an earlier try has made, else somebody else's in the same moment.
 */
async function made(client: IncusClient, { ended, body, what }: Outcome, call: Call): Promise<string> {
  const { id, is } = body.claimed() ?? { id: '', is: 'new' };
  if (ended.is === 'done') {
    const theirs = textIn(ended.metadata.fingerprint);
    if (theirs === undefined || theirs === id) return id;
    await deleteImage(client, theirs, call);
    throw integrityError(`${what}: the server has got something else than was sent: ${theirs}, not ${id}`);
  }
  const error = ended.is === 'failed' ? ended.error : providerError(`${what}: the server has forgotten how it ended`);
  if (error.code === 'CONFLICT' && is !== 'again') throw error;
  if (await appears(client, id, error, call)) return id;
  throw error;
}

/**
 * Whether the image is there, or comes where the answer to the last byte was lost: the server goes on by itself for a while. Throws
 * the error with the image as what may be left over where that cannot be told.
 */
async function appears(client: IncusClient, id: string, error: ImgctlError, call: Call): Promise<boolean> {
  const look = async (): Promise<true | undefined> => ((await imageExists(client, id, call)) ? true : undefined);
  const seen = isOpen(error) ? lookedFor('the image to appear', look, call) : look();
  return (await seen.catch(() => Promise.reject(error.with({ leftover: id, uncertain: true })))) ?? false;
}
