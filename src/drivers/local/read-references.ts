import { createHash, getHashes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { bare, digestsIn, referencesIn, type DigestReference } from '../_oci/references.ts';
import type { Folder } from './folder.ts';

/** Much more than any list of blobs; what is larger is not read. */
const largestList = 64 * 1024 * 1024;
/** OCI image-spec, "Digests"; nothing that fits it leads out of the folder. */
const digestParts = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/;

interface List {
  readonly references: readonly DigestReference[];
  /** Nothing is missing: whatever it leads to is among the references. */
  readonly isClear: boolean;
}
const nothing: List = { references: [], isClear: true };
const unknown: List = { references: [], isClear: false };

/**
 * What a blob leads to, in whatever form it is written and under whatever algorithm it stands. What is no list by its place
 * may be anything: a layer leads nowhere. Never throws: what cannot be read is not clear.
 */
export async function readReferences(
  folder: Folder,
  { digest, isList }: Pick<DigestReference, 'digest' | 'isList'>,
): Promise<List> {
  const [, algorithm, name] = digestParts.exec(digest) ?? [];
  if (algorithm === undefined || name === undefined) return { references: [], isClear: !isList };
  let handle: FileHandle | undefined;
  try {
    handle = await open(path.join(folder.path, 'blobs', algorithm, name), constants.O_RDONLY | constants.O_NONBLOCK);
    return await listIn(handle, { algorithm, name, isList });
  } catch (error) {
    // What is said to be a list, and is not there, may come back; of anything else there is nothing to know then.
    return isMissing(error) ? { references: [], isClear: !isList } : unknown;
  } finally {
    await handle?.close();
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

async function listIn(
  handle: FileHandle,
  { algorithm, name, isList }: { readonly algorithm: string; readonly name: string; readonly isList: boolean },
): Promise<List> {
  const { size } = await handle.stat();
  const { buffer: head, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
  if (!/^\s*[[{]/.test(head.toString('latin1', 0, bytesRead))) return isList ? unknown : nothing;
  if (size > largestList) return unknown;
  const bytes = await handle.readFile();
  const text = bytes.toString('utf8');
  const isWhole = getHashes().includes(algorithm) && createHash(algorithm).update(bytes).digest('hex') === name;
  const seen = digestsIn(text).map(bare);
  try {
    // Both: JSON may write a digest with escapes, and a key twice, of which a parser shows one.
    const parsed = referencesIn(JSON.parse(text));
    const typed = new Set(parsed.map(({ digest }) => digest));
    return { references: [...parsed, ...seen.filter(({ digest }) => !typed.has(digest))], isClear: isWhole };
  } catch {
    return { references: seen, isClear: isWhole && !isList };
  }
}
