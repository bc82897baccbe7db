import { unaskedBy } from '../../core/uses.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import type { Call, ImageUses, Operation, UnaskedUse, Use } from '../../core/operation.ts';
import { read, serverInfo, type IncusClient } from './client.ts';

/** What was found, and why not everything was. */
interface Seen {
  readonly found: readonly JsonObject[];
  readonly unasked: readonly UnaskedUse[];
}

/** An instance remembers the image that it was made from; it runs on without it, and cannot be rebuilt from it then. */
export const uses: Operation<IncusClient, 'uses'> = {
  knows: ['instance'],

  async run(client, { images }, call) {
    if (images.length === 0) return [];
    const { names, unasked: hidden } = await sharingProjects(client, call);
    const each = await Promise.all(names.map((name) => instancesOf(client, name, call)));
    const found = each.flatMap((seen) => seen.found);
    const unasked = [...hidden, ...each.flatMap((seen) => seen.unasked)];
    return images.map(({ id }): ImageUses => ({
      image: id,
      uses: found.filter((one) => baseOf(one) === id).map(useOf),
      unasked,
    }));
  },
};

/** The projects whose instances may be made from the images of ours. Oddity: one without images of its own has those of `default`. */
async function sharingProjects(
  client: IncusClient,
  call: Call,
): Promise<{ readonly names: readonly string[]; readonly unasked: readonly UnaskedUse[] }> {
  const own = client.project ?? 'default';
  const told = await tried(async () => {
    const { isRestricted } = await serverInfo(client, call);
    return { isRestricted, list: await read(client, 'projects', 'listing projects', call, { recursion: '1' }) };
  });
  if ('unasked' in told) return { names: [own], unasked: [told.unasked] };
  const { isRestricted, list } = told.value;
  const rows = Array.isArray(list) ? list.filter(isObject) : [];
  const isShared = ({ config }: JsonObject): boolean => !isObject(config) || config['features.images'] !== 'true';
  const shared = [
    'default',
    ...rows.filter((row) => row.name !== 'default' && isShared(row)).map(({ name }) => textIn(name) ?? ''),
  ];
  if (!shared.includes(own)) return { names: [own], unasked: [] };
  const reason = 'other projects may use the images of the project default, and this client may not see all of them';
  return { names: [...new Set([own, ...shared])], unasked: isRestricted ? [{ kind: 'instance', reason }] : [] };
}

async function instancesOf(client: IncusClient, project: string, call: Call): Promise<Seen> {
  const told = await tried(() => read(client, 'instances', 'listing instances', call, { recursion: '1', project }));
  if ('unasked' in told) return { found: [], unasked: [told.unasked] };
  if (!Array.isArray(told.value))
    return { found: [], unasked: [{ kind: 'instance', reason: 'the answer is no list', code: 'PROVIDER' }] };
  return { found: told.value.filter(isObject), unasked: [] };
}

/** What the work gives, or why it could not be asked. */
async function tried<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly unasked: UnaskedUse }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { unasked: unaskedBy('instance', error) };
  }
}

const baseOf = ({ config }: JsonObject): unknown => (isObject(config) ? config['volatile.base_image'] : undefined);

const useOf = (instance: JsonObject): Use => {
  const status = textIn(instance.status);
  const owner = textIn(instance.project);
  return {
    kind: 'instance',
    id: textIn(instance.name) ?? '?',
    ...(status === undefined ? {} : { status: status.toLowerCase() }),
    ...(owner === undefined ? {} : { owner }),
  };
};
