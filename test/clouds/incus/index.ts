import { createHash } from 'node:crypto';
import type { RunningCloud, Seed } from '../../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest } from '../../support/fake-server.ts';
import { aliasAnswer } from './aliases.ts';
import { exportOf } from './export.ts';
import { asFields, etagOf, Images, storable, type Kept } from './images.ts';
import { Operations, refusal, sync, type Product } from './operations.ts';
import { fetched, publishedFrom, type Source } from './server-side.ts';
import { formIn, metadataIn } from './upload-form.ts';
import { seedMetadata } from './seed-metadata.ts';

export type { Product } from './operations.ts';
export { errorBody as incusErrorBody } from './operations.ts';

/** How a fake differs from the usual one. `untrusted`: our certificate is not one that the server knows. */
export interface IncusOptions {
  readonly product?: Product;
  readonly auth?: 'trusted' | 'untrusted';
  /** Trusts whoever brings this token, and then nobody else who does. */
  readonly invites?: string;
  /** Our certificate may see these projects alone. */
  readonly restrictedTo?: readonly string[];
}

/** Who wants to be trusted. */
interface Joining {
  readonly type?: string;
  readonly trust_token?: string;
  readonly password?: string;
}

interface FakeInstance {
  readonly name: string;
  readonly status: string;
  readonly project: string;
  readonly config: Readonly<Record<string, string>>;
}

/** The fake with what tests may look at and change behind the driver's back. */
export interface RunningIncus extends RunningCloud {
  readonly origin: string;
  readonly images: Images;
  readonly operations: Operations;
  /** Records of instances, as the list of them has them. */
  readonly instances: FakeInstance[];
  /** Projects without images of their own, which have those of the default one. */
  readonly sharing: string[];
  /** Where other servers reach it; none: it listens on no port. */
  listensAt: readonly string[];
  /** Called right before an upload is entered. */
  beforeEntry: (fingerprint: string) => void;
  /** What is done wrong at the server: the operation fails with these words although the image was made. */
  failsAfterwards: string | undefined;
  /** Work that deletes an image fails with these words. */
  failsToDelete: string | undefined;
  /** The data of an image breaks off in the middle, and its answer ends properly. */
  cutsExports: boolean;
}

/**
 * A fake of Incus and LXD: it speaks their two dialects, hashes what it gets and refuses what they refuse. What asks for the wrong
 * thing in a way that makes the real one die gets no answer at all.
 */
