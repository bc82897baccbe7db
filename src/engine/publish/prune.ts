import { lstat, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { PublishedFile, TreeFormat } from '../../core/publication.ts';
import { localized } from '../../host/durable-file.ts';
import { readRegularFile } from '../../host/read-file.ts';
import { unlessMissing } from './folder.ts';

/** What became of files that are named no more: `kept` have others put there, or name still. */
export interface Pruned {
  readonly gone: readonly PublishedFile[];
  readonly kept: readonly { readonly file: PublishedFile; readonly reason: string }[];
}

/** Which of these files can go: what was published, and is named by no document of any tool below the folder. Throws LOCAL where one cannot be read. */
export async function prunable(files: readonly PublishedFile[], folder: string, { documents }: TreeFormat): Promise<Pruned> {
  const texts = files.length === 0 ? [] : await otherDocuments(folder, new Set(documents));
  const gone: PublishedFile[] = [];
  const kept: { file: PublishedFile; reason: string }[] = [];
  for (const file of files) {
    const reason = texts.some((text) => text.includes(file.path)) ? 'another index names it' : await whyKept(file, folder);
    if (reason === undefined) gone.push(file);
    else kept.push({ file, reason });
  }
  return { gone, kept };
}

/** Removes files, and folders that are empty then. One that is gone is as good. Throws LOCAL. */
export async function removeFiles(files: readonly PublishedFile[], folder: string): Promise<void> {
  const root = path.resolve(folder);
  for (const { path: name } of files) {
    const file = path.join(root, name);
    await rm(file, { force: true }).catch((error: unknown) => Promise.reject(localized(error, file)));
    await removeEmpty(path.dirname(file), root);
  }
}

async function removeEmpty(at: string, root: string): Promise<void> {
  for (let empty = at; empty !== root && empty.startsWith(root); empty = path.dirname(empty))
    try {
      await rmdir(empty);
    } catch {
      // It is not empty, or it is in use: it stays, and so do those above it.
      return;
    }
}

/** Why a file is not removed; absent: nothing speaks against it. */
async function whyKept({ path: name, bytes }: PublishedFile, folder: string): Promise<string | undefined> {
  const file = path.join(folder, name);
  const found = await unlessMissing(lstat(file), file);
  if (!found) return undefined;
  if (!found.isFile() || found.size !== bytes) return 'it is not the file that was published';
  const [inside, root] = await Promise.all([realpath(path.dirname(file)), realpath(folder)]);
  return inside === path.join(root, path.dirname(name)) ? undefined : 'a link leads to it';
}

/** The texts of all documents below a folder but for those of the tree. Slashes may be escaped in JSON. */
async function otherDocuments(folder: string, own: ReadonlySet<string>): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).split(path.sep).join('/');
    if (own.has(name) || entry.isDirectory() || !/\.s?json$/i.test(name)) continue;
    const text = (await unlessMissing(readRegularFile(file), file))?.toString() ?? '';
    texts.push(text.replaceAll('\\/', '/'));
  }
  return texts;
}
