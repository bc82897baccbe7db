import { integrityError, usageError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import type { Digests } from '../core/operation.ts';
import { withholdTail } from './withhold-tail.ts';
import { checksumStream } from './checksum-stream.ts';
import type { Checksum } from '../core/checksum.ts';
import { strongest } from './published-digests.ts';
import type { Source } from './source.ts';

export { strongest, type Checksum };

const hexLengths: Readonly<Record<string, number>> = { md5: 32, sha1: 40, sha256: 64, sha512: 128 };

/** Reads `ALGO:HEX`. Throws USAGE for an algorithm that is not known, or a digest of another length. */
export function parseChecksum(text: string): Checksum {
  const [algorithm = '', hex = ''] = text.toLowerCase().split(':');
  const length = hexLengths[algorithm];
  if (length === undefined)
    throw usageError(`--checksum: "${algorithm}" is not one of ${Object.keys(hexLengths).join(', ')}`, {
      hint: 'Use ALGO:HEX, such as sha256:HEX.',
    });
  if (!new RegExp(`^[0-9a-f]{${length}}$`).test(hex))
    throw usageError(`--checksum: a ${algorithm} digest has ${length} hexadecimal digits`);
  return { algorithm, hex };
}

/** Throws INTEGRITY when one of the digests found is not the one it must be. */
export function compareDigests(found: Digests, expected: readonly Checksum[], name: string): void {
  for (const { algorithm, hex } of expected)
    if (found[algorithm] !== hex)
      throw integrityError(`${name} has the ${algorithm} ${found[algorithm]}, not ${hex}`, {
        hint: 'Download it again: the file is corrupt or not the one expected.',
      });
}

/**
 * The same source, whose stream fails with INTEGRITY at its end when a digest is not the one it must be. The last
 * chunk is held back until then, so that whoever writes it elsewhere never has the whole of a wrong file.
 */
export function checkedSource(source: Source, expected: readonly Checksum[]): Source {
  if (expected.length === 0) return source;
  return {
    ...source,
    open(from = 0, to) {
      // Of a part there is nothing to compare with.
      return from > 0 || to !== undefined ? source.open(from, to) : checkedBytes(source, expected);
    },
  };
}

function checkedBytes(source: Source, expected: readonly Checksum[]): Bytes {
  const measured = checksumStream(
    source.open(),
    expected.map(({ algorithm }) => algorithm),
  );
  return withholdTail(measured.bytes, source.bytes, () => compareDigests(measured.result().digests, expected, source.name));
}

/** Reads a source to its end only to check it. */
export async function checkNow(source: Source, expected: readonly Checksum[]): Promise<void> {
  const bytes = checkedSource(source, expected).open()[Symbol.asyncIterator]();
  while (!(await bytes.next()).done);
}
