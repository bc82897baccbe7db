import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { ImgctlError, localError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import type { Source } from './source.ts';
import { checkRoom, noRoom, privateTemporaryFolder, type TemporaryFolder } from './spool.ts';
import { writeSparse } from './writers/raw.ts';

/** The most that is read of the temporary file at once. */
const pieceBytes = 1024 * 1024;

/** A source for several readers; `close` is for when all of them are done. */
export interface SharedSource {
  /** Closing it does nothing: others may still read. */
  readonly source: Source;
  close(): Promise<void>;
}

/** What has come of the origin so far, in a temporary file. */
interface Kept {
  readonly handle: FileHandle;
  readonly own: TemporaryFolder;
}

/**
 * A far source whose bytes are fetched once for all its readers, as they are first asked for, and kept in a temporary file in
 * `folder`. Where there is no room for that, which `warn` is told, each reader reads for itself.
 */
export function sharedSource(origin: Source, folder: string, warn: (message: string) => void): SharedSource {
  let file: Promise<Kept | undefined> | undefined;
  let incoming: AsyncIterator<Uint8Array> | undefined;
  let length = 0;
  let ended = false;
  let step: Promise<void> | undefined;

  async function advance({ handle }: Kept): Promise<void> {
    incoming ??= origin.open(length)[Symbol.asyncIterator]();
    try {
      const next = await incoming.next();
      if (next.done) return void (ended = true);
      await writeSparse(handle, next.value, length).catch((error: unknown) => Promise.reject(noRoom(error, folder)));
      const end = length + next.value.length;
      await handle.truncate(end);
      length = end;
    } catch (error) {
      // Whoever tries again has it opened anew, behind what has come.
      const broken = incoming;
      incoming = undefined;
      await broken?.return?.()?.catch(() => undefined);
      throw error;
    }
  }

  async function* read(from: number, to: number): Bytes {
    const kept = await (file ??= begun(origin, folder, warn));
    if (!kept) return yield* origin.open(from, to === Infinity ? undefined : to);
    for (let at = from; at <= to;) {
      if (at < length) {
        const memory = Buffer.allocUnsafe(Math.min(pieceBytes, length - at, to - at + 1));
        const { bytesRead } = await kept.handle.read(memory, 0, memory.length, at);
        if (bytesRead === 0) throw localError(`a temporary file in ${folder} was cut short`);
        at += bytesRead;
        yield memory.subarray(0, bytesRead);
      } else if (ended) return;
      else await (step ??= advance(kept).finally(() => (step = undefined)));
    }
  }

  return {
    source: { ...origin, open: (from = 0, to = Infinity) => read(from, to), close: async () => undefined },
    async close() {
      await incoming?.return?.()?.catch(() => undefined);
      const kept = await file?.catch(() => undefined);
      await kept?.handle.close();
      await kept?.own.remove();
      await origin.close();
    },
  };
}

/** An empty temporary file; absent, and told of, where there is no room for the whole. */
async function begun({ bytes = 0, name }: Source, folder: string, warn: (message: string) => void): Promise<Kept | undefined> {
  try {
    await checkRoom(folder, bytes);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'LOCAL') throw error;
    warn(`${name} is read once for each target: ${error.message}`);
    return undefined;
  }
  const own = await privateTemporaryFolder(folder);
  try {
    const handle = await open(path.join(own.path, 'spool'), 'wx+', 0o600);
    // A file without a name goes with the process, however that ends.
    if (process.platform !== 'win32') await own.remove();
    return { handle, own };
  } catch (error) {
    await own.remove();
    throw noRoom(error, folder);
  }
}
