import { integrityError, networkError, providerError, type ImgctlError } from '../core/errors.ts';
import { answerError, type ErrorText } from '../core/answer-error.ts';
import type { Bytes, Http, ReceiveAnswer } from '../core/http.ts';
import type { Call } from '../core/operation.ts';
import { isHtml, htmlText } from '../core/html-text.ts';
import { redirectOf } from '../core/redirect.ts';
import { usualRequestIds, withRequestIds } from '../core/request-id.ts';
import { randomOver, type Source } from './source.ts';
import { isSameState, tellsStates, validatorOf, type Validator } from './validator.ts';

const redirectLimit = 5;

/** What a first look at a URL has told. `empty`: there is not one byte to ask for. */
interface Probed {
  readonly target: URL;
  readonly state: Validator;
  readonly ranges: boolean;
}

/** An address for messages: what stands behind `?`, `#` or `;` may be a signature. */
export const shownAddress = (url: URL): string => `${url.origin}${url.pathname.replace(/;[^/]*/g, '')}`;

const replaced = (name: string): ImgctlError =>
  integrityError(`${name} was replaced while it was read`, { hint: 'Try again: what came belongs to two different files.' });

/**
 * A file behind http or https, as it is now: every later answer must be of the same state of it, else INTEGRITY. Redirects are
 * followed, without credentials, never from https to http. Where the server says nothing by which another file of the same
 * length would be noticed, it is read as one stream. Throws as the answer says.
 */
export async function urlSource(url: string, http: Http, call: Call): Promise<Source> {
  const asked = withRequestIds(http, usualRequestIds);
  const { target, state, ranges } = await probe(new URL(url), asked, call);
  const name = shownAddress(target);
  const { total: bytes } = state;
  const continues = ranges && tellsStates(state);
  const receive = async function* (from = 0, to?: number): Bytes {
    if (bytes === 0) return;
    const part = from > 0 || to !== undefined ? { range: { from, ...(to === undefined ? {} : { to }) } } : {};
    const answer = await asked.receive({ url: target, queryIsSecret: true, ...part }, call);
    const given = await checked(answer, from, state, name);
    yield* bytes === undefined ? given : exactly(given, (to ?? bytes - 1) - from + 1, to === undefined, name);
  };
  return {
    name,
    fileName: urlFileName(new URL(url)),
    repeatable: true,
    near: false,
    continues,
    ...(bytes === undefined ? {} : { bytes }),
    ...(tellsStates(state) ? { state: JSON.stringify(state) } : {}),
    ...modifiedIn(state),
    open: receive,
    ...(continues && bytes !== undefined ? { random: randomOver(bytes, receive) } : {}),
    close: async () => undefined,
  };
}

function modifiedIn({ modified = '' }: Validator): Pick<Source, 'modifiedAt'> {
  const ms = Date.parse(modified);
  return Number.isNaN(ms) ? {} : { modifiedAt: new Date(ms).toISOString() };
}

/** The file name that a URL was typed with: where it redirects to may be called anything. */
export function urlFileName({ pathname }: URL): string {
  const part = pathname.slice(pathname.lastIndexOf('/') + 1).replace(/;.*/, '');
  try {
    return decodeURIComponent(part);
  } catch {
    // No encoding of anything: as it is.
    return part;
  }
}

/** The bytes of an answer to a request for those from `from` on. Throws INTEGRITY when they are of another state. */
async function checked(answer: ReceiveAnswer, from: number, state: Validator, name: string): Promise<Bytes> {
  const isFine = answer.status === 200 || answer.status === 206;
  // A range that was there a moment ago, and is not any more.
  if (answer.status === 416) throw replaced(name);
  if (!isFine) throw answerError(answer, `reading ${name}`, await said(answer));
  if (!isSameState(state, validatorOf(answer))) {
    await letGo(answer.bytes);
    throw replaced(name);
  }
  if (from > 0 && answer.status !== 206) {
    await letGo(answer.bytes);
    throw providerError(`${name}: the server ignored the requested range`, { status: answer.status });
  }
  return answer.bytes;
}

/**
 * So many bytes of an answer. A server may give fewer than it was asked for: NETWORK, so that whoever can goes on from there. One
 * that knows no ranges gives more; of a `whole` file that is another one: INTEGRITY.
 */
async function* exactly(bytes: Bytes, wanted: number, whole: boolean, name: string): Bytes {
  let come = 0;
  for await (const chunk of bytes) {
    const part = chunk.subarray(0, wanted - come);
    come += part.length;
    if (part.length > 0) yield part;
    if (part.length === chunk.length) continue;
    if (whole) throw replaced(name);
    return;
  }
  if (come < wanted) throw networkError(`${name}: the server sent ${come} of ${wanted} bytes`);
}

async function probe(url: URL, http: Http, call: Call): Promise<Probed> {
  let target = url;
  for (let hops = 0; hops <= redirectLimit; hops += 1) {
    const answer = await http.receive({ url: target, queryIsSecret: true, range: { from: 0, to: 0 } }, call);
    if (answer.status === 206 || answer.status === 200) {
      await letGo(answer.bytes);
      const state = validatorOf(answer);
      if (state.total === undefined && !/chunked/i.test(answer.headers['transfer-encoding'] ?? '')) warnOfLength(target, call);
      return { target, state, ranges: answer.status === 206 };
    }
    // Of nothing there is no first byte.
    if (answer.status === 416 && /^bytes \*\/0$/.test(answer.headers['content-range'] ?? ''))
      return { target, state: { ...validatorOf(answer), total: 0 }, ranges: false };
    const next = redirectOf(answer, target);
    if (!next) throw answerError(answer, `reading ${shownAddress(target)}`, await said(answer));
    target = next;
  }
  throw networkError(`${url.host} redirects more than ${redirectLimit} times`);
}

/** Without a length and without chunks, a connection that breaks off looks like the end. */
function warnOfLength(target: URL, call: Call): void {
  const message = `${shownAddress(target)} reports no length: if its answer breaks off, the disk is cut short and nothing shows it`;
  call.note({ kind: 'warning', message });
}

/** Lets go of a body without reading it. */
async function letGo(bytes: Bytes): Promise<void> {
  await bytes[Symbol.asyncIterator]().return?.();
}

const longestWords = 200;

/** What a server says of its refusal, cut short. Whoever answers at a URL is who was asked. */
async function said(answer: ReceiveAnswer): Promise<ErrorText> {
  // What is no refusal is content, and content is not for messages; nor is what is no text.
  const text = answer.status < 300 ? '' : (await answer.text()).trim();
  if (answer.status < 300) await letGo(answer.bytes);
  if (/[\ufffd\u0000-\u0008]/.test(text)) return { words: '', isOwn: true };
  return { words: (isHtml(text) ? htmlText(text) : text).slice(0, longestWords), isOwn: true };
}
