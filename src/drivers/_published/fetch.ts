import type { Answer } from '../../core/answer.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import { ImgctlError, networkError, providerError } from '../../core/errors.ts';
import type { Bytes, Headers, ReceiveAnswer, ReceiveRequest } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { humanSize } from '../../core/quantity.ts';
import { redirectOf } from '../../core/redirect.ts';
import { beforeRetry } from '../../core/retry.ts';
import type { Publisher } from './address.ts';

const mostRedirects = 5;
/** Documents are smaller. */
const mostBytes = 64 * 1024 * 1024;

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
async function follow(
  from: Publisher,
  start: URL,
  anywhere: boolean,
  request: Omit<ReceiveRequest, 'url'>,
  call: Call,
): Promise<Followed<ReceiveAnswer>> {
  let url = start;
  for (let left = mostRedirects; ; left -= 1) {
    const answer = await from.http.receive({ ...request, url, headers: headersFor(from, url, request.headers ?? {}) }, call);
    const next = answer.status === 304 ? undefined : redirectOf(answer, url);
    if (!next) return { answer, url };
    if (left === 0) throw networkError(`${start.href} redirects more than ${mostRedirects} times`, answerCircumstances(answer));
    if (!anywhere && next.origin !== start.origin)
      throw networkError(`refusing the redirect from ${start.origin} to ${next.origin}: nothing vouches for what is there`, {
        ...answerCircumstances(answer),
        hint: 'Give that address in the profile, or the keyring that the files are signed by.',
      });
    url = next;
  }
}

/** Opens a file, of which a digest or a signature is known: it may come from anywhere. */
export const openFile = (
  from: Publisher,
  url: URL,
  range: ReceiveRequest['range'],
  call: Call,
): Promise<Followed<ReceiveAnswer>> => follow(from, url, true, range ? { range } : {}, call);

/** What was answered to a request for a document: its bytes, or of any other answer than 200 what it says. */
export interface Fetched {
  readonly answer: ReceiveAnswer;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Reads a document as it is served, byte by byte; only what is signed may come from anywhere. One that breaks off is read again. Throws
 * as `Http.receive`, NETWORK for a redirect that may not be followed, and PROVIDER for what is too large to be one.
 */
export async function fetchDocument(from: Publisher, url: URL, headers: Headers, whole: Call): Promise<Fetched> {
  const anywhere = from.assurance === 'signature';
  // A run reads several, and a server that is slow to begin with is so for each.
  const call = { ...whole, retries: { left: whole.retries.left } };
  for (let tries = 1; ; tries += 1) {
    const { answer } = await follow(from, url, anywhere, { headers, compressible: true }, call);
    if (answer.status !== 200) return { answer, bytes: Buffer.alloc(0), text: await answer.text() };
    try {
      return { answer, bytes: await gathered(answer.bytes, url), text: '' };
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code !== 'NETWORK') throw error;
      await beforeRetry(error, tries, call);
    }
  }
}

async function gathered(bytes: Bytes, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > mostBytes) throw providerError(`${url.href} is larger than ${humanSize(mostBytes)}, and no list of images`);
    chunks.push(Buffer.from(chunk));
  }
  const [first, second] = chunks;
  return first && !second ? first : Buffer.concat(chunks, size);
}
