import { createHash } from 'node:crypto';
import type { Block, BlockRequest, BlocksSent, BlockUpload } from '../../core/blocks.ts';
import { ImgctlError, notFoundError } from '../../core/errors.ts';
import { contentIdProperty, type ImageRecord } from '../../core/image.ts';
import { began } from '../../core/job-operation.ts';
import type { Call } from '../../core/operation.ts';
import { BootScan } from './boot.ts';
import type { AwsClient } from './client.ts';
import { removeImage, removeSnapshot } from './deregister.ts';
import { findImage, ownByName } from './images.ts';
import { digestsKept, keepDigests, type Parent } from './parent.ts';
import { bytesTag, gib as gibibyte, snapshotsOf } from './record.ts';
import { imageOf, registerImage } from './register.ts';
import { openToAll } from './permissions.ts';
import { described, readImage } from './show.ts';
import { awaitSnapshot, blockBytes, completeSnapshot, putBlock, type SnapshotAt } from './snapshots.ts';
import type { Tag } from './tags.ts';
import { textIn } from './xml.ts';

/** What an upload is about. */
interface Uploading {
  readonly request: BlockRequest;
  readonly snapshot: SnapshotAt;
  readonly bytes: number;
  readonly gib: number;
  readonly parent?: Parent | undefined;
  /** Blocks before this one are there already. */
  readonly done?: number;
}

/** So many blocks are told of at once: each name that an upload gets is written down. */
const stride = 64;

/** `eu-central-1/snap-0123:640`: where it is, and up to which block it has all. */
const refOf = ({ region, id }: SnapshotAt, done: number): string => `${region}/${id}:${done}`;

/** Throws NOT_FOUND for what is no name of an upload. */
export function fromRef(ref: string): { readonly snapshot: SnapshotAt; readonly done: number } {
  const [, region, id, done] = /^([a-z0-9-]+)\/(snap-[0-9a-f]+):(\d+)$/.exec(ref) ?? [];
  if (region === undefined || id === undefined) throw notFoundError(`${ref} is no upload to AWS`);
  return { snapshot: { region, id }, done: Number(done) };
}

/** A snapshot that is written block by block, and becomes an image. */
export class SnapshotUpload implements BlockUpload {
  readonly blockBytes = blockBytes;
  ref: string;
  readonly #client: AwsClient;
  readonly #of: Uploading;
  readonly #scan = new BootScan();
  readonly #written = new Map<number, Uint8Array>();
  readonly #underWay = new Set<number>();
  #next = 0;
  #last: Buffer | undefined;
  #image: string | undefined;
  #isRegistering = false;

  constructor(client: AwsClient, of: Uploading) {
    this.#client = client;
    this.#of = of;
    this.ref = refOf(of.snapshot, of.done ?? 0);
  }

  /** The last block is filled up, and its digest another one than is known of it: it is always put. The first tells how the disk starts. */
  has(index: number): boolean {
    const { done = 0, bytes } = this.#of;
    return index > 0 && index < done && index < Math.floor((bytes - 1) / blockBytes);
  }

