import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { configError, notFoundError } from '../../../core/errors.ts';
import { isObject } from '../../../core/json.ts';
import { localized } from '../../../host/durable-file.ts';
import { readTextFile } from '../../../host/text-file.ts';
import { parseYaml } from '../../../host/yaml.ts';
import type { Manifest } from '../manifest.ts';
import { oimImages } from './oim-image.ts';

/** A file of OIM's, and what stands in it. */
interface OimDocument {
  readonly file: string;
  readonly value: unknown;
}

/** By this what was made of its files is known as such, whichever file it was. */
const manifestId = 'oim';

/** What of its files means nothing here, and is nobody's business. */
const unkept = 'password';

/**
 * Reads a file of OIM's, or all of a folder, as a manifest for these profiles. `warn`: keys that are not known. Throws NOT_FOUND, LOCAL, and
 * CONFIG with file and path for whatever is not as it has to be.
 */
export async function readOim(named: string, targets: readonly string[], warn: (message: string) => void): Promise<Manifest> {
  const files = await filesIn(named);
  const documents: OimDocument[] = [];
  for (const file of files) {
    const text = await readTextFile(file);
    if (text === undefined) throw notFoundError(`no such file: ${file}`, { ofNoImage: true });
    documents.push({ file, value: parseYaml(text, file) });
  }
  return oimManifest(documents, named, targets, warn);
}

async function filesIn(named: string): Promise<readonly string[]> {
  const facts = await stat(named).catch(() => undefined);
  if (!facts?.isDirectory()) return [named];
  const names = await readdir(named).catch((error: unknown) => {
    throw localized(error, named);
  });
  // As its manager chooses them.
  const found = names.filter((name) => name.endsWith('.yml') || name.endsWith('yaml')).toSorted();
  if (found.length === 0) throw notFoundError(`no .yml or .yaml file in ${named}`, { ofNoImage: true });
  return found.map((name) => path.join(named, name));
}

/** The manifest that its documents are. */
export function oimManifest(
  documents: unknown,
  named: string,
  targets: readonly string[],
  warn: (message: string) => void,
): Manifest {
  if (!Array.isArray(documents)) throw configError(`${named}: it has no documents`);
  const images = documents.flatMap((one: unknown) => {
    const { file, value } = isObject(one) ? one : {};
    if (typeof file !== 'string') throw configError(`${named}: a document has no name`);
    const listed = isObject(value) ? value.images : undefined;
    if (!Array.isArray(listed)) throw configError(`${file}: images is missing, or no list`);
    return listed.flatMap((image: unknown, index) => oimImages(image, { file, path: `images[${index}]`, warn }, targets));
  });
  const twice = images.find(({ name }, index) => images.findIndex((other) => other.name === name) !== index);
  if (twice) throw configError(`${named}: ${twice.path} is "${twice.name}", as one before it`);
  return {
    id: manifestId,
    images,
    file: named,
    written: { form: 'oim', value: kept(documents), folder: path.resolve(), targets },
  };
}

/** As it may stand in a plan. */
function kept(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(kept);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (key === unkept ? [] : [[key, kept(one)]])));
}
