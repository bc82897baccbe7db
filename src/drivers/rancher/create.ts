import { authError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { Operation } from '../../core/operation.ts';
import type { RancherClient } from './client.ts';
import { recordFrom } from './record.ts';

/** A record of a container image. It passes through `registering` and `activating`, and comes to rest as `active`. */
export const create: Operation<RancherClient, 'create'> = {
  from: ['nothing'],
  fields: ['name', 'description'],
  async run(client, request, call) {
    const { name, description } = request.description;
    const what = `creating image "${name}"`;
    const schema = await client.schema(call);
    // Oddity: the fields are marked as writable for every role; whether anything may be written, only the methods tell.
    if (!schema.collectionMethods.has('POST'))
      throw authError(`rancher: ${client.address.root} does not let this key create images`, {
        hint: 'only a superadmin key may; ordinary keys may read images and change their state',
      });
    const json = given<{ name: string; description: string }>({ name, description });
    const answer = await client.insist({ method: 'POST', url: schema.collection, json }, what, call);
    const record = recordFrom(answer.json(), what);
    call.note({ kind: 'created', id: record.id });
    // Oddity: `requested` does not read as a transition, yet the server goes on from there by itself.
    return record.status === 'queued' ? { ...record, status: 'pending' } : record;
  },
};
