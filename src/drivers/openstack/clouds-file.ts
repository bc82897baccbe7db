import type { HostEnvironment } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';

/** The clouds of a clouds.yaml, completed from the files that belong to it. */
export interface CloudsFile {
  readonly path: string;
  /** It was found in the current folder, and nobody named it: what the user has elsewhere is not sent to its addresses. */
  readonly stray: boolean;
  /** As they stand there, secure.yaml laid over them. */
  readonly clouds: JsonObject;
  /** What a cloud's `profile` may stand for. */
  readonly vendors: JsonObject;
}

interface Opened {
  readonly path: string;
  readonly content: JsonObject;
}

/** One object over another, all the way down. */
export function overlaid(under: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = isObject(below) && isObject(value) ? overlaid(below, value) : value;
  }
  return merged;
}

function mapping(value: unknown, path: string, what = ''): JsonObject {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  throw configError(`${path}: ${what || 'the file'} is not a mapping (is it encrypted?)`, {
    hint: 'Decrypt it, or set OS_CLIENT_CONFIG_FILE to another clouds.yaml.',
  });
}

async function firstOf(surroundings: HostEnvironment, paths: readonly string[]): Promise<Opened | undefined> {
  for (const path of paths) {
    const text = await surroundings.text(path);
    if (text !== undefined) return { path, content: mapping(surroundings.yaml(text, path), path) };
  }
  return undefined;
}

const named = (folder: string, base: string): readonly string[] =>
  ['yaml', 'yml', 'json'].map((ending) => `${folder}/${base}.${ending}`);
const folderOf = (path: string): string => path.replace(/[/\\]?[^/\\]*$/, '') || '.';

/**
 * The clouds.yaml that OpenStack's own tools would read; absent: there is none. A secure.yaml or clouds-public.yaml counts where
 * it is named or lies beside it, or else in the user's and the system's folders, but not for a clouds.yaml that merely lies in
 * the current folder: neither may say where the secrets of the other go. Throws CONFIG for a file that is no YAML mapping,
 * LOCAL for one that cannot be read.
 */
export async function cloudsFile(surroundings: HostEnvironment): Promise<CloudsFile | undefined> {
  const { env, configHome, home } = surroundings;
  const own = [`${configHome}/openstack`, `${home}/.config/openstack`, '/etc/openstack'];
  const asked = env.OS_CLIENT_CONFIG_FILE;
  const here = asked ? undefined : await firstOf(surroundings, named('.', 'clouds'));
  const file = here ?? (await firstOf(surroundings, asked ? [asked] : own.flatMap((folder) => named(folder, 'clouds'))));
  if (!file) return undefined;
  const folders = [folderOf(file.path), ...(here ? [] : own)];
  const beside = (base: string, path: string | undefined): Promise<Opened | undefined> =>
    firstOf(surroundings, path ? [path] : folders.flatMap((folder) => named(folder, base)));
  const secure = await beside('secure', env.OS_CLIENT_SECURE_FILE);
  const vendors = await beside('clouds-public', env.OS_CLIENT_VENDOR_FILE);
  const clouds = mapping(file.content.clouds, file.path, 'clouds');
  return {
    path: file.path,
    stray: here !== undefined,
    clouds: secure ? overlaid(clouds, mapping(secure.content.clouds, secure.path, 'clouds')) : clouds,
    vendors: vendors ? mapping(vendors.content['public-clouds'], vendors.path, 'public-clouds') : {},
  };
}
