import { ImgctlError, limitError, providerError, unsupportedError, usageError } from '../../core/errors.ts';
import { answerError } from '../../core/answer-error.ts';
import { describeEncoding, type Accept } from '../../core/encoding.ts';
import { began } from '../../core/job-operation.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isObject, textIn } from '../../core/json.ts';
import type { Call, Content, Operation, UploadRequest } from '../../core/operation.ts';
import { humanSize } from '../../core/quantity.ts';
import { askNew, deleteImage, type LinodeClient } from './client.ts';
import { cloudInit, descriptionBody } from './description.ts';
import { explainXml } from './errors.ts';
import { editable, requireKnown, warnOfName } from './fields.ts';
import { warnOfRegions } from './places.ts';
import { recordFrom } from './record.ts';

const maxBytes = 5 * 1024 ** 3;

/** The limit on what is sent is the object store's and firm; support raises the one on the disk inside, so it only warns. */
const accepted: Accept = {
  format: 'raw',
  compression: 'gzip',
  maxBytes,
  warnVirtualBytes: 6_000_000_000,
  needsLength: true,
  oneMember: true,
  mayBeEmpty: true,
};

/** https://techdocs.akamai.com/linode-api/reference/post-upload-image */
export const upload: Operation<LinodeClient, 'upload'> = {
  accepts: [accepted],
  later: true,
  fields: editable,
  extras: { cloudInit },
  place: 'region',
  into: false,
  digests: [],
  // The upper bound is the server's to judge: its documents name two.
  tags: /^.{3,}$/s,

  async run(client, request, call) {
    const length = requireSendable(request.content);
    requireKnown(request.description);
    const region = regionOf(client, request);
    warnOfName(request.description.name, call);
    warnOfRegions([region], call);
    const json = { region, ...descriptionBody(request) };
    const { record, address } = await askNew(client, { path: 'images/upload', json, what: beginning, ifMissing }, begun, call);
    call.note({ kind: 'created', id: record.id });
    try {
      if (address === undefined || !/^https?:\/\//i.test(address) || !URL.canParse(address))
        throw providerError(`${beginning}: the answer has no upload address`);
      await put(client, address, request.content, length, call);
      began(call, { verb: 'upload', image: record.id });
    } catch (error) {
      throw await withoutRecord(client, record, error, call);
    }
    // Oddity: what is still `pending_upload` is now being processed.
    return { ...record, status: 'pending' };
  },
};

const beginning = 'beginning the upload';
const ifMissing = 'There may be no such region. List regions with: linode-cli regions list';

/** The new record, and where its data goes, if the answer says so. Throws PROVIDER when there is no record in it. */
function begun(body: unknown): { readonly record: ImageRecord; readonly address: string | undefined } {
  const wire = isObject(body) ? body : {};
  return { record: recordFrom(wire.image, beginning), address: textIn(wire.upload_to) };
}

/** Number of bytes to be sent. Throws UNSUPPORTED or LIMIT for what Linode does not take. */
function requireSendable(content: Content): number {
  const { encoding, bytes } = content;
  if (encoding.format !== accepted.format || encoding.compression !== accepted.compression)
    throw unsupportedError(`Linode accepts ${describeEncoding(accepted)} disks only, not ${describeEncoding(encoding)}`);
  if (bytes === undefined) throw usageError('Linode requires the length of an upload in advance');
  if (bytes > maxBytes)
    throw limitError(`${humanSize(bytes)} (${bytes} bytes) compressed exceeds Linode's limit of ${humanSize(maxBytes)}`, {
      hint: 'Shrink the disk, or overwrite its free space with zeros before compressing it.',
    });
  return bytes;
}

function regionOf(client: LinodeClient, request: UploadRequest): string {
  const region = request.place ?? client.region;
  if (region !== undefined && region !== '') return region;
  throw usageError('--region is required for an upload to Linode', {
    hint: 'Use --region us-ord, or set a default with:',
    next: [{ verb: 'profile set', args: ['region=us-ord'] }],
  });
}

/**
 * Sends the data. Oddity: the signed address covers this content type and no other, and no credentials go there; it is used
 * exactly as it was given, for its signature covers its spelling. It is good for 24 h.
 */
async function put(client: LinodeClient, address: string, content: Content, length: number, call: Call): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' };
  const answer = await client.http.send(
    { method: 'PUT', url: address, headers, bytes: content.open(), length, secretUrl: true },
    call,
  );
  if (answer.status < 200 || answer.status > 299) {
    const words = explainXml(answer.text);
    throw answerError(answer, 'sending the data', { words, isOwn: words !== '' });
  }
}

/** Removes the record of an upload that failed; the failure comes back, with what became of the record. */
async function withoutRecord(client: LinodeClient, record: ImageRecord, error: unknown, call: Call): Promise<ImgctlError> {
  const { id } = record;
  const failure =
    error instanceof ImgctlError ? error : new ImgctlError('INTERNAL', `uploading ${id}: ${String(error)}`, { cause: error });
  // The call may have been stopped: tidying up has time and tries of its own.
  const tidying: Call = { ...call, signal: AbortSignal.timeout(30_000), retries: { left: 1 } };
  try {
    await deleteImage(client, id, `removing ${id}`, tidying);
  } catch {
    return failure.with({
      leftover: id,
      hint: `${id} stays pending_upload for 24 h, or until it is deleted.`,
    });
  }
  call.note({ kind: 'removed', id });
  return failure.with({ hint: `The record ${id}, which would have stayed pending_upload for 24 h, was removed.` });
}
