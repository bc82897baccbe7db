import type { JsonObject } from '../../core/json.ts';
import type { Call, Description, Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { providerError } from '../../core/errors.ts';
import { editableFields } from '../../core/changes.ts';
import { wireBody } from './description.ts';
import { recordFrom } from './record.ts';
import { textIn } from './json.ts';

/** Makes a record without data; its id is that of the answer. `asked`: the user has chosen the id, and is told of another. The container is `bare` unless said otherwise: Glance takes no data without one. */
export async function createImage(
  client: OpenstackClient,
  description: Description,
  id: string | undefined,
  call: Call,
  asked = id !== undefined,
): Promise<{ readonly id: string; readonly wire: JsonObject }> {
  const body = { container_format: 'bare', ...wireBody(description), ...(id === undefined ? {} : { id }) };
  const what = description.name === undefined ? 'creating an image' : `creating image "${description.name}"`;
  const wire = await client.askObject({ what, method: 'POST', path: '/images', json: body }, call);
  const made = textIn(wire.id) ?? id;
  if (made === undefined) throw providerError(`${what}: the answer has no id`);
  // What has data already is not new: it is not ours to be filled, or removed.
  if (wire.status !== 'queued')
    throw providerError(`${what} was answered with another image: ${made}, "${String(wire.name)}", ${String(wire.status)}`);
  if (asked && made !== id)
    call.note({ kind: 'warning', message: `the image service chose the id ${made} instead of ${id ?? ''}` });
  call.note({ kind: 'created', id: made });
  return { id: made, wire };
}

export const create: Operation<OpenstackClient, 'create'> = {
  from: ['nothing'],
  fields: editableFields,
  ownId: true,
  nameless: true,
  async run(client, { description, id }, call) {
    return recordFrom((await createImage(client, description, id, call)).wire);
  },
};
