import { notFoundError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { readAlias } from './aliases.ts';
import { readImage, type IncusClient } from './client.ts';
import { fingerprints } from './record.ts';

export const show: Operation<IncusClient, 'show'> = {
  async run(client, { id }, call) {
    if (fingerprints.test(id)) return readImage(client, id, call);
    const target = (await readAlias(client, id, call))?.target;
    if (target === undefined) throw notFoundError(`image "${id}" not found`);
    return readImage(client, target, call);
  },
};
