import { integrityError } from '../core/errors.ts';
import type { Image } from '../core/image.ts';
import type { Content } from '../core/operation.ts';

/**
 * Compares what the provider says of an image with what was sent to it. Only where the provider reports digests of the
 * bytes it took is its size theirs too. Throws INTEGRITY, and returns the algorithm that agreed, absent if none was reported.
 */
export function verifySent(image: Image, content: Content, reported: readonly string[]): string | undefined {
  if (reported.length === 0) return undefined;
  const sent = content.sent();
  if (image.sizeBytes !== undefined && image.sizeBytes !== sent.bytes)
    throw integrityError(`${image.provider} has ${image.sizeBytes} bytes of ${image.id}; ${sent.bytes} were sent`);
  const algorithm = reported.find((name) => image.checksums?.[name] !== undefined && sent.digests[name] !== undefined);
  if (algorithm === undefined) return undefined;
  const [theirs, ours] = [image.checksums?.[algorithm]?.toLowerCase(), sent.digests[algorithm]];
  if (theirs !== ours)
    throw integrityError(`the ${algorithm} of ${image.id} at ${image.provider} is ${theirs}; what was sent has ${ours}`);
  return algorithm;
}
