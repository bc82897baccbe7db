import { authError, providerError } from '../../core/errors.ts';
import { isSoAlready, requireNoConflict, requireApplied } from '../../core/conflict.ts';
import type { Operation } from '../../core/operation.ts';
import { persist } from './action.ts';
import type { RancherClient } from './client.ts';
import { cattleImage, recordFrom } from './record.ts';
import { answeredImage, readImage } from './show.ts';

/** Sends only what changes, so that what others change stays; the server drops what it does not let change without a word. `null` clears a field. */
export const patch: Operation<RancherClient, 'patch'> = {
  fields: ['name', 'description'],
  async run(client, request, call) {
    const what = `patching image ${request.id}`;
    if (!(await client.schema(call)).resourceMethods.has('PUT'))
      throw authError(`${client.address.root} does not let this key change images`, {
        hint: 'Use a superadmin key. Ordinary keys may read images and change their state.',
      });
    const { name, description } = request.changes;
    const json = { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
    const now = await readImage(client, request.id, call);
    const before = recordFrom(now, what);
    if (request.basis) requireNoConflict(request.basis, before, request.changes);
    if (isSoAlready(before, request.changes)) return before;
    const url = cattleImage(now, what).links['self'];
    if (url === undefined) throw providerError(`${what}: the server gave no link to the image`);
    const answer = await persist(client, { method: 'PUT', url, json }, call);
    if (answer.status < 200 || answer.status > 299) throw client.failure(answer, what);
    const after = recordFrom(await answeredImage(client, answer, request.id, call), what);
    requireApplied(request.id, after, request.changes);
    return after;
  },
};
