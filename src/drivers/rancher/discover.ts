import type { FoundProfile, HostEnvironment } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { textsIn } from './record.ts';

type Found = FoundProfile['fields'];

/** Our fields by the names they have in the file of Rancher's command line. */
const inFile: Readonly<Record<string, string>> = {
  url: 'url',
  accessKey: 'accessKey',
  secretKey: 'secretKey',
  project: 'environment',
};
const inRancherVariables: Readonly<Record<string, string>> = {
  url: 'RANCHER_URL',
  accessKey: 'RANCHER_ACCESS_KEY',
  secretKey: 'RANCHER_SECRET_KEY',
  project: 'RANCHER_ENVIRONMENT',
};
const inCattleVariables: Readonly<Record<string, string>> = {
  url: 'CATTLE_URL',
  accessKey: 'CATTLE_ACCESS_KEY',
  secretKey: 'CATTLE_SECRET_KEY',
};

/**
 * Profiles of Rancher's command line (`cli.json`) and of its variables and those of cattle's. Variables win over the file,
 * field by field, as they do there. What belongs to Rancher 2 is left out. Throws CONFIG when a file is damaged.
 */
export async function discover({ env, home, text }: HostEnvironment): Promise<readonly FoundProfile[]> {
  const path = env['RANCHER_CLIENT_CONFIG'] ?? `${home}/.rancher/cli.json`;
  const content = await text(path);
  const file = fieldsFrom(parsed(content, path), inFile);
  const variables = fieldsFrom(env, inRancherVariables);
  const cattle = fieldsFrom(env, inCattleVariables);
  const found: FoundProfile[] = [];
  if (file.url !== undefined) found.push({ name: 'rancher', source: path, fields: file, ambient: isEmpty(variables) });
  const merged = { ...file, ...variables };
  if (!isEmpty(variables) && merged.url !== undefined)
    found.push({ name: 'rancher-env', source: sourceOf(variables, inRancherVariables), fields: merged, ambient: true });
  if (cattle.url !== undefined)
    found.push({ name: 'cattle-env', source: sourceOf(cattle, inCattleVariables), fields: cattle, ambient: found.length === 0 });
  const usable = found.map(withoutRancher2);
  const incomplete = file.url === undefined && content !== undefined && merged.url === undefined;
  return incomplete ? [{ name: 'rancher', source: path, fields: {}, leftOut: 'it has no url' }, ...usable] : usable;
}

function parsed(content: string | undefined, path: string): unknown {
  if (content === undefined) return {};
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw configError(`${path} is not the JSON that Rancher's command line writes`, {
      cause,
      hint: 'Recreate it with: rancher config',
    });
  }
}

function fieldsFrom(values: unknown, names: Readonly<Record<string, string>>): Found {
  const given = isObject(values) ? textsIn(values) : {};
  return Object.fromEntries(
    Object.entries(names).flatMap(([field, name]) => {
      const value = given[name];
      return value === undefined ? [] : [[field, field === 'secretKey' ? new Secret(value) : value]];
    }),
  );
}

const isEmpty = (fields: Found): boolean => Object.keys(fields).length === 0;

const sourceOf = (fields: Found, names: Readonly<Record<string, string>>): string =>
  Object.keys(fields)
    .map((field) => names[field])
    .join(', ');

function withoutRancher2(profile: FoundProfile): FoundProfile {
  if (!/\/v3(\/|-public|$)/i.test(String(profile.fields['url']))) return profile;
  return {
    ...profile,
    fields: {},
    leftOut: 'it belongs to Rancher 2, which has no images',
    hint: 'Supported: Rancher 1.x, at /v1 or /v2-beta.',
  };
}
