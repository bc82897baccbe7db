import { notFoundError, usageError } from '../../core/errors.ts';
import { readTextFile } from '../../host/text-file.ts';
import type { Surface } from '../program/context.ts';
import { parsePatch, type PatchDocument } from '../../engine/patch/document.ts';

/** Reads the document of `--json-patch` or `--merge-patch`. Throws USAGE for anything that is not one, before any request. */
export async function readPatch(
  input: { readonly jsonPatch: string | undefined; readonly mergePatch: string | undefined },
  surface: Surface,
): Promise<PatchDocument | undefined> {
  if (input.jsonPatch !== undefined && input.mergePatch !== undefined)
    throw usageError('--json-patch and --merge-patch cannot be combined');
  const file = input.jsonPatch ?? input.mergePatch;
  if (file === undefined) return undefined;
  const kind = input.jsonPatch === undefined ? 'merge-patch' : 'json-patch';
  return parsePatch(await documentText(file, surface), kind);
}

async function documentText(file: string, surface: Surface): Promise<string> {
  if (file === '-') return surface.readStdin();
  const text = await readTextFile(file, { signal: surface.signal });
  if (text === undefined) throw notFoundError(`no such file: ${file}`);
  return text;
}
