import { integrityError } from '../core/errors.ts';
import type { Image } from '../core/image.ts';
import type { Content } from '../core/operation.ts';
import { checksumStream } from './checksum-stream.ts';
import type { Checksum } from '../core/checksum.ts';
import { comparable, whyUnverified } from './published-digests.ts';

/** What came of comparing: the algorithm that agreed, or what was not compared, and why. Neither: the provider never tells. */
export interface Verified {
  readonly by?: string;
  readonly not?: string;
}

/** What was sent, and how far it can be asked about. */
export interface Sent {
  readonly content: Content;
  /** The format that the image was said to have. */
  readonly format: string;
  /** The bytes may be read once more, where the provider reports another digest than was taken on the way. */
  readonly rereads: boolean;
}

/**
 * Compares what the provider says of an image with what was sent to it: its length, and every digest that is known of both;
 * where none is, the strongest that can be computed. `reported`: what the provider gives digests of, if it has taken the
 * bytes; none: it never tells. Bytes of another format are the provider's own: it has converted what came. Throws INTEGRITY.
 */
export async function verifySent(
  image: Image,
  { content, format, rereads }: Sent,
  reported: readonly string[],
): Promise<Verified> {
  if (reported.length === 0) return {};
  const theirs = comparable(image.checksums);
  const sent = content.sent();
  const ours = new Map(comparable(sent.digests).map(({ algorithm, hex }) => [algorithm, hex]));
  let both = theirs.filter(({ algorithm }) => ours.has(algorithm));
  const [strongest] = theirs;
  if (both.length === 0 && strongest && rereads && content.repeatable && !isConverted(image, format)) {
    ours.set(strongest.algorithm, await digestOf(content, strongest.algorithm));
    both = [strongest];
  }
  const wrong = mismatch(image, sent.bytes, both, ours);
  if (wrong !== undefined && isConverted(image, format))
    return {
      not: `not verified: ${image.provider} converted ${image.id} from ${format} to ${image.diskFormat ?? ''}; its size and checksums are those of the result`,
    };
  if (wrong !== undefined) throw integrityError(wrong);
  const [first] = both;
  if (first) return { by: first.algorithm };
  const taken = theirs.map(({ algorithm }) => algorithm).join(', ');
  return {
    not:
      whyUnverified(image.checksums, image.provider, image.id) ??
      `not verified: ${image.provider} reports only ${taken} for ${image.id}, which was not computed while sending`,
  };
}

const isConverted = ({ diskFormat }: Image, format: string): boolean => diskFormat !== undefined && diskFormat !== format;

function mismatch(
  image: Image,
  bytes: number,
  theirs: readonly Checksum[],
  ours: ReadonlyMap<string, string>,
): string | undefined {
  if (image.sizeBytes !== undefined && image.sizeBytes !== bytes)
    return `${image.provider} has ${image.sizeBytes} bytes of ${image.id}; ${bytes} were sent`;
  const wrong = theirs.find(({ algorithm, hex }) => ours.get(algorithm) !== hex);
  return (
    wrong &&
    `the ${wrong.algorithm} of ${image.id} at ${image.provider} is ${wrong.hex}; what was sent has ${ours.get(wrong.algorithm) ?? ''}`
  );
}

async function digestOf(content: Content, algorithm: string): Promise<string> {
  const through = checksumStream(content.open(), [algorithm]);
  const bytes = through.bytes[Symbol.asyncIterator]();
  while (!(await bytes.next()).done);
  return through.result().digests[algorithm] ?? '';
}
