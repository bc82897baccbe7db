import { authError, providerError } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { began } from '../../core/job-operation.ts';
import { given } from '../../core/image.ts';
import type { Call, Operation } from '../../core/operation.ts';
import type { RancherClient } from './client.ts';
import { recordFrom } from './record.ts';

/** A record of a container image. It passes through `registering` and `activating`, and comes to rest as `active`. */
export const create: Operation<RancherClient, 'create'> = {
  from: ['nothing'],
  later: true,
  fields: ['name', 'description'],
  nameless: true,
  async run(client, request, call) {
    const { name, description } = request.description;
    const what = name === undefined ? 'creating an image' : `creating image "${name}"`;
    const schema = await client.schema(call);
    // Oddity: the fields are marked as writable for every role; whether anything may be written, only the methods tell.
    if (!schema.collectionMethods.has('POST'))
      throw authError(`${client.address.root} does not let this key create images`, {
        hint: 'Use a superadmin key. Ordinary keys may read images and change their state.',
      });
    const json = given<{ name: string; description: string }>({ name, description });
    const answer = await client.insist({ method: 'POST', url: schema.collection, json }, what, call);
    const record = recordFrom(await created(client, answer, what, call), what);
    call.note({ kind: 'created', id: record.id });
    began(call, { verb: 'create', image: record.id });
    // Oddity: `requested` does not read as a transition, yet the server goes on from there by itself.
    return record.status === 'queued' ? { ...record, status: 'pending' } : record;
  },
};

/** The body of the new image: what was answered, or what lies where the answer points to. Throws PROVIDER, as uncertain, with neither. */
async function created(client: RancherClient, answer: ApiAnswer, what: string, call: Call): Promise<unknown> {
  if (answer.text.trim() !== '') return answer.json();
  const { location } = answer.headers;
  if (location !== undefined) return (await client.insist({ method: 'GET', url: location }, what, call)).json();
  throw providerError(`${what}: accepted (HTTP ${answer.status}), without saying which image it is`, {
    uncertain: true,
    hint: 'Find it with:',
    next: [{ verb: 'list', options: { sort: 'created:desc' } }],
  });
}
