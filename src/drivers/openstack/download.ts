import { formats, type Format } from '../../core/encoding.ts';
import { conflictError, type ImgctlError } from '../../core/errors.ts';
import { fillingOf } from '../../core/hint.ts';
import type { Bytes } from '../../core/http.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { handoverOf } from './server-side-copy.ts';
import type { OpenstackClient } from './client.ts';
import { imagePath, readRecord } from './images.ts';
import { cloudReferences } from './record.ts';

const noData = (image: ImageRecord): ImgctlError =>
  conflictError(`image ${image.id} has no data: it is ${image.providerStatus}`, {
    hint: image.status === 'queued' ? 'Fill it with:' : 'Wait for it with:',
    next: [image.status === 'queued' ? fillingOf(image.id) : { verb: 'wait', image: image.id }],
  });

/** Leaves out `skip` bytes and gives no more than `take`: where a store cannot begin in the middle, Glance sends all. */
async function* part(bytes: Bytes, skip: number, take: number): Bytes {
  let [skipping, taking] = [skip, take];
  for await (const chunk of bytes) {
    const rest = chunk.subarray(Math.min(skipping, chunk.length));
    skipping -= chunk.length - rest.length;
    const kept = rest.subarray(0, Math.min(taking, rest.length));
    taking -= kept.length;
    if (kept.length > 0) yield kept;
    if (taking === 0) return;
  }
}

async function* read(client: OpenstackClient, image: ImageRecord, from: number, to: number | undefined, call: Call): Bytes {
  const whole = from === 0 && to === undefined;
  const range = whole ? undefined : { from, ...(to === undefined ? {} : { to }) };
  const answer = await client.receive(`${imagePath(image.id)}/file`, range, call);
  if (answer.status === 206 || (answer.status === 200 && whole)) return yield* answer.bytes;
  if (answer.status === 200) return yield* part(answer.bytes, from, to === undefined ? Infinity : to - from + 1);
  const body = await answer.text();
  // Oddity: an image without data is "no content", as if that were a success.
  if (answer.status === 204) throw noData(await readRecord(client, image.id, call));
  const refused = client.errorFrom(answer, body, `downloading image ${image.id}`);
  // Oddity: a deactivated image is refused with 403, like one that is not ours.
  if (answer.status !== 403 || image.status !== 'inactive') throw refused;
  throw conflictError(refused.message, {
    ...refused.circumstances,
    hint: 'Reactivate it with:',
    next: [{ verb: 'reactivate', image: image.id }],
  });
}

export const download: Operation<OpenstackClient, 'download'> = {
  ranges: true,
  references: cloudReferences,
  async run(client, { id }, call) {
    const image = await readRecord(client, id, call);
    // An administrator may read a deactivated image: that is Glance's to say.
    if (image.status !== 'active' && image.status !== 'inactive') throw noData(image);
    const format = formats.find((word): word is Format => word === image.diskFormat);
    const handover = await handoverOf(client, id, call);
    return {
      ...(handover === undefined ? {} : { handover }),
      ...(format === undefined ? {} : { encoding: { format } }),
      ...(image.sizeBytes === undefined ? {} : { bytes: image.sizeBytes }),
      ...(image.checksums === undefined ? {} : { digests: image.checksums }),
      open: (from = 0, to) => read(client, image, from, to, call),
    };
  },
};
