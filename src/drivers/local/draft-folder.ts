import { randomUUID } from 'node:crypto';
import { constants, link, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { notFoundError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { recordPending } from './blob-journal.ts';
import { ifThere, onDisk } from './errors.ts';
import {
  blobsPath,
  makeLayout,
  newTemporaryPath,
  publishAll,
  temporaryFilesPath,
  type Folder,
  type LockedFolder,
} from './folder.ts';
import { isOursAlone } from './link.ts';
import { openToRead } from './safe-file.ts';
import { beginHeartbeat, isDraftName, removeTemporaryFile } from './temporary-file.ts';
import { writeNewFile } from './write-temporary-file.ts';

/** How many are read and made side by side. */
const atOnce = 4;
const syncedAtOnce = 32;
/** Windows syncs only what may be written to. */
const syncFlags = process.platform === 'win32' ? 'r+' : 'r';

/** A piece of a disk with its SHA-256 in hex. */
interface Piece {
  readonly hex: string;
  readonly bytes: Uint8Array;
}

/**
 * Blobs of one image on their way into a folder: a folder of their own beside the drafts, in which each is called by its digest as soon
 * as it is whole. So what a run has brought that died is told from what it had only begun, and the next one need not write
 * it anew. Nothing leads to them before they are placed; whoever opens it has to close it.
 */
export class DraftFolder {
  readonly path: string;
  /** Folders in which a piece may lie that need not be written then. */
  readonly #others: readonly string[];
  readonly #names = new Map<string, Promise<void>>();
  readonly #synced = new Set<string>();
  readonly #rest: () => void;

  private constructor(at: string, others: readonly string[]) {
    this.path = at;
    this.#others = others;
    this.#rest = beginHeartbeat(at);
  }

  /** Opens a new one. What dead runs left is cleared away only by the next change: it may be of use. */
  static async open(folder: Folder): Promise<DraftFolder> {
    await makeLayout(folder);
    const at = newTemporaryPath(folder);
    await onDisk(`cannot create the folder ${at}`, mkdir(at));
    return new DraftFolder(at, await othersIn(folder, at));
  }

  /** Goes on with that of a run that is dead. Throws NOT_FOUND where it is gone. */
  static async takeOver(folder: Folder, name: string): Promise<DraftFolder> {
    const before = path.join(temporaryFilesPath(folder), name);
    const at = newTemporaryPath(folder);
    const gone = notFoundError(`the drafts ${name} in ${folder.path} are gone`);
    if (!isDraftName(name)) throw gone;
    const taken = rename(before, at).then(() => true);
    if (!(await ifThere(`cannot take over ${before}`, taken))) throw gone;
    // Under its new name nobody takes it for forgotten.
    const now = new Date();
    await onDisk(`cannot write ${at}`, utimes(at, now, now));
    return new DraftFolder(at, await othersIn(folder, at));
  }

  get name(): string {
    return path.basename(this.path);
  }

  /** Puts in a piece, unless it is there by then: written before, in the store, or in drafts of another run. What is there is read. */
  async put(piece: Piece, signal: AbortSignal): Promise<void> {
    await this.#once(piece.hex, async () => {
      if (await holds(this.#at(piece.hex), piece)) return;
      for (const other of this.#others) if (await this.#adopt(path.join(other, piece.hex), piece)) return;
      await this.#finish(piece.hex, async (part) => {
        await writeNewFile(part, once(piece.bytes), signal, () => piece.hex);
      });
    });
  }

  /** Has `make` make each of many, several at once, as a file of the name that it is given; `hexOf` is the digest that it proves to have. */
  async fill<One>(
    all: readonly One[],
    hexOf: (one: One) => string,
    make: (one: One, file: string) => Promise<void>,
  ): Promise<void> {
    const left = [...all];
    const worker = async (): Promise<void> => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        const each = one;
        const made = this.#once(hexOf(each), () => this.#finish(hexOf(each), (part) => make(each, part)));
        await made.catch((error: unknown) => {
          left.length = 0;
          throw error;
        });
      }
    };
    await allEnded(Array.from({ length: atOnce }, worker));
  }

  /**
   * Has the disk hold all that it does not hold yet: many at once, for a file system writes them in one go then; one by one, each waits
   * for a write of its own. It takes a while: better before they are placed, which is under the lock.
   */
  async sync(): Promise<void> {
    const left = [...this.#names.keys()].filter((hex) => !this.#synced.has(hex));
    const worker = async (): Promise<void> => {
      for (let hex = left.pop(); hex !== undefined; hex = left.pop()) {
        const file = this.#at(hex);
        const handle = await onDisk(`cannot read ${file}`, open(file, syncFlags));
        await onDisk(`cannot write ${file}`, handle.sync()).finally(() => handle.close());
        this.#synced.add(hex);
      }
    };
    await allEnded(Array.from({ length: syncedAtOnce }, worker));
  }

  /** Gives all of them their places among the blobs, where they take that of what has the name already. */
  async place(folder: LockedFolder): Promise<void> {
    await this.sync();
    const names = [...this.#names.keys()];
    await recordPending(
      folder,
      names.map((hex) => `sha256:${hex}`),
    );
    await publishAll(this.path, blobsPath(folder), names);
  }

  /** Takes away what was not placed. */
  async close(): Promise<void> {
    this.#rest();
    await removeTemporaryFile(this.path);
  }

  #at(name: string): string {
    return path.join(this.path, name);
  }

  async #once(hex: string, work: () => Promise<void>): Promise<void> {
    const begun = this.#names.get(hex) ?? work();
    this.#names.set(hex, begun);
    await begun.catch((error: unknown) => {
      this.#names.delete(hex);
      throw error;
    });
  }

  async #finish(hex: string, make: (part: string) => Promise<void>): Promise<void> {
    const part = this.#at(randomUUID());
    await make(part);
    await onDisk(`cannot write ${part}`, rename(part, this.#at(hex)));
  }

  /** A second name for a file that has these bytes; false where there is none, or it cannot have one. */
  async #adopt(file: string, piece: Piece): Promise<boolean> {
    const here = this.#at(piece.hex);
    const isLinked = await link(file, here).then(
      () => true,
      () => false,
    );
    return isLinked && (await holds(here, piece));
  }
}

