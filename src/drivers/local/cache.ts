import { integrityError } from '../../core/errors.ts';
import { parseJson, type JsonObject } from '../../core/json.ts';
import { digestOf } from '../_oci/digest.ts';
import { temporaryFilesPath, makeFolder, ownPath, writeDurably, type Folder } from './folder.ts';
import { appendSafely, readSafely } from './safe-file.ts';

const fileName = 'records.tsv';
/** Ends a line that was written whole. */
const lineEnd = '\t.';

/** What is kept of a manifest is no longer what was written. */
export const damaged = (digest: string): Error =>
  integrityError(`imgctl/${fileName} is damaged at ${digest}`, { hint: 'Remove that file: it is recreated.' });

/**
 * What a manifest's digest stands for. It can never change, so it need not be read again. Kept as a line of digest, manifest,
 * record and a point, with tabs between, for in JSON on one line a tab is never itself; and parsed anew by each look at it:
 * a list wants one record after the other, and no manifest.
 */
export class Known {
  readonly digest: string;
  readonly line: string;

  constructor(line: string) {
    this.line = line;
    this.digest = line.slice(0, line.indexOf('\t'));
  }
  /** `manifest` is its text. No record: the manifest is of another tool. */
  static of(digest: string, manifest: string, record: JsonObject | undefined): Known {
    // Ours are on one line, and kept as they are: then they are still what their digest names.
    const line = /[\t\r\n]/.test(manifest) ? JSON.stringify(JSON.parse(manifest)) : manifest;
    return new Known(`${digest}\t${line}\t${record ? JSON.stringify(record) : ''}${lineEnd}`);
  }
  /** The text of a manifest of ours, where it is still the very one that the digest names. */
  get certain(): string | undefined {
    const text = this.line.slice(this.digest.length + 1, this.#recordAt - 1);
    return this.isOurs && digestOf(text) === this.digest ? text : undefined;
  }
  get isOurs(): boolean {
    return !this.line.endsWith(`\t${lineEnd}`);
  }
  /** Throws INTEGRITY, as `record` does. */
  get manifest(): JsonObject {
    return this.#document(this.digest.length + 1, this.#recordAt - 1);
  }
  /** Empty for a manifest of another tool. */
  get record(): JsonObject {
    return this.isOurs ? this.#document(this.#recordAt, this.line.length - lineEnd.length) : {};
  }
  get #recordAt(): number {
    return this.line.indexOf('\t', this.digest.length + 1) + 1;
  }
  #document(from: number, to: number): JsonObject {
    const json = parseJson(this.line.slice(from, to));
    if (!json) throw damaged(this.digest);
    return json;
  }
}

/** Lines of forgotten manifests that are put up with before the file is written anew. */
const deadLines = 500;

/** Documents by manifest digest, kept in one file: a list of thousands of images is then one read instead of twenty thousand. */
export interface DocumentCache {
  get(digest: string): Known | undefined;
  put(known: Known): void;
  /** Writes what is new. `live`: digests that are still in use. A folder that cannot be written to has no cache; what cannot be read is left alone. */
  save(live: readonly string[]): Promise<void>;
}

function load(text: string): Map<string, Known> {
  const all = new Map<string, Known>();
  // What a machine that lost its power had not yet written is read as zeros.
  if (text.includes('\0')) return all;
  for (const line of text.split('\n')) {
    // A line that a killed process left half is as if it were not there.
    if (!line.endsWith(lineEnd)) continue;
    const known = new Known(line);
    all.set(known.digest, known);
  }
  return all;
}

export async function openCache(folder: Folder): Promise<DocumentCache> {
  const file = ownPath(folder, fileName);
  const text = await readSafely(file).then(
    (bytes) => bytes?.toString() ?? '',
    () => undefined,
  );
  const old = load(text ?? '');
  const fresh = new Map<string, Known>();
  /** `kept`: what the file is to hold besides what is new; absent: all that it holds. */
  async function write(kept: readonly Known[] | undefined): Promise<void> {
    await makeFolder(temporaryFilesPath(folder));
    const lines = [...(kept ?? []), ...fresh.values()].map(({ line }) => `${line}\n`).join('');
    if (kept) await writeDurably(folder, file, lines);
    else await appendSafely(file, `\n${lines}`);
  }
  return {
    get: (digest) => old.get(digest) ?? fresh.get(digest),
    put: (known) => void fresh.set(known.digest, known),
    async save(live) {
      const isFull = old.size + fresh.size - live.length > deadLines;
      if (text === undefined || (fresh.size === 0 && !isFull)) return;
      const needed = new Set(live);
      // Without a cache all is as right, and slower: a folder that we may only read is no failure.
      await write(isFull ? [...old.values()].filter(({ digest }) => needed.has(digest)) : undefined).catch(() => undefined);
    },
  };
}
