import { answerError } from '../../core/answer-error.ts';
import { integrityError, type ImgctlError } from '../../core/errors.ts';
import { htmlText } from '../../core/html-text.ts';
import type { Bytes, ReceiveAnswer } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import type { Publisher } from './address.ts';
import { isGone, openFile } from './fetch.ts';

/**
 * Reads a published file from any byte on, wherever the server sends us. Throws INTEGRITY where it is another one than it was when it
 * was first opened, and what `absent` makes where it is not there.
 */
export function fileReader(
  from: Publisher,
  url: URL,
  absent: (status: number) => ImgctlError,
  call: Call,
): (first?: number, last?: number) => Bytes {
  /** By origin: mirrors of one file have tags of their own. */
  const tags = new Map<string, string>();
  return async function* open(first = 0, last) {
    const range = first === 0 && last === undefined ? undefined : { from: first, ...(last === undefined ? {} : { to: last }) };
    const { answer, url: at } = await openFile(from, url, range, call);
    if (isGone(answer)) {
      await answer.text();
      throw absent(answer.status);
    }
    if (answer.status !== 200 && answer.status !== 206) {
      throw answerError(answer, `reading ${url.href}`, { words: htmlText(await answer.text()), isOwn: false });
    }
    const { etag } = answer.headers;
    const known = tags.get(at.origin);
    if (etag !== undefined && known !== undefined && known !== etag)
      throw integrityError(`${url.href} is another file than it was when it was begun`, { hint: 'Try it again.' });
    if (etag !== undefined) tags.set(at.origin, etag);
    yield* wanted(answer, first, last);
  };
}

/** What was asked for: a server that knows no ranges gives all. */
async function* wanted(answer: ReceiveAnswer, first: number, last = Infinity): Bytes {
  let at = answer.status === 206 ? first : 0;
  for await (const chunk of answer.bytes) {
    const part = chunk.subarray(Math.max(0, first - at), Math.max(0, last + 1 - at));
    if (part.length > 0) yield part;
    at += chunk.length;
    if (at > last) return;
  }
}
