import type { Fault, RunningCloud, SeenRequest, Seed, Strange, Work } from '../../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest } from '../../support/fake-server.ts';
import { act, isReading, type Retold } from './ec2.ts';
import { ebs } from './ebs.ts';
import { ssm } from './ssm.ts';
import { Refusal, refusalAnswer } from './refusal.ts';
import { callerOf, type Caller, type Key } from './signature.ts';
import { account, blockBytes, gib, Store, stranger, type FakeImage } from './store.ts';
import { document } from './xml.ts';

export { ec2Error } from './refusal.ts';

const home = 'us-east-1';
const ours = { accessKeyId: 'AKIATESTSOFIMGCTL001', secretAccessKey: 'secret-access-key-of-the-tests' };

/** The fake with what tests may look at and change behind the driver's back. */
export interface RunningAws extends RunningCloud {
  readonly origin: string;
  readonly store: Store;
  /** Keys that are known, by their ids. */
  readonly keys: Map<string, Key>;
  /** Names under which it is reached, where something stands in front of it. */
  readonly hosts: string[];
  /** Actions of EC2 in order, and what else was asked. */
  asked(): readonly string[];
  /** What becomes of the record of every image before it is told. */
  retold: Retold;
  put(seed: Seed, more?: Partial<FakeImage>): string;
}

const formIn = (body: string): Readonly<Record<string, string>> => Object.fromEntries(new URLSearchParams(body));

/** EC2 is asked by POST even for what changes nothing: a reader of requests is told of the GET that it stands for. */
function asRead<R extends SeenRequest>(request: R): R {
  const target = request.headers['x-amz-target'] ?? '';
  if (/\.(Get|List)/.test(target)) return { ...request, method: 'GET', path: `/?${target}` };
  const action = request.method === 'POST' && request.path === '/' ? (formIn(request.body).Action ?? '') : '';
  if (action === '') return request;
  return { ...request, method: isReading(action) || action.startsWith('GetCaller') ? 'GET' : 'POST', path: `/?${request.body}` };
}

/** An image as fields of one object, to be read and set: tags without a value are its tags. */
function asFields(image: FakeImage | undefined): Record<string, unknown> {
  if (!image) return {};
  const tags = {
    enumerable: true,
    get: () => [...image.tags].flatMap(([name, value]) => (value === '' ? [name] : [])),
    set(names: readonly string[]) {
      for (const [name, value] of image.tags) if (value === '') image.tags.delete(name);
      for (const name of names) image.tags.set(name, '');
    },
  };
  const same = (field: 'name' | 'description') => ({
    enumerable: true,
    get: () => image[field],
    set: (text: string) => void (image[field] = text),
  });
  return Object.defineProperties({} as Record<string, unknown>, { name: same('name'), description: same('description'), tags });
}

/**
 * A fake of EC2 and EBS direct, all regions on one port: it computes every signature anew, knows every parameter of what it is asked,
 * and refuses what the real ones refuse.
 */
