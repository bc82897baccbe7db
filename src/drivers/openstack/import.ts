import { conflictError, usageError } from '../../core/errors.ts';
import type { Next } from '../../core/hint.ts';
import { began } from '../../core/job-operation.ts';
import type { Call, ImportRequest, Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { editableFields } from '../../core/changes.ts';
import { steps } from './description.ts';
import { imagePath, patchImage, readImage, readRecord } from './images.ts';
import { handedOver } from './server-side-copy.ts';
import { needMethod, needStores } from './capabilities.ts';
import { onNewImage } from './new-image.ts';

/** Sends a file to where an import takes it from. */
const staging: Next = { verb: 'upload', args: ['FILE'], options: { set: 'importMethod=glance-direct' } };

const methods = ['web-download', 'glance-direct', 'glance-download'] as const;
type Method = (typeof methods)[number];

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What each way of import sends as `method`. Throws USAGE for what is missing. */
const bodies: Readonly<Record<Method, (request: ImportRequest) => Readonly<Record<string, string>>>> = {
  'web-download': ({ url }) => {
    if (url === undefined) throw usageError('--url is required for web-download', { hint: 'Use --url https://…' });
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
    if (scheme !== 'http' && scheme !== 'https')
      throw usageError(`Glance imports from http and https, not "${url}"`, { hint: 'Use --url https://…' });
    return { name: 'web-download', uri: url };
  },
  'glance-direct': ({ into }) => {
    if (into === undefined)
      throw usageError('--into is required for glance-direct: it imports what was staged', {
        hint: 'Use --into IMAGE, or:',
        next: [staging],
      });
    return { name: 'glance-direct' };
  },
  'glance-download': ({ extras }) => {
    const region = text(extras.glanceRegion);
    const image = text(extras.glanceImageId);
    if (region === undefined || image === undefined)
      throw usageError('glanceRegion and glanceImageId are required for glance-download', {
        hint: 'Use --set glanceRegion=REGION --set glanceImageId=ID',
      });
    const service = text(extras.glanceServiceInterface);
    return {
      name: 'glance-download',
      glance_region: region,
      glance_image_id: image,
      ...(service ? { glance_service_interface: service } : {}),
    };
  },
};

function methodOf(request: ImportRequest): Method {
  const asked =
    request.method ??
    (request.url === undefined && request.extras.glanceImageId !== undefined ? 'glance-download' : 'web-download');
  const method = methods.find((name) => name === asked);
  if (!method) throw usageError(`unknown import method: ${asked}`, { hint: `Supported: ${methods.join(', ')}` });
  return method;
}

/** Brings a record that is there into the state to import to. Throws CONFLICT when it is in another. */
async function prepared(client: OpenstackClient, id: string, request: ImportRequest, method: Method, call: Call): Promise<void> {
  const record = await readImage(client, id, call);
  const wanted = method === 'glance-direct' ? 'uploading' : 'queued';
  if (record.status !== wanted)
    throw conflictError(
      `image ${id} is ${String(record.status)}: ${method} needs it ${wanted}`,
      method === 'glance-direct' ? { hint: 'Send the data first with:', next: [staging] } : { hint: 'Import to a new image.' },
    );
  const { name: _kept, ...given } = request.description;
  const container = record.container_format === null && !given.containerFormat ? { containerFormat: 'bare' } : {};
  const changes = steps(record, { ...given, ...container });
  if (changes.length > 0) await patchImage(client, id, changes, call);
}

async function begin(
  client: OpenstackClient,
  id: string,
  method: Readonly<Record<string, string>>,
  places: readonly string[] | undefined,
  call: Call,
): Promise<void> {
  const stores = places && places.length > 0 ? { stores: places } : {};
  await client.ask(
    { what: `importing to image ${id}`, method: 'POST', path: `${imagePath(id)}/import`, json: { method, ...stores }, done: 202 },
    call,
  );
  began(call, { verb: 'import', image: id });
}

/** Glance answers before anything is fetched: how it went is seen by its job. */
export const imports: Operation<OpenstackClient, 'import'> = {
  schemes: ['http', 'https'],
  later: true,
  methods,
  fields: editableFields,
  into: true,
  ownId: true,
  handover: 'pull',
  extras: {
    glanceRegion: { kind: 'text', help: 'glance-download: region the image is fetched from' },
    glanceImageId: { kind: 'text', help: 'glance-download: id of the image there' },
    glanceServiceInterface: { kind: 'text', help: "glance-download: which address of that region's catalogue (public)" },
  },
  async run(client, asked, call) {
    const request = await handedOver(client, asked, call);
    const method = methodOf(request);
    const body = bodies[method](request);
    const { into, description, places } = request;
    if (into === undefined && description.diskFormat === undefined)
      throw usageError('--disk-format is required: Glance does not detect the format of an import', {
        hint: 'Use --disk-format qcow2, for instance.',
      });
    await needMethod(client, method, call);
    await needStores(client, places ?? [], call);
    if (into !== undefined) {
      await prepared(client, into, request, method, call);
      await begin(client, into, body, places, call);
      return readRecord(client, into, call);
    }
    return onNewImage(client, description, request.id, call, async (id) => {
      await begin(client, id, body, places, call);
      return readRecord(client, id, call);
    });
  },
};
