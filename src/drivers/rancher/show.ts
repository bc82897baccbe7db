import { notFoundError } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isObject } from '../../core/json.ts';
import type { Call, Operation } from '../../core/operation.ts';
import type { RancherClient } from './client.ts';
import { askableIds, idOf, recordFrom } from './record.ts';

export const show: Operation<RancherClient, 'show'> = {
  run: (client, { id }, call) => readRecord(client, id, call),
};

/**
 * The body of the image with this id. Throws NOT_FOUND when there is none, and PROVIDER when the answer is something else.
 * Removed and purged images are found too, until the server drops their row.
 */
export async function readImage(client: RancherClient, id: string, call: Call): Promise<unknown> {
  if (!askableIds.test(id)) throw notFoundError(`image "${id}" not found (ids look like 1i5)`);
  const { collection } = await client.schema(call);
  const answer = await client.ask({ method: 'GET', url: `${collection}/${id}` }, call);
  if (answer.status !== 200) throw client.failure(answer, `showing image ${id}`);
  const body = answer.json();
  const found = answeredId(body);
  // Oddity: the server looks only at the number in an id, so that it may answer with a record of another id.
  if (found !== undefined && found !== id) throw notFoundError(`image "${id}" not found: the server answered with ${found}`);
  return body;
}

export const readRecord = async (client: RancherClient, id: string, call: Call): Promise<ImageRecord> =>
  recordFrom(await readImage(client, id, call), `showing image ${id}`);

const answeredId = (body: unknown): string | undefined => (isObject(body) ? idOf(body['id']) : undefined);

/** The body of an image behind a success: what it answered, or, where that is nothing, the image as it is now. */
export const answeredImage = async (client: RancherClient, answer: ApiAnswer, id: string, call: Call): Promise<unknown> =>
  answer.text.trim() === '' ? readImage(client, id, call) : answer.json();
