import type { Accept, Format } from '../../core/encoding.ts';
import { conflictError, ImgctlError, integrityError, usageError } from '../../core/errors.ts';
import { began } from '../../core/job-operation.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Call, Description, Operation, UploadRequest } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { editableFields } from '../../core/changes.ts';
import { steps } from './description.ts';
import { imagePath, patchImage, readImage, readRecord } from './images.ts';
import { needMethod, needStores } from './capabilities.ts';
import { onNewImage } from './new-image.ts';
import { reservedNames } from './record.ts';

/** Disk formats of Glance. What it is given is stored as it is: nothing is unwrapped. */
const diskFormats = [
  'raw',
  'qcow2',
  'vmdk',
  'vhd',
  'vhdx',
  'vdi',
  'iso',
  'ploop',
  'ami',
  'ari',
  'aki',
] as const satisfies readonly Format[];
const accepts: readonly [Accept, ...Accept[]] = [
  { format: 'raw' },
  ...diskFormats.slice(1).map((format): Accept => ({ format })),
];

/** A description in two parts: what the record is made with, and what it gets only once the data is there. */
function inTurn(description: Description): { readonly first: Description; readonly later: Description } {
  const { visibility, protected: locked, ...rest } = description;
  const open = visibility === 'public' || visibility === 'community';
  return {
    // `private` meanwhile: nobody else is to see half an image.
    first: { ...rest, ...(visibility === undefined ? {} : { visibility: open ? 'private' : visibility }) },
    // A protected record could not be removed again if the upload fails.
    later: { ...(open ? { visibility } : {}), ...(locked === true ? { protected: true } : {}) },
  };
}

/**
 * Asks whether we may make the image public, before its bytes are sent. The patch cannot be applied, because its second
 * step removes what is not there (409), and Glance applies all steps or none; who may not is refused at the first (403).
 */
async function checkMayPublish(client: OpenstackClient, id: string, call: Call): Promise<void> {
  try {
    await patchImage(
      client,
      id,
      [
        { op: 'replace', path: '/visibility', value: 'public' },
        { op: 'remove', path: '/imgctl.not-there' },
      ],
      call,
    );
  } catch (error) {
    if (error instanceof ImgctlError && error.circumstances.status === 409) return;
    throw error;
  }
}

/** The queued record that is to be filled, with its formats set. Throws CONFLICT when it has data or another format. */
async function prepared(client: OpenstackClient, id: string, request: UploadRequest, call: Call): Promise<JsonObject> {
  const record = await readImage(client, id, call);
  if (record.status !== 'queued')
    throw conflictError(
      `image ${id} is ${String(record.status)}, only a queued one can be filled`,
      record.status === 'active'
        ? { hint: 'Upload to a new image.' }
        : {
            hint: 'Delete it and start again, since an interrupted upload cannot be resumed:',
            next: [{ verb: 'delete', image: id }],
          },
    );
  const format = request.description.diskFormat ?? request.content.encoding.format;
  if (typeof record.disk_format === 'string' && record.disk_format !== format)
    throw conflictError(`image ${id} was made for ${record.disk_format}, and this is ${format}`, {
      hint: `Convert it with: --disk-format ${record.disk_format}`,
    });
  const { name: _kept, ...given } = request.description;
  const container = record.container_format ?? 'bare';
  const { first } = inTurn({
    ...given,
    diskFormat: format,
    ...(typeof container === 'string' && !given.containerFormat ? { containerFormat: container } : {}),
  });
  const wanted = steps(record, first);
  return wanted.length > 0 ? patchImage(client, id, wanted, call) : record;
}

/** Oddity: what Glance finds in the data, and its operator does not allow, is told as a media type that is not supported. */
function judgedContent(error: unknown): unknown {
  if (!(error instanceof ImgctlError) || error.circumstances.status !== 415) return error;
  return integrityError(error.message, {
    ...error.circumstances,
    cause: error,
    hint: 'Name its real format with --disk-format. Check the image with:',
    next: [{ verb: 'inspect', args: ['FILE'] }],
  });
}

async function sendData(client: OpenstackClient, id: string, request: UploadRequest, staged: boolean, call: Call): Promise<void> {
  const { content, place } = request;
  const sending = client.send(
    {
      what: `uploading to image ${id}`,
      method: 'PUT',
      path: `${imagePath(id)}/${staged ? 'stage' : 'file'}`,
      headers: {
        // Nothing else is taken (415).
        'content-type': 'application/octet-stream',
        ...(place === undefined || staged ? {} : { 'x-image-meta-store': place }),
      },
      bytes: content.open(),
      ...(content.bytes === undefined ? {} : { length: content.bytes }),
      expectContinue: true,
      ...(content.repeatable ? { again: () => content.open() } : {}),
    },
    call,
  );
  await sending.catch((error: unknown) => {
    throw judgedContent(error);
  });
  if (!staged) return;
  // Only now: an import that is asked for while the stage is being written would activate what is there of it.
  await client.ask(
    {
      what: `importing what was staged for image ${id}`,
      method: 'POST',
      path: `${imagePath(id)}/import`,
      json: { method: { name: 'glance-direct' }, ...(place === undefined ? {} : { stores: [place] }) },
      done: 202,
    },
    call,
  );
  began(call, { verb: 'upload', image: id });
}

async function fill(client: OpenstackClient, id: string, request: UploadRequest, staged: boolean, call: Call): Promise<void> {
  const { later } = inTurn(request.description);
  if ((later.visibility ?? request.opensTo) === 'public') await checkMayPublish(client, id, call);
  await sendData(client, id, request, staged, call);
  const wanted = Object.keys(later).length > 0 ? steps(await readImage(client, id, call), later) : [];
  if (wanted.length > 0) await patchImage(client, id, wanted, call);
}

/** Whether the bytes go through Glance's import. Throws USAGE for another method than the one that takes bytes. */
function isStaged(request: UploadRequest): boolean {
  const method = request.extras.importMethod;
  if (method !== undefined && method !== 'glance-direct')
    throw usageError(`importMethod ${String(method)} does not take a file`, {
      hint: 'Use --set importMethod=glance-direct, or:',
      next: [{ verb: 'import', options: { method: 'METHOD' } }],
    });
  return method !== undefined;
}

export const upload: Operation<OpenstackClient, 'upload'> = {
  accepts,
  // What is staged is imported after the answer.
  later: true,
  fields: editableFields,
  ownId: true,
  place: 'store',
  into: true,
  digests: ['sha512', 'md5'],
  reserved: reservedNames,
  extras: { importMethod: { kind: 'text', help: 'glance-direct: the bytes are staged and imported, as some sites demand' } },
  async run(client, request, call) {
    const staged = isStaged(request);
    const { into, description, content } = request;
    if (request.place !== undefined) await needStores(client, [request.place], call);
    if (staged) await needMethod(client, 'glance-direct', call);
    if (into !== undefined) {
      await prepared(client, into, request, call);
      await fill(client, into, request, staged, call);
      return readRecord(client, into, call);
    }
    const { first } = inTurn({ diskFormat: content.encoding.format, ...description });
    return onNewImage(client, { ...first, name: description.name }, request.id, call, async (id) => {
      await fill(client, id, request, staged, call);
      return readRecord(client, id, call);
    });
  },
};