/** Where blobs lie, and the drafts of other runs. */
async function othersIn(folder: Folder, own: string): Promise<readonly string[]> {
  const drafts = temporaryFilesPath(folder);
  const entries = await onDisk(`cannot read ${drafts}`, readdir(drafts, { withFileTypes: true }));
  const folders = entries.filter((entry) => entry.isDirectory() && isDraftName(entry.name));
  return [blobsPath(folder), ...folders.map(({ name }) => path.join(drafts, name)).filter((each) => each !== own)];
}

/** Waits for all; then the first failure is thrown. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(work)) if (one.status === 'rejected') throw one.reason;
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

/** Not every platform has it. */
const { O_NOFOLLOW = 0 } = constants;
const compareBytes = 1024 * 1024;

/** Whether a file has these bytes, and nobody else can change that. One that is there and is another goes. */
async function holds(file: string, { bytes }: Piece): Promise<boolean> {
  const handle = await openToRead(file, O_NOFOLLOW).catch(() => undefined);
  if (!handle) return false;
  try {
    const found = await handle.stat();
    let isSame = isOursAlone(found) && found.size === bytes.length;
    const memory = Buffer.allocUnsafe(Math.min(compareBytes, bytes.length));
    for (let at = 0; isSame && at < bytes.length;) {
      const { bytesRead } = await handle.read(memory, 0, Math.min(memory.length, bytes.length - at), at);
      isSame = bytesRead > 0 && memory.compare(bytes, at, at + bytesRead, 0, bytesRead) === 0;
      at += bytesRead;
    }
    if (!isSame) await rm(file, { force: true });
    return isSame;
  } finally {
    await handle.close();
  }
}
