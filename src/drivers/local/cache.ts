import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { isJson, parseJson, type Json } from '../_oci/manifest.ts';
import { draftsPath, ownPath, writeDurably, type Folder } from './folder.ts';

/** What a manifest's digest stands for. It can never change, so it need not be read again. `record` is absent for a foreign one. */
export interface Known {
  readonly manifest: Json;
  readonly record?: Json;
}

/** Lines of forgotten manifests that are put up with before the file is written anew. */
const deadLines = 500;

/** Documents by manifest digest, kept in one file: a list of thousands of images is then one read instead of twenty thousand. */
export interface Cache {
  get(digest: string): Known | undefined;
  put(digest: string, known: Known): void;
  /** Writes what is new. `live`: digests that are still in use. A folder that cannot be written to has no cache. */
  save(live: ReadonlySet<string>): Promise<void>;
}

const cachePath = (folder: Folder): string => ownPath(folder, 'records.jsonl');

const lineOf = (digest: string, { manifest, record }: Known): string => `${JSON.stringify({ digest, manifest, record })}\n`;

function load(text: string): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const line of text.split('\n')) {
    // A line that a killed process left half is no JSON: it is as if it were not there.
    const json = line === '' ? undefined : parseJson(line);
    if (!json || typeof json.digest !== 'string' || !isJson(json.manifest)) continue;
    known.set(json.digest, { manifest: json.manifest, ...(isJson(json.record) ? { record: json.record } : {}) });
  }
  return known;
}

export async function openCache(folder: Folder): Promise<Cache> {
  const file = cachePath(folder);
  const known = load(await readFile(file, 'utf8').catch(() => ''));
  const fresh = new Map<string, Known>();
  /** `kept`: what the file is to hold besides what is new; absent: all that it holds. */
  async function write(kept: readonly (readonly [string, Known])[] | undefined): Promise<void> {
    await mkdir(draftsPath(folder), { recursive: true });
    const lines = [...(kept ?? []), ...fresh].map(([digest, entry]) => lineOf(digest, entry)).join('');
    if (kept) await writeDurably(folder, file, lines);
    else await appendFile(file, `\n${lines}`);
  }
  return {
    get: (digest) => known.get(digest) ?? fresh.get(digest),
    put: (digest, entry) => void fresh.set(digest, entry),
    async save(live) {
      const dead = [...known.keys()].filter((digest) => !live.has(digest)).length;
      if (fresh.size === 0 && dead <= deadLines) return;
      // Without a cache all is as right, and slower: a folder that we may only read is no failure.
      await write(dead > deadLines ? [...known].filter(([digest]) => live.has(digest)) : undefined).catch(() => undefined);
    },
  };
}
