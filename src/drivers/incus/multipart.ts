import { integrityError, providerError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';

/** One part of a multipart body (RFC 2046). */
export interface Part {
  readonly name: string;
  readonly fileName: string;
  /** To be read before the next part is asked for; valid until the next chunk is. */
  readonly bytes: Bytes;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** What stands before a part that is sent. */
export const partHead = (boundary: string, name: string, fileName: string): Uint8Array =>
  text(
    `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );

/** What stands after the last one. */
export const closing = (boundary: string): Uint8Array => text(`\r\n--${boundary}--\r\n`);

/** The boundary that a content type names; absent: it is no multipart body. */
export const boundaryOf = (type: string | undefined): string | undefined =>
  /^multipart\/[\w-]+\s*;.*\bboundary="?([^";]+)"?/i.exec(type ?? '')?.[1];

const longestHead = 16 * 1024;

/** The parts of a body in order. Throws INTEGRITY where it ends before its end is told, PROVIDER for what is no such body. */
export async function* partsOf(body: Bytes, boundary: string): AsyncGenerator<Part> {
  const input = new Lookahead(body);
  const mark = Buffer.from(`\r\n--${boundary}`, 'latin1');
  // The first mark has no line break of its own.
  input.prepend(Buffer.from('\r\n', 'latin1'));
  await drain(input.until(mark));
  try {
    for (;;) {
      if (await input.isNext(Buffer.from('--', 'latin1'))) return;
      const head = Buffer.concat(await collected(input.until(Buffer.from('\r\n\r\n', 'latin1')), longestHead)).toString('latin1');
      const bytes = input.until(mark);
      yield { name: parameter(head, 'name'), fileName: parameter(head, 'filename'), bytes };
      await drain(bytes);
    }
  } finally {
    await input.close();
  }
}

const parameter = (head: string, name: string): string => new RegExp(`[;\\s]${name}="([^"]*)"`, 'i').exec(head)?.[1] ?? '';

async function drain(bytes: Bytes): Promise<void> {
  const rest = bytes[Symbol.asyncIterator]();
  while (!(await rest.next()).done);
}

/** All of some bytes. Throws PROVIDER for more than `most`. */
export async function collected(bytes: Bytes, most: number): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > most) throw providerError(`the answer has a part of more than ${most} bytes where a short one is due`);
    chunks.push(Buffer.from(chunk));
  }
  return chunks;
}

/** Where at the end of some bytes a mark may have begun: their length where it has not. */
function beginningOf(mark: Buffer, bytes: Buffer): number {
  let at = Math.max(0, bytes.length - mark.length + 1);
  while (!mark.subarray(0, bytes.length - at).equals(bytes.subarray(at))) at += 1;
  return at;
}

/** Bytes that are read up to a mark, which is taken away. They are given as they came: what passes is not copied. */
class Lookahead {
  #held: Buffer = Buffer.alloc(0);
  readonly #source: AsyncIterator<Uint8Array>;

  constructor(bytes: Bytes) {
    this.#source = bytes[Symbol.asyncIterator]();
  }

  prepend(bytes: Buffer): void {
    this.#held = Buffer.concat([bytes, this.#held]);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /** Takes these bytes away if they are next. */
  async isNext(wanted: Buffer): Promise<boolean> {
    while (this.#held.length < wanted.length) await this.#fill();
    const isIt = this.#held.subarray(0, wanted.length).equals(wanted);
    if (isIt) this.#held = this.#held.subarray(wanted.length);
    return isIt;
  }

  async *until(mark: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      const end = at >= 0 ? at : beginningOf(mark, this.#held);
      const ready = this.#held.subarray(0, end);
      this.#held = this.#held.subarray(at >= 0 ? at + mark.length : end);
      if (ready.length > 0) yield ready;
      if (at >= 0) return;
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    // A few bytes, in memory that the next ones may come in.
    const before = Buffer.from(this.#held);
    const next = await this.#source.next();
    if (next.done) throw integrityError('the data ends before its end: the server has broken off');
    const { buffer, byteOffset, byteLength } = next.value;
    this.#held = before.length === 0 ? Buffer.from(buffer, byteOffset, byteLength) : Buffer.concat([before, next.value]);
  }
}
