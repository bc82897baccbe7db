import { authError, conflictError, unsupportedError, type Circumstances } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { began } from '../../core/job-operation.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Next } from '../../core/hint.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { Question, RancherClient } from './client.ts';
import { errorCode, isErrorBody } from './errors.ts';
import { cattleImage, recordFrom, type CattleImage } from './record.ts';
import { answeredImage, readImage } from './show.ts';

/** Actions that change an image's state at a user's wish. Images offer `create` and `update` too; those are the server's own. */
type Action = 'activate' | 'deactivate' | 'remove' | 'purge' | 'restore';

/** The verb of imgctl that takes an action, and the states that it leads through and to. */
const actions: Readonly<Record<Action, { readonly verb: OperationName; readonly leadsTo: readonly string[] }>> = {
  activate: { verb: 'reactivate', leadsTo: ['activating', 'active'] },
  deactivate: { verb: 'deactivate', leadsTo: ['deactivating', 'inactive'] },
  remove: { verb: 'delete', leadsTo: ['removing', 'removed', 'purging', 'purged'] },
  purge: { verb: 'purge', leadsTo: ['purging', 'purged'] },
  restore: { verb: 'restore', leadsTo: ['restoring', 'inactive'] },
};

/**
 * Changes an image's state by the action of that name, and gives the image as it is on its way.
 * Throws AUTH when this key has no actions, UNSUPPORTED when the server does not have this one, CONFLICT when the image
 * does not offer it now; nothing but reads was sent then.
 */
export async function act(client: RancherClient, id: string, action: Action, call: Call): Promise<ImageRecord> {
  await allowed(client, action, call);
  const body = await readImage(client, id, call);
  return recordFrom(await follow(client, body, action, call), `${actions[action].verb} of image ${id}`);
}

/** Throws unless this key's role on this server has the action at all. */
export async function allowed(client: RancherClient, action: Action, call: Call): Promise<void> {
  const schema = await client.schema(call);
  if (schema.actions.has(action)) return;
  if (schema.actions.size === 0)
    throw authError(`this key may only read images, so ${actions[action].verb} is not allowed to it`, {
      hint: 'Use a key of a project member that is not read-only.',
    });
  throw absentForGood(client, action);
}

/**
 * Follows the action's link on an image and gives the body that tells how the image is now. Where the action is not offered, and
 * the image is already where it leads, that is `body` itself; else throws CONFLICT.
 */
export async function follow(client: RancherClient, body: unknown, action: Action, call: Call): Promise<unknown> {
  const { verb, leadsTo } = actions[action];
  const image = cattleImage(body, `${verb} of an image`);
  const url = image.actions[action];
  if (url === undefined) {
    if (leadsTo.includes(image.state) && image.transitioning !== 'error') return body;
    throw notOffered(client, image, action);
  }
  const what = `${verb} of image ${image.id}`;
  const answer = await persist(client, { method: 'POST', url, json: {}, repeatable: true }, call);
  if (answer.status >= 200 && answer.status <= 299) {
    began(call, { verb, image: image.id });
    return answeredImage(client, answer, image.id, call);
  }
  if (errorCode(answer) === 'InvalidAction') throw absentForGood(client, action);
  if ((answer.status !== 409 && answer.status !== 422) || !isErrorBody(answer)) throw client.failure(answer, what);
  // Somebody else was quicker. Where that led to the wanted state, the work is done.
  const latest = await readImage(client, image.id, call);
  const now = cattleImage(latest, what);
  if (leadsTo.includes(now.state)) return latest;
  if (answer.status === 409) throw client.failure(answer, `${what}, which is ${now.state}`);
  throw notOffered(client, now, action);
}

/** What is worth another try: 409 is said of a record that is busy for a moment. */
const passing = [408, 409, 429, 500, 502, 503, 504];

/** Asks up to three times where the answer may be another in a moment. The tries are taken from the budget of the call. */
export async function persist(client: RancherClient, question: Question, call: Call): Promise<ApiAnswer> {
  const retries = { left: Math.min(2, call.retries.left) };
  const before = retries.left;
  try {
    return await client.ask({ ...question, retryOn: passing }, { ...call, retries });
  } finally {
    call.retries.left -= before - retries.left;
  }
}

/** The refusal of an action that an image does not offer in its state: what it offers instead, and what leads on. */
function notOffered(client: RancherClient, image: CattleImage, action: Action): Error {
  // Oddity: servers from 1.6 on have no `restore`, yet their /v1 schema still names it. A removed image of an older one always offers it.
  if (action === 'restore' && image.state === 'removed') return absentForGood(client, action);
  const offered = Object.entries(actions).filter(([name]) => image.actions[name] !== undefined);
  const list = offered.length === 0 ? 'no action at all' : `only: ${offered.map(([name]) => name).join(', ')}`;
  const verbs = offered.map(([, { verb }]) => verb);
  const message = `image ${image.id} is ${image.state} and does not offer ${action} now. It offers ${list}`;
  return conflictError(message, wayOn(image, action, verbs));
}

/** What to type next where an image does not offer an action; `verbs` are those that it does offer. */
function wayOn(image: CattleImage, action: Action, verbs: readonly Next['verb'][]): Circumstances {
  const typed = (verb: Next['verb']): Next => ({ verb, image: image.id });
  if (image.transitioning === 'yes') return { hint: 'Wait for it with:', next: [typed('wait')] };
  if (action === 'remove' && verbs.includes('deactivate'))
    return { hint: 'Deactivate it first, then delete it:', next: [typed('deactivate')] };
  return verbs.length === 0 ? { hint: 'Look at it with:', next: [typed('show')] } : { next: verbs.map(typed) };
}

function absentForGood(client: RancherClient, action: Action): Error {
  const since = action === 'restore' ? ': Rancher 1.6 and later have no restore, a removed image can only be purged' : '';
  return unsupportedError(`the server at ${client.address.root} does not have the action ${action} at all${since}`, {
    hint: action === 'restore' ? 'Recreate the image from its source.' : 'See what this server offers with:',
    ...(action === 'restore' ? {} : { next: [{ verb: 'profile check' }] }),
  });
}
