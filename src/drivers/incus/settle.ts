import { abortedError, ImgctlError } from '../../core/errors.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { ask, read, tidying, type IncusClient, type Told } from './client.ts';
import { saidError } from './errors.ts';

/** How work of the server has ended. `forgotten`: it is not known any more, a few seconds after its end; the image tells. */
export type Ended =
  | { readonly is: 'done'; readonly metadata: JsonObject }
  | { readonly is: 'failed'; readonly error: ImgctlError }
  | { readonly is: 'forgotten' };
/** Or it goes on, and nobody waits for it any more, because of the error. */
export type Settled = Ended | { readonly is: 'running'; readonly error: ImgctlError };

/** Seconds that the server is let think before it is asked again: less than any time limit of a request. */
const patience = '5';
const outOfTime = /deadline exceeded/i;

const pathOf = ({ body }: Told): string | undefined => /^\/1\.0\/(operations\/[\w-]+)$/.exec(textIn(body.operation) ?? '')?.[1];

/**
 * Waits for the work that an answer speaks of, and ends it where the call is stopped meanwhile. An answer that speaks of none is about
 * work that is done. Throws ABORTED where the work was ended by that, and has made nothing.
 */
export async function settled(client: IncusClient, told: Told, what: string, call: Call): Promise<Settled> {
  const path = pathOf(told);
  if (path === undefined) return { is: 'done', metadata: isObject(told.body.metadata) ? told.body.metadata : {} };
  try {
    return await call.until(what, () => look(client, path, what, call));
  } catch (error) {
    if (!(error instanceof ImgctlError) || !['ABORTED', 'WAIT_TIMEOUT'].includes(error.code)) throw error;
    const ended = call.signal.aborted ? await stopped(client, path, what, tidying(call)) : undefined;
    if (ended?.is === 'failed') throw abortedError(`${what}: interrupted, and ended at the server`);
    return ended ?? { is: 'running', error };
  }
}

/** Ends work, and tells how it has ended; absent: it goes on, or nobody knows. Oddity: of most kinds there is no end but their own. */
async function stopped(client: IncusClient, path: string, what: string, call: Call): Promise<Ended | undefined> {
  try {
    if (await endWork(client, path, call)) return await lookedFor(what, () => look(client, path, what, call), call);
    return judged(await read(client, path, what, call), what);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return undefined;
  }
}

/** Ends work that goes on. Whether it did: not what has ended already, or is not known any more, or has no end but its own. */
export async function endWork(client: IncusClient, path: string, call: Call): Promise<boolean> {
  try {
    await ask(client, { method: 'DELETE', path, what: 'ending work at the server' }, call);
    return true;
  } catch (error) {
    if (error instanceof ImgctlError && [400, 404].includes(error.circumstances.status ?? 0)) return false;
    throw error;
  }
}

/** With pauses that grow: about ten seconds. */
const looks = 8;

/** What comes within a few looks, or does not. */
export async function lookedFor<T>(what: string, look: () => Promise<T | undefined>, call: Call): Promise<T | undefined> {
  let left = looks;
  const seen = await call.until(what, async () => {
    left -= 1;
    const found = await look();
    return found === undefined && left > 0 ? undefined : { found };
  });
  return seen.found;
}

/**
 * Oddity: a failure comes as a success of either of two shapes, and so does a wait that has merely run out; only the operation
 * itself tells them apart.
 */
async function look(client: IncusClient, path: string, what: string, call: Call): Promise<Ended | undefined> {
  let said: ImgctlError | undefined;
  try {
    const { body } = await ask(client, { method: 'GET', path: `${path}/wait`, query: { timeout: patience }, what }, call);
    return judged(body.metadata, what);
  } catch (error) {
    // The wait was cut, or has run out, or the work has failed: the operation says which.
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    said = error;
  }
  try {
    return judged(await read(client, path, what, call), what);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.circumstances.status !== 404) throw error;
    const isVerdict = said.circumstances.status === undefined && said.code !== 'NETWORK' && !outOfTime.test(said.message);
    return isVerdict ? { is: 'failed', error: said } : { is: 'forgotten' };
  }
}

/** What the operation says of itself; absent: it goes on. */
function judged(operation: unknown, what: string): Ended | undefined {
  if (!isObject(operation)) return undefined;
  if (operation.status_code === 200) return { is: 'done', metadata: isObject(operation.metadata) ? operation.metadata : {} };
  if (operation.status_code === 400)
    return { is: 'failed', error: saidError(textIn(operation.err) || 'the server gives no reason', what) };
  if (operation.status_code === 401) return { is: 'failed', error: saidError('it was cancelled at the server', what) };
  return undefined;
}