export async function startAws(): Promise<RunningAws> {
  const store = new Store();
  const keys = new Map<string, Key>([[ours.accessKeyId, { secret: ours.secretAccessKey, account }]]);
  const hosts: string[] = [];
  const serviceOf = (request: FakeRequest): string =>
    /\/(ec2|ebs|ssm|sts)\/aws4_request/.exec(request.headers.authorization ?? '')?.[1] ?? (request.path === '/' ? 'ec2' : 'ebs');

  function sts(form: Readonly<Record<string, string>>, caller: Caller): FakeAnswer {
    const who = { Arn: `arn:aws:iam::${caller.account}:user/tester`, UserId: 'AIDATESTS', Account: caller.account };
    const body = document('GetCallerIdentity', { GetCallerIdentityResult: who });
    return form.Action === 'GetCallerIdentity' ? { status: 200, headers: { 'content-type': 'text/xml' }, body } : { status: 400 };
  }

  function answer(request: FakeRequest): FakeAnswer {
    const date = { date: store.now().toUTCString(), 'x-amzn-requestid': '59dbff89-35bd-4eac-99ed-be587ed81825' };
    try {
      const caller = callerOf(request, keys, store.now(), hosts);
      const given = answerTo(request, caller);
      return { ...given, headers: { ...date, ...given.headers } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const refused = refusalAnswer(error, serviceOf(request));
      return { ...refused, headers: { ...date, ...refused.headers } };
    }
  }

  function answerTo(request: FakeRequest, caller: Caller): FakeAnswer {
    if (caller.service === 'ebs') return ebs(store, request, caller);
    if (caller.service === 'ssm') return ssm(store, request, caller);
    const form = formIn(request.data.toString('utf8'));
    if (caller.service === 'sts') return sts(form, caller);
    const result = act(store, form, caller, (record) => running.retold(record));
    return { status: 200, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body: document(form.Action ?? '', result) };
  }

  const server = await startFakeServer(answer);

  function put(
    { name, status, description, tags = [], properties = {}, isPublic, data }: Seed,
    more: Partial<FakeImage> = {},
  ): string {
    const bytes = Buffer.from(data ?? Buffer.alloc(512, 1));
    const blocks = new Map<number, Buffer>();
    for (let at = 0; at < bytes.length; at += blockBytes)
      blocks.set(at / blockBytes, Buffer.concat([bytes.subarray(at, at + blockBytes)], blockBytes));
    const region = more.region ?? home;
    const snapshot = store.addSnapshot({
      region,
      gib: Math.ceil(bytes.length / gib),
      blocks,
      ...(more.owner ? { owner: more.owner } : {}),
    });
    const image = store.addImage({
      region,
      name,
      description,
      state: status === 'inactive' ? 'disabled' : status === 'queued' ? 'pending' : 'available',
      disks: [{ device: '/dev/xvda', snapshot: snapshot.id }],
      tags: new Map([
        ...tags.map((tag) => [tag, ''] as const),
        ...Object.entries(properties),
        ['imgctl.bytes', String(bytes.length)] as const,
      ]),
      holders: new Set(isPublic ? ['all'] : []),
      ...(isPublic ? { owner: stranger } : {}),
      ...more,
    });
    if (status === 'removed') {
      image.binnedAt = snapshot.binnedAt = store.now().toISOString();
      store.gone.add(image.id);
    }
    return image.id;
  }

  const work = (state: 'running' | 'failed' | 'forgotten'): Work | undefined => {
    if (state === 'forgotten') return undefined;
    const message = 'Client error on launch';
    const id = put({ name: `work-${state}` }, state === 'failed' ? { state: 'failed', reason: message } : { state: 'pending' });
    const job = { verb: 'create', image: id, place: home } as const;
    return state === 'failed' ? { job, message: `${home}: ${message}` } : { job };
  };

  const running: RunningAws = {
    origin: server.origin,
    store,
    keys,
    hosts,
    retold: (record) => record,
    values: { region: home, endpoint: server.origin, channelParameter: '/imgctl/channels/{{name}}/{{channel}}', ...ours },
    put,
    seed: async (seeds) => seeds.map((seed) => put(seed)),
    strangers: async (name): Promise<Partial<Record<Strange, string>>> => {
      const shared = put({ name }, { owner: stranger, holders: new Set([account]) });
      put({ name }, { owner: stranger });
      return { shared };
    },
    stored: (id) => asFields(store.images.get(id)),
    work,
    requests: () => server.requests().map(asRead),
    asked: () =>
      server.requests().map((seen) => formIn(seen.path === '/' ? seen.body : '').Action ?? `${seen.method} ${seen.path}`),
    forget: () => server.forget(),
    fail: (fault: Fault) => {
      const { on } = fault;
      server.fail(on ? { ...fault, on: (request) => on(asRead(request as SeenRequest)) } : fault);
    },
    stop: () => server.stop(),
  };
  return running;
}
