import { integrityError } from '../../core/errors.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { fileReader } from '../_published/data.ts';
import { distrusted, unreliable } from '../_published/distrust.ts';
import { refusal } from '../_published/document.ts';
import { fetchDocument, isGone } from '../_published/fetch.ts';
import type { CoreosClient } from './client.ts';
import { errorFrom } from './errors.ts';
import { findImage } from './find.ts';
import type { StreamImage } from './images.ts';
import { addressOf, digestsOf, uncompressedDigestsOf } from './record.ts';

export const download: Operation<CoreosClient, 'download'> = {
  ranges: true,
  /** Throws INTEGRITY where no digest that can be relied on is published, and where a signature is wanted and there is none. */
  async run(client, { id }, call) {
    const image = await findImage(client, id, call);
    const [digests, uncompressedDigests] = [digestsOf(image), uncompressedDigestsOf(image)];
    if (Object.keys(digests).length === 0 && client.publisher.assurance !== 'nothing') throw unreliable(image.id, 'no sha256');
    const signature = await signatureOf(client, image, call);
    const url = addressOf(client, image);
    const { encoding } = image.disk;
    return {
      ...(encoding ? { encoding } : {}),
      digests,
      ...(Object.keys(uncompressedDigests).length > 0 ? { uncompressedDigests } : {}),
      ...(signature ? { signature } : {}),
      open: fileReader(client.publisher, url, (status) => errorFrom(url, status), call),
    };
  },
};

/** The signature over the file as it is published; absent: none is wanted. */
async function signatureOf(
  { publisher }: CoreosClient,
  { name, signature }: StreamImage,
  call: Call,
): Promise<Uint8Array | undefined> {
  if (publisher.assurance !== 'signature') {
    // Nobody has said by which keys it is to be judged.
    if (publisher.assurance === 'checksum' && signature)
      call.note({ kind: 'warning', message: `not verified: ${name} is signed, and the profile names no keys to judge that by` });
    return undefined;
  }
  const called = signature ? `${name} (${signature.href})` : name;
  const unsigned = () => distrusted(integrityError(`${called} is not signed`));
  if (!signature) throw unsigned();
  const { answer, bytes, text } = await fetchDocument(publisher, signature, {}, call);
  if (isGone(answer)) throw unsigned();
  if (answer.status !== 200) throw refusal({ name: `the signature of ${name}` }, signature)(answer, text);
  return bytes;
}
