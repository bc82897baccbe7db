import { providerError } from '../../core/errors.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { ask, imageExists, imagePath, type IncusClient } from './client.ts';
import { settled } from './settle.ts';

/** Removes an image with its aliases, and returns when it is gone. */
export async function deleteImage(client: IncusClient, id: string, call: Call): Promise<void> {
  const what = `deleting ${id}`;
  const told = await ask(client, { method: 'DELETE', path: imagePath(id), what }, call);
  const ended = await settled(client, told, what, call);
  if (ended.is === 'running') throw ended.error;
  if (ended.is === 'done') return;
  if (!(await imageExists(client, id, call))) return;
  throw ended.is === 'forgotten' ? providerError(`${what}: the image is still there`) : ended.error;
}

/** Named so because `delete` is a word of the language. */
export const remove: Operation<IncusClient, 'delete'> = {
  run: (client, { id }, call) => deleteImage(client, id, call),
};
