import { ImgctlError } from '../../core/errors.ts';
import { given, type Progress } from '../../core/image.ts';
import { isObject, objectsIn, textIn, type JsonObject } from '../../core/json.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import { ask, type LinodeClient } from './client.ts';

/** What Linode's events tell of the work on an image. */
export interface EventOutcome {
  readonly hasFailed: boolean;
  readonly progress: Progress;
}

/** Which kind of event tells of the outcome of a verb. */
const actions: Readonly<Partial<Record<OperationName, string>>> = { upload: 'image_upload', create: 'disk_imagize' };
export const hasEvents = (verb: OperationName): boolean => actions[verb] !== undefined;

/** Oddity: events know `private/123` by the number alone. Absent for images that have no events. */
function numberOf(id: string): number | undefined {
  const digits = /^private\/(\d+)$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Whether there can be events on the image of this id. */
export const isEventful = (id: string): boolean => numberOf(id) !== undefined;

/** Oddity: an upload's event is about the image, one that images a disk is about the Linode, with the image beside it. */
function imageOf(event: JsonObject): JsonObject {
  const [entity, second] = [event.entity, event.secondary_entity];
  if (isObject(second) && second.type === 'image') return second;
  return isObject(entity) && entity.type === 'image' ? entity : {};
}

/** What the newest event on the work tells; absent when there is none or they may not be read. */
export async function outcomeOf(
  client: LinodeClient,
  id: string,
  verb: OperationName,
  call: Call,
): Promise<EventOutcome | undefined> {
  const number = numberOf(id);
  const action = actions[verb];
  if (number === undefined || action === undefined || client.refused.has('events')) return undefined;
  const events = await readEvents(
    client,
    { action, ...(verb === 'upload' ? { 'entity.id': number, 'entity.type': 'image' } : {}) },
    call,
  );
  const event = events.find((one) => imageOf(one).id === number);
  if (!event) return undefined;
  const message = textIn(event.message);
  return {
    hasFailed: event.status === 'failed',
    progress: given<Progress>({ percent: percentOf(client, id, event), message: message === '' ? undefined : message }),
  };
}

/** Oddity: percentages run backwards (90, 0, 100); what was reached once is not taken back. */
function percentOf(client: LinodeClient, id: string, event: JsonObject): number | undefined {
  if (event.status === 'failed' || typeof event.percent_complete !== 'number') return undefined;
  const percent = event.status === 'finished' ? 100 : Math.max(event.percent_complete, client.percents.get(id) ?? 0);
  client.percents.set(id, percent);
  return percent;
}

/** The newest events first. Events only explain what the image itself shows, so a refusal to give them is no failure of the work. */
async function readEvents(client: LinodeClient, filter: JsonObject, call: Call): Promise<readonly JsonObject[]> {
  try {
    const answer = await ask(
      client,
      {
        method: 'GET',
        path: 'account/events?page=1&page_size=25',
        what: 'reading events',
        filter: { ...filter, '+order_by': 'created', '+order': 'desc' },
      },
      call,
    );
    const body = answer.json();
    return isObject(body) ? objectsIn(body.data) : [];
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.circumstances.status === undefined) throw error;
    if (error.code === 'AUTH') {
      client.refused.add('events');
      const message = 'the token may not read events (scope events:read_only): Linode would tell there why an image failed';
      call.note({ kind: 'warning', message });
    }
    return [];
  }
}
