import type { Answer } from '../../core/answer.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import { networkError } from '../../core/errors.ts';
import type { ApiAnswer, Headers, ReceiveAnswer, ReceiveRequest } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { redirectOf } from '../../core/redirect.ts';
import type { Publisher } from './address.ts';

const mostRedirects = 5;

/** That a file is not there is for the server to say, and for whoever stands before it: such a page has no form of its own. */
export const isGone = ({ status }: Answer): boolean => status === 404 || status === 410;

/** An answer that is no redirect, and where it came from in the end. */
export interface Followed<A> {
  readonly answer: A;
  readonly url: URL;
}

const headersFor = ({ credentials, origins }: Publisher, url: URL, headers: Headers): Headers =>
  origins.has(url.origin) ? { ...headers, ...credentials } : headers;

/** Follows redirects, also to other origins where `anywhere`. Throws NETWORK for too many, and for one that may not be followed. */
async function follow<A extends Answer>(
  start: URL,
  anywhere: boolean,
  ask: (url: URL) => Promise<A>,
  drop: (answer: A) => Promise<void>,
): Promise<Followed<A>> {
  let url = start;
  for (let left = mostRedirects; ; left -= 1) {
    const answer = await ask(url);
    const next = answer.status === 304 ? undefined : redirectOf(answer, url);
    if (!next) return { answer, url };
    await drop(answer);
    if (left === 0) throw networkError(`${start.host} redirects more than ${mostRedirects} times`, answerCircumstances(answer));
    if (!anywhere && next.origin !== start.origin)
      throw networkError(`refusing the redirect from ${start.origin} to ${next.origin}: nothing vouches for what is there`, {
        ...answerCircumstances(answer),
        hint: 'Give that address in the profile, or the keyring that the files are signed by.',
      });
    url = next;
  }
}

/** Reads a text. Only what is signed may come from anywhere. */
export const fetchText = (from: Publisher, url: URL, headers: Headers, call: Call): Promise<Followed<ApiAnswer>> =>
  follow(
    url,
    from.assurance === 'signature',
    (at) => from.http.request({ method: 'GET', url: at, headers: headersFor(from, at, headers) }, call),
    async () => undefined,
  );

/** Opens a file, of which a digest or a signature is known. */
export const openFile = (
  from: Publisher,
  url: URL,
  range: ReceiveRequest['range'],
  call: Call,
): Promise<Followed<ReceiveAnswer>> =>
  follow(
    url,
    true,
    (at) => from.http.receive({ url: at, headers: headersFor(from, at, {}), ...(range ? { range } : {}) }, call),
    async (answer) => void (await answer.bytes[Symbol.asyncIterator]().return?.()),
  );

/** The whole of a file as it is served, which nobody has decoded; absent: it is not there. `refused` makes the error of any other answer. */
export async function fetchBytes(
  from: Publisher,
  url: URL,
  refused: (answer: Answer, text: string) => Error,
  call: Call,
): Promise<Uint8Array | undefined> {
  const { answer } = await openFile(from, url, undefined, call);
  if (isGone(answer)) {
    await answer.text();
    return undefined;
  }
  if (answer.status !== 200) throw refused(answer, await answer.text());
  const chunks: Buffer[] = [];
  for await (const chunk of answer.bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
