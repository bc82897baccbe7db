import { ImgctlError } from '../../core/errors.ts';
import type { Call, ImageUses, Operation, Use } from '../../core/operation.ts';
import { read, type IncusClient } from './client.ts';
import { isObject, textIn, type JsonObject } from './record.ts';

/** An instance remembers the image that it was made from; it runs on without it, and cannot be rebuilt from it then. */
export const uses: Operation<IncusClient, 'uses'> = {
  knows: ['instance'],

  async run(client, { images }, call) {
    if (images.length === 0) return [];
    const { found, reason } = await instances(client, call);
    return images.map(({ id }): ImageUses => ({
      image: id,
      uses: found.filter((instance) => baseOf(instance) === id).map(useOf),
      unasked: reason === undefined ? [] : [{ kind: 'instance', reason }],
    }));
  },
};

async function instances(client: IncusClient, call: Call): Promise<{ found: readonly JsonObject[]; reason?: string }> {
  try {
    const rows = await read(client, 'instances', 'listing instances', call, { recursion: '1' });
    return Array.isArray(rows) ? { found: rows.filter(isObject) } : { found: [], reason: 'the answer is no list' };
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    return { found: [], reason: error.message };
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
