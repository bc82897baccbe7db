import { unsupportedError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { singleStore, stores } from './capabilities.ts';

export const places: Operation<OpenstackClient, 'places'> = {
  place: 'store',
  copies: 'same',
  async run(client, _request, call) {
    const there = await stores(client, call);
    if (!there) throw unsupportedError(singleStore);
    return there;
  },
};
