import { conflictError, providerError } from '../../core/errors.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import { began } from '../../core/job-operation.ts';
import { isObject } from '../../core/json.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { allowed, follow, persist } from './action.ts';
import type { RancherClient } from './client.ts';
import { isErrorBody } from './errors.ts';
import { cattleImage, type CattleImage } from './record.ts';
import { readImage } from './show.ts';

/** Removes by the action where it is offered, and by DELETE only where it is not and the key may: both begin the same process. */
export const remove: Operation<RancherClient, 'delete'> = {
  later: true,
  // Oddity: an active image cannot be removed; it has to be deactivated first.
  from: ['inactive', 'queued'],
  async run(client, request, call) {
    const mayDelete = (await client.schema(call)).resourceMethods.has('DELETE');
    if (!mayDelete) await allowed(client, 'remove', call);
    const body = await readImage(client, request.id, call);
    const image = cattleImage(body, `delete of image ${request.id}`);
    if (image.actions['remove'] === undefined && mayDelete) await byMethod(client, image, call);
    else await follow(client, body, 'remove', call);
  },
};

async function byMethod(client: RancherClient, image: CattleImage, call: Call): Promise<void> {
  const url = image.links['self'] ?? `${(await client.schema(call)).collection}/${image.id}`;
  const what = `delete of image ${image.id}`;
  const answer = await persist(client, { method: 'DELETE', url }, call);
  // Oddity: 405 is said of the state here, not of the method.
  if (answer.status === 405 && isErrorBody(answer))
    throw conflictError(`image ${image.id} is ${image.state} and cannot be deleted in this state (HTTP 405)`, {
      ...answerCircumstances(answer),
      hint: 'Deactivate it first, then delete it:',
      next: [{ verb: 'deactivate', image: image.id }],
    });
  if (answer.status < 200 || answer.status > 299) throw client.failure(answer, what);
  // A sign-in page on the way is a success too.
  if (answer.text.trim() !== '' && !isObject(answer.json())) throw providerError(`${what}: the answer is not the server's`);
  began(call, { verb: 'delete', image: image.id });
}
