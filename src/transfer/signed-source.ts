import type { Bytes } from '../core/http.ts';
import type { SignatureCheck, Signer } from '../core/signature.ts';
import type { Source } from './source.ts';
import { withholdTail } from './withhold-tail.ts';

/** A detached signature over a source. `proved` is told who made it, each time that all bytes have passed. */
export interface SourceSignature {
  /** Begins a check. Rejects as `Signatures.check` does. */
  begin(): Promise<SignatureCheck>;
  proved(signer: Signer): void;
}

/**
 * A source whose bytes are signed. What lies near is read to its end now: INTEGRITY where the signature is not good. What is far fails so at
 * its end, before which the last chunk is held back; it is read as one stream, from its beginning, since parts cannot be judged. Digests
 * that were published of it say nothing: nobody has signed them.
 */
export async function signedSource(source: Source, signature: SourceSignature): Promise<Source> {
  if (!source.near || !source.repeatable) return checkedAtEnd(source, signature);
  for await (const _chunk of judged(source, signature));
  return { ...source, verifiedBy: 'signature' };
}

function checkedAtEnd(source: Source, signature: SourceSignature): Source {
  const { digests: _published, contentId: _said, random: _parts, ...kept } = source;
  return {
    ...kept,
    continues: false,
    verifiedBy: 'signature',
    open: (from = 0, to) => (to === undefined ? behind(judged(source, signature), from) : source.open(from, to)),
  };
}

async function* judged(source: Source, { begin, proved }: SourceSignature): Bytes {
  const check = await begin();
  const passing = async function* (): Bytes {
    for await (const chunk of source.open()) {
      check.update(chunk);
      yield chunk;
    }
  };
  yield* withholdTail(passing(), source.bytes, () => proved(check.verdict()));
}

/** What comes behind so many bytes, all of which are read. */
async function* behind(bytes: Bytes, from: number): Bytes {
  let passed = 0;
  for await (const chunk of bytes) {
    const rest = chunk.subarray(Math.max(0, from - passed));
    passed += chunk.length;
    if (rest.length > 0) yield rest;
  }
}
