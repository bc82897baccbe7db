import type { Compression } from '../core/encoding.ts';
import type { Bytes } from '../core/http.ts';
import type { Digests } from '../core/operation.ts';
import { checksumStream } from './checksum-stream.ts';
import { compareDigests } from './checksum.ts';
import { decompress } from './formats/index.ts';
import { decompressionLimitBytes } from './full-scan.ts';
import { strongest } from './published-digests.ts';
import type { Source } from './source.ts';
import { withholdTail } from './withhold-tail.ts';

/**
 * The same source of compressed bytes, which fails with INTEGRITY at its end where what is in them has not the digest that was published of
 * that; the last chunk is held back until then. Where the compressed bytes have a digest of their own, or nothing can be compared, it stays as it is.
 */
export function checkedInside(source: Source, compression: Compression | undefined, uncompressed: Digests | undefined): Source {
  const expected = strongest(uncompressed);
  if (!compression || !expected || strongest(source.digests)) return source;
  const { random: _parts, ...kept } = source;
  const open = (): Bytes => {
    const pipe = new Pipe();
    const inside = checksumStream(decompress(compression, pipe.read(), decompressionLimitBytes), [expected.algorithm]);
    const judged = drained(inside.bytes).finally(() => pipe.close());
    // Whoever stops reading never asks for it.
    judged.catch(() => undefined);
    const passing = async function* (): Bytes {
      try {
        for await (const chunk of source.open()) {
          await pipe.write(chunk);
          yield chunk;
        }
      } finally {
        pipe.end();
      }
    };
    return withholdTail(passing(), source.bytes, async () => {
      await judged;
      compareDigests(inside.result().digests, [expected], `what is in ${source.name}`);
    });
  };
  return {
    ...kept,
    continues: false,
    verifiedBy: expected.algorithm,
    open: (from = 0, to) => (from > 0 || to !== undefined ? source.open(from, to) : open()),
  };
}

async function drained(bytes: Bytes): Promise<void> {
  const each = bytes[Symbol.asyncIterator]();
  while (!(await each.next()).done);
}

/** Hands chunks over, one at a time: a chunk's memory is its writer's again once `write` has resolved. */
class Pipe {
  #chunk: Uint8Array | undefined;
  #ended = false;
  #closed = false;
  #wake: () => void = () => undefined;
  #taken: () => void = () => undefined;

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#closed) return;
    this.#chunk = chunk;
    this.#wake();
    await new Promise<void>((resolve) => {
      this.#taken = resolve;
      if (this.#closed) resolve();
    });
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Nobody reads any more: what is written goes nowhere. */
  close(): void {
    this.#closed = true;
    this.#taken();
  }

  async *read(): Bytes {
    for (;;) {
      const chunk = this.#chunk;
      this.#chunk = undefined;
      if (chunk) {
        yield chunk;
        this.#taken();
      } else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