export async function startIncus({
  product = 'incus',
  auth = 'trusted',
  restrictedTo,
  invites,
}: IncusOptions = {}): Promise<RunningIncus> {
  const images = new Images();
  const operations = new Operations(product);
  const instances: FakeInstance[] = [];
  const token = 'incus-token-of-the-tests';
  let isTrusted = false;
  let hasJoined = false;
  let isUsed = false;

  const server = await startFakeServer(answer);

  function answer(request: FakeRequest): FakeAnswer | undefined | Promise<FakeAnswer | undefined> {
    const { method, url, headers } = request;
    isTrusted = hasJoined || (auth === 'trusted' && headers.authorization === `Bearer ${token}`);
    const [, version, kind, ...rest] = url.pathname.split('/');
    if (version !== '1.0') return undefined;
    if (method === 'HEAD') return refusal(501, 'not implemented');
    if (kind === 'certificates' && method === 'POST') return joinAnswer(JSON.parse(request.body.toString()) as Joining);
    if (!isTrusted && method !== 'GET') return refusal(403, 'not authorized');
    if (kind === undefined) return sync(serverRecord(product, isTrusted, restrictedTo !== undefined, running.listensAt));
    if (kind === 'projects') return isTrusted ? projectsAnswer(url) : refusal(403, 'not authorized');
    const project = url.searchParams.get('project') ?? 'default';
    const isOurs = restrictedTo?.includes(project) ?? true;
    if (!isOurs && kind !== 'operations' && method !== 'GET') return refusal(403, 'not authorized');
    if (kind === 'operations') return operationAnswer(request, rest);
    if (kind === 'instances' && rest.length === 0)
      return isTrusted
        ? sync(isOurs ? instances.filter((each) => each.project === project) : [])
        : refusal(403, 'not authorized');
    if (kind !== 'images') return refusal(404, 'not found');
    if (rest[0] === 'aliases') return aliasAnswer(images, request, rest.slice(1), product);
    if (rest.length === 0 && method === 'GET' && !isOurs) return sync([]);
    if (rest.length === 0) return method === 'GET' ? listAnswer(url) : method === 'POST' ? uploadAnswer(request) : undefined;
    return imageAnswer(request, rest);
  }

  function joinAnswer({ type, trust_token, password }: Joining): FakeAnswer {
    if (isTrusted) return refusal(400, 'Client is already trusted');
    const brought = product === 'lxd' ? password : trust_token;
    if (type !== 'client' || brought === undefined || brought !== invites) return refusal(403, 'not authorized');
    // Whatever comes of it, it was used.
    if (isUsed) return refusal(403, 'No matching certificate add operation found');
    isUsed = true;
    hasJoined = true;
    return { ...sync({}), status: 201 };
  }

  function operationAnswer({ url, method }: FakeRequest, [id = '', action]: readonly string[]): FakeAnswer | Promise<FakeAnswer> {
    if (method === 'DELETE') return operations.end(id);
    if (action === 'wait') return operations.wait(id, Number(url.searchParams.get('timeout') ?? '3600'));
    return operations.look(id);
  }

  function projectsAnswer(url: URL): FakeAnswer {
    const all = { default: 'true', ...Object.fromEntries(running.sharing.map((name) => [name, 'false'])) };
    const names = restrictedTo ?? Object.keys(all);
    if (url.searchParams.get('recursion') !== '1') return sync(names.map((name) => `/1.0/projects/${name}`));
    return sync(names.map((name) => ({ name, config: { 'features.images': all[name as 'default'] ?? 'true' } })));
  }

  const visible = ({ public: isPublic }: Kept): boolean => isTrusted || isPublic;

  /** What the server makes by itself. */
  async function sourceAnswer(body: string): Promise<FakeAnswer | undefined> {
    const asked = JSON.parse(body) as { source: Source; properties?: Record<string, string>; public?: boolean };
    const { source, properties = {} } = asked;
    const isInstance = source.type === 'instance' || source.type === 'snapshot';
    const instance = instances.find(({ name }) => name === source.name?.split('/')[0]);
    if (isInstance && !instance)
      return product === 'lxd' ? refusal(404, 'Instance not found') : operations.begin({ err: 'Instance not found' });
    if (isInstance && instance?.status === 'Running')
      return operations.begin({ err: 'Cannot export a running instance as an image' });
    const data = isInstance ? publishedFrom() : await fetched(source, product);
    if (data === 'dead') return undefined;
    if (typeof data === 'string') return operations.begin({ err: data });
    const { fingerprint } = data;
    const isStream = source.protocol === 'simplestreams';
    const wasThere = images.byId.has(fingerprint);
    if (!wasThere) {
      const all = isStream ? data.properties : { ...data.properties, ...properties };
      const kept = keep(data, all, !isStream && asked.public === true);
      const { server, protocol, alias } = source;
      if (alias !== undefined) kept.extra.update_source = { server, protocol, alias, certificate: '', image_type: '' };
    }
    if (running.failsAfterwards !== undefined) return operations.begin({ err: running.failsAfterwards });
    return operations.begin(
      { metadata: { fingerprint, size: String(data.disk.length) } },
      isInstance || wasThere ? undefined : () => images.remove(fingerprint),
    );
  }

  function listAnswer(url: URL): FakeAnswer {
    const rows = images.all().filter(visible);
    return sync(
      url.searchParams.get('recursion') === '1'
        ? rows.map((image) => images.recordOf(image))
        : rows.map(({ fingerprint }) => `/1.0/images/${fingerprint}`),
    );
  }

  function imageAnswer(request: FakeRequest, [id = '', action]: readonly string[]): FakeAnswer | undefined {
    const image = images.matching(decodeURIComponent(id));
    const isOpened = image !== undefined && operations.opens(request.url.searchParams.get('secret'), image.fingerprint);
    if (!image || !(visible(image) || isOpened)) return refusal(404, 'Image not found');
    if (action === 'secret' && request.method === 'POST') return operations.hand(image.fingerprint);
    if (action === 'export') return exportOf(image, running.cutsExports);
    if (action !== undefined) return refusal(404, 'not found');
    if (request.method === 'GET') return sync(images.recordOf(image), { etag: `"${etagOf(image)}"` });
    if (request.method === 'DELETE' && running.failsToDelete !== undefined)
      return operations.begin({ err: running.failsToDelete });
    if (request.method === 'DELETE') {
      images.remove(image.fingerprint);
      return operations.begin({});
    }
    if (request.method === 'PATCH' || request.method === 'PUT') return changeAnswer(image, request);
    return refusal(501, 'not implemented');
  }

  /** PATCH knows three keys and passes over all others; PUT sets back what it is not told. */
  function changeAnswer(image: Kept, { method, headers, body }: FakeRequest): FakeAnswer | undefined {
    if (headers['content-type'] !== 'application/json') return refusal(400, 'invalid content type');
    const match = headers['if-match']?.replaceAll('"', '');
    if (match !== undefined && match !== etagOf(image)) return refusal(412, `ETag doesn't match: ${etagOf(image)} vs ${match}`);
    const asked = JSON.parse(body) as {
      public?: unknown;
      properties?: Record<string, unknown> | null;
      auto_update?: boolean;
      expires_at?: string;
      profiles?: string[];
    };
    if (asked.properties === null) return undefined;
    if (asked.public !== undefined && typeof asked.public !== 'boolean') return refusal(400, 'cannot unmarshal into bool');
    const properties = Object.entries(asked.properties ?? {});
    if (properties.some(([, value]) => typeof value !== 'string')) return refusal(400, 'cannot unmarshal into string');
    const before = method === 'PUT' ? { public: false, properties: {} } : image;
    if (method === 'PUT') {
      image.expires_at = asked.expires_at ?? image.expires_at;
      image.profiles = asked.profiles ?? ['default'];
    }
    image.public = asked.public ?? before.public;
    image.properties = storable({ ...before.properties, ...(Object.fromEntries(properties) as Record<string, string>) });
    return sync({});
  }

  function uploadAnswer({ headers, data, body }: FakeRequest): FakeAnswer | undefined | Promise<FakeAnswer | undefined> {
    const type = headers['content-type'] ?? '';
    if (type === 'application/json') return sourceAnswer(body);
    if (!type.startsWith('multipart/form-data')) return undefined;
    const form = formIn(data, type);
    if (typeof form === 'string') return refusal(form === 'unexpected EOF' ? 500 : 400, form);
    running.beforeEntry(form.fingerprint);
    const told = metadataIn(form.metadata);
    if (typeof told === 'string') return operations.begin({ err: told });
    const said = headers[`x-${product}-properties`];
    // The real one dies of this, with everything that it was doing.
    if (told.properties === undefined && said !== undefined) return { status: 597, body: 'the server is dead: no properties' };
    if (images.byId.has(form.fingerprint)) return operations.begin({ err: 'Image with same fingerprint already exists' });
    const wanted = headers[`x-${product}-fingerprint`] ?? form.fingerprint;
    if (wanted !== form.fingerprint)
      return operations.begin({ err: `fingerprints don't match, got ${form.fingerprint} expected ${wanted}` });
    const properties = Object.fromEntries(new URLSearchParams(said ?? ''));
    const isPublic = headers[`x-${product}-public`] === 'true';
    keep(
      { ...form, isUnified: false, architecture: String(told.architecture) },
      { ...(told.properties as object), ...properties },
      isPublic,
    );
    const metadata = { fingerprint: form.fingerprint, size: String(form.metadata.length + form.disk.length) };
    return operations.begin(running.failsAfterwards === undefined ? { metadata } : { err: running.failsAfterwards });
  }

  function keep(
    data: Pick<Kept, 'fingerprint' | 'metadata' | 'disk' | 'isVirtualMachine' | 'isUnified' | 'fileName' | 'architecture'>,
    properties: Readonly<Record<string, string>>,
    isPublic: boolean,
  ): Kept {
    const image: Kept = {
      ...data,
      createdAt: '1970-01-01T00:00:01Z',
      uploadedAt: new Date().toISOString(),
      auto_update: false,
      public: isPublic,
      properties: storable(properties),
      profiles: ['default'],
      expires_at: product === 'lxd' ? '1970-01-01T00:00:00Z' : '0001-01-01T00:00:00Z',
      extra: {},
    };
    images.byId.set(image.fingerprint, image);
    return image;
  }

  let seeded = 0;
  function put({ name, description, properties = {}, isPublic = false, data }: Seed): string {
    const metadata = seedMetadata((seeded += 1));
    const disk = Buffer.from(data ?? Buffer.alloc(512, 1));
    const fingerprint = createHash('sha256').update(metadata).update(disk).digest('hex');
    const form = {
      fingerprint,
      metadata,
      disk,
      isVirtualMachine: true,
      isUnified: false,
      fileName: 'disk.qcow2',
      architecture: 'x86_64',
    };
    keep(form, { ...properties, ...(description === undefined ? {} : { description }) }, isPublic);
    images.aliases.set(name, { target: fingerprint, description: '' });
    return fingerprint;
  }

  const running: RunningIncus = {
    origin: server.origin,
    values: { url: server.origin, token },
    images,
    operations,
    instances,
    sharing: [],
    listensAt: [new URL(server.origin).host],
    beforeEntry: () => undefined,
    failsAfterwards: undefined,
    failsToDelete: undefined,
    cutsExports: false,
    seed: async (seeds) => seeds.map(put),
    stored: (id) => asFields(images, id),
    requests: () => server.requests(),
    forget: () => server.forget(),
    fail: (fault) => server.fail(fault),
    stop: () => server.stop(),
  };
  return running;
}

const serverRecord = (product: Product, isTrusted: boolean, isRestricted: boolean, addresses: readonly string[]): object =>
  isTrusted
    ? {
        api_extensions: ['image_types'],
        api_version: '1.0',
        auth: 'trusted',
        config: isRestricted ? {} : { 'core.https_address': '127.0.0.1:8443' },
        auth_methods: ['tls'],
        auth_user_name: '150c0fe9eee5c845aa89047ae93f6001cffa987901fa70bc1d9d74bdeec71aef',
        auth_user_method: 'tls',
        environment: {
          server: product,
          server_version: product === 'lxd' ? '5.0.2' : '6.0.4',
          project: 'default',
          addresses,
          certificate: `the certificate of ${addresses.join(' ')}`,
          architectures: ['x86_64', 'i686'],
        },
      }
    : { api_extensions: ['image_types'], api_version: '1.0', auth: 'untrusted', auth_methods: ['tls'] };