  async put(block: Block, call: Call): Promise<void> {
    const { snapshot, parent } = this.#of;
    this.#scan.see(block.offset, block.bytes);
    const isShort = block.bytes.byteLength < blockBytes;
    const bytes = isShort ? Buffer.concat([block.bytes], blockBytes) : block.bytes;
    const digest = isShort || !block.digest ? createHash('sha256').update(bytes).digest() : Buffer.from(block.digest);
    if (isShort) this.#last = digest;
    if (parent && parent.holds(block.index, digest)) return;
    this.#begin(block.index);
    await putBlock(this.#client, snapshot, block.index, bytes, digest, call);
    if (parent || digestsKept(this.#of.bytes)) this.#written.set(block.index, digest);
    this.#end(block.index);
  }

  #begin(index: number): void {
    this.#underWay.add(index);
    this.#next = Math.max(this.#next, index + 1);
  }

  #end(index: number): void {
    this.#underWay.delete(index);
    const done = this.#underWay.size === 0 ? this.#next : Math.min(...this.#underWay);
    if (done - fromRef(this.ref).done >= stride) this.ref = refOf(this.#of.snapshot, done);
  }

  /** What was put, as it was: where an image is built on, that is not all that there is. */
  #sent({ blocks, digests }: BlocksSent): Pick<BlocksSent, 'blocks' | 'digests'> {
    if (!this.#of.parent) return { blocks, digests: this.#last ? replacedLast(digests, this.#last) : digests };
    return { blocks: this.#written.size, digests: [...this.#written].sort(([a], [b]) => a - b).map(([, digest]) => digest) };
  }

  async complete(sent: BlocksSent, call: Call): Promise<ImageRecord> {
    const { request, snapshot, bytes, gib, parent, done } = this.#of;
    const written = this.#sent(sent);
    await completeSnapshot(this.#client, snapshot, written.blocks, written.digests, call);
    await awaitSnapshot(this.#client, snapshot, call);
    const contentId = await request.contentId?.();
    const tags: readonly Tag[] = [
      ...(contentId === undefined ? [] : [[contentIdProperty, contentId] as const]),
      ...(bytes === gib * gibibyte ? [] : [[bytesTag, String(bytes)] as const]),
    ];
    const { description, extras } = request;
    const wanted = { description, extras, snapshot, gib, boot: this.#scan.facts, tags };
    this.#isRegistering = true;
    this.#image = await registerImage(this.#client, wanted, call).catch((error: unknown) => {
      throw undoable(error);
    });
    began(call, { verb: 'upload', image: this.#image, place: snapshot.region });
    const found = await imageOf(this.#client, this.#image, snapshot, call).catch((error: unknown) => {
      throw undoable(error);
    });
    if (!done) await keepDigests(this.#client, snapshot.id, bytes, parent, this.#written);
    if (description.visibility !== 'public') return described(this.#client, found, call);
    await openToAll(this.#client, this.#image, snapshot.region, call);
    return readImage(this.#client, this.#image, call);
  }

  /** The image that was made although nobody has said so. Where that cannot be found out, it is said. */
  async #registered(call: Call): Promise<string | undefined> {
    const { request, snapshot } = this.#of;
    const { name } = request.description;
    const there = await ownByName(this.#client, snapshot.region, name, call).catch((error: unknown) => {
      const unknown = `nobody could say whether an image ${name} was made of ${snapshot.id}`;
      call.note({ kind: 'warning', message: `${unknown}. Check whether the image was created before you try again` });
      throw error;
    });
    return textIn(there.find((wire) => snapshotsOf(wire).includes(snapshot.id))?.imageId);
  }

  async abort(call: Call): Promise<void> {
    const { snapshot } = this.#of;
    const image = this.#image ?? (this.#isRegistering ? await this.#registered(call) : undefined);
    if (image === undefined) return removeSnapshot(this.#client, snapshot.region, snapshot.id, call);
    try {
      const found = await findImage(this.#client, image, call);
      await removeImage(this.#client, found, call);
      if (!snapshotsOf(found.wire).includes(snapshot.id)) await removeSnapshot(this.#client, snapshot.region, snapshot.id, call);
    } catch (error) {
      call.note({ kind: 'warning', message: `image ${image} could not be taken back` });
      throw error instanceof ImgctlError ? error.with({ leftover: image }) : error;
    }
    call.note({ kind: 'removed', id: image });
  }
}

/** A failure that leaves open whether an image was made, or has made a wrong one: all of it is taken back. */
function undoable(error: unknown): unknown {
  if (!(error instanceof ImgctlError) || (!error.circumstances.uncertain && error.circumstances.leftover === undefined))
    return error;
  const { uncertain: _open, leftover: _undone, ...known } = error.circumstances;
  return new ImgctlError(error.code, error.message, known);
}

/** The same digests with another one at the end. */
function* replacedLast(digests: Iterable<Uint8Array>, last: Uint8Array): Generator<Uint8Array> {
  let held: Uint8Array | undefined;
  for (const digest of digests) {
    if (held) yield held;
    held = digest;
  }
  if (held) yield last;
}
