import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Bytes } from '../../core/http.ts';
import type { ComparedBy, Published, PublishedFile } from '../../core/publication.ts';
import { readRegularFile } from '../../host/read-file.ts';
import { checksumStream } from '../../transfer/checksum-stream.ts';
import { fileBytes } from '../../transfer/file-bytes.ts';
import type { EngineContext } from '../context.ts';
import { unlessMissing } from './folder.ts';

/** A version whose files are not as they were published. */
export interface Damaged {
  readonly version: Published;
  readonly damage: string;
}

/** Looks at files that were published, at those of each version once. Throws LOCAL for what is there and cannot be read. */
export class TreeCheck {
  readonly compared: ComparedBy;
  readonly #folder: string;
  readonly #context: Pick<EngineContext, 'signal' | 'task'>;
  readonly #known = new Map<string, Promise<string | undefined>>();

  constructor(folder: string, compared: ComparedBy, context: Pick<EngineContext, 'signal' | 'task'>) {
    this.#folder = folder;
    this.compared = compared;
    this.#context = context;
  }

  /** Those of the versions whose files are damaged, as far as they are compared. */
  async damagedOf(versions: readonly Published[]): Promise<readonly Damaged[]> {
    const damaged: Damaged[] = [];
    for (const version of versions) {
      const looked = this.#known.get(keyOf(version)) ?? this.#damageTo(version);
      this.#known.set(keyOf(version), looked);
      const damage = await looked;
      if (damage !== undefined) damaged.push({ version, damage });
    }
    return damaged;
  }

  /** They were written again. */
  mended(version: Published): void {
    this.#known.set(keyOf(version), Promise.resolve(undefined));
  }

  /** The metadata of a version, every byte as it was published; absent: it is not. */
  async metadataOf({ metadata: { path: name, sha256 } }: Published): Promise<Uint8Array | undefined> {
    const file = path.join(this.#folder, name);
    const bytes = await unlessMissing(readRegularFile(file), file);
    return bytes && createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
  }

  async #damageTo({ metadata, disk }: Published): Promise<string | undefined> {
    return (await this.#damageToFile(metadata)) ?? this.#damageToFile(disk);
  }

  async #damageToFile({ path: name, bytes, sha256 }: PublishedFile): Promise<string | undefined> {
    const file = path.join(this.#folder, name);
    const found = await unlessMissing(stat(file), file);
    if (!found) return `${name} is missing`;
    if (!found.isFile()) return `${name} is not a file`;
    if (found.size !== bytes) return `${name} has ${found.size} bytes instead of ${bytes}`;
    if (this.compared === 'size' || (await this.#sha256Of(name, file, bytes)) === sha256) return undefined;
    return `${name} has not the sha256 that it was published with`;
  }

  async #sha256Of(name: string, file: string, bytes: number): Promise<string | undefined> {
    const task = this.#context.task(`check ${name}`, { totalBytes: bytes });
    task.step('verify');
    try {
      const digest = await sha256Of(fileBytes(file), this.#context.signal, (passed) => task.advance(passed, bytes));
      task.done();
      return digest;
    } catch (error) {
      task.fail();
      throw error;
    }
  }
}

const keyOf = ({ product, serial }: Published): string => `${product}/${serial}`;

async function sha256Of(
  bytes: Bytes,
  signal: AbortSignal,
  passed: (bytes: number) => void = () => undefined,
): Promise<string | undefined> {
  const through = checksumStream(bytes, ['sha256']);
  for await (const chunk of through.bytes) {
    signal.throwIfAborted();
    passed(chunk.length);
  }
  return through.result().digests.sha256;
}

/** What clients know a disk by that lies in a file: SHA-256 of the metadata, and the disk behind it. */
export async function fingerprintOf(metadata: Uint8Array, file: string, signal: AbortSignal): Promise<string> {
  async function* both(): Bytes {
    yield metadata;
    yield* fileBytes(file);
  }
  return (await sha256Of(both(), signal)) ?? '';
}
