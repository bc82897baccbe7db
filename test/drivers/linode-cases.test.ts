import { afterEach, describe, expect, it } from 'vitest';
import type { Driver, Session } from '../../src/core/driver.ts';
import type { Image } from '../../src/core/image.ts';
import type { Content, ListRequest, ReplicateRequest, ShowRequest } from '../../src/core/operation.ts';
import linode from '../../src/drivers/linode/index.ts';
import { openCases } from '../clouds/linode/cases.ts';
import { hasRecordings, without } from '../clouds/linode/recorded.ts';
import { replay, type Replay, type Step } from '../clouds/linode/replay.ts';
import { allOf, everything, failure, failureOf, testCall, type TestCall } from '../conformance/stage.ts';
import { openSession } from '../support/open-session.ts';

const cases = openCases();
const mib = 1024 * 1024;
const since = '2018-01-02T03:04:05Z';
const emptyGzip = Buffer.from('1f8b0808bd5c91600003746573742e696d670003000000000000000000', 'hex');

/** An upload's content of the encoding that is taken, with these bytes. */
function contentOf(data: Buffer, bytes = data.length): Content {
  return {
    encoding: { format: 'raw', compression: 'gzip' },
    bytes,
    repeatable: true,
    async *open() {
      yield data;
    },
    sent: () => ({ bytes: data.length, digests: {} }),
  };
}

interface Stage {
  readonly session: Session;
  readonly server: Replay;
  readonly traces: readonly string[];
  list(request?: Partial<ListRequest>, call?: TestCall): Promise<readonly Image[]>;
  show(id: string, awaiting?: ShowRequest['awaiting'], call?: TestCall): Promise<Image>;
  replicate(id: string, change: Partial<ReplicateRequest>): Promise<Image>;
}

const servers: Replay[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function stageOf(steps: readonly Step[], values: Readonly<Record<string, string>> = { token: 'TESTTOKEN' }): Promise<Stage> {
  const server = await replay(steps);
  servers.push(server);
  const { session, traces } = openSession(linode as Driver, { endpoint: server.origin, ...values });
  return {
    session,
    server,
    traces,
    list: (request = {}, call = testCall()) => allOf(session.require('list').run({ ...everything, ...request }, call)),
    show: (id, awaiting, call = testCall()) => session.require('show').run({ id, ...(awaiting ? { awaiting } : {}) }, call),
    replicate: (id, change) => session.require('replicate').run({ id, add: [], remove: [], ...change }, testCall()),
  };
}

/** Registers one open case; `run` does what the user asks for and says what is to come of it. */
function open(id: string, run: (stage: Stage, steps: readonly Step[]) => Promise<void>, values?: Readonly<Record<string, string>>): void {
  const found = cases.get(id);
  it.skipIf(!hasRecordings)(`${id} ${found?.title ?? without}`, async () => {
    if (!found) throw new Error(`there is no open case ${id}`);
    const stage = await stageOf(found.steps, values);
    await run(stage, found.steps);
    expect(stage.server.complaints()).toEqual([]);
  });
}

const statusOf = (image: Image, place: string): string | undefined => image.places.find(({ name }) => name === place)?.providerStatus;

describe(`the open cases of Linode${without}`, () => {
  it.skipIf(!hasRecordings)('are all here', () => {
    expect([...cases.keys()].sort()).toEqual([...tried].sort());
  });

  const tried = new Set<string>();
  const lin = (number: string, ...rest: [Parameters<typeof open>[1], Parameters<typeof open>[2]?]): void => {
    tried.add(`LIN-${number}`);
    open(`LIN-${number}`, ...rest);
  };

  lin('01', async ({ list }) => {
    const images = await list({ scope: 'all' });
    expect(images).toHaveLength(47);
    expect(images.filter(({ visibility }) => visibility === 'public')).toHaveLength(34);
    expect(images.filter(({ providerStatus }) => providerStatus === 'creating')).toHaveLength(1);
    for (const image of images.filter(({ visibility }) => visibility === 'public')) expect(image.places).toEqual([]);
  });

  lin('02', async ({ list }) => {
    expect(await list({ filters: { visibility: 'private' } })).toHaveLength(13);
  });

  lin('03', async ({ list }) => {
    expect(await list({ filters: { name: 'not-found' }, scope: 'all' })).toEqual([]);
  });

  tried.add('LIN-04');
  it.skipIf(!hasRecordings)('LIN-04 an unknown filter is refused here, and a refusal of the server keeps its words', async () => {
    const steps = cases.get('LIN-04')?.steps ?? [];
    const { list, server } = await stageOf(steps);
    await failureOf(list({ own: { foo: 'bar' } }), 'USAGE');
    expect(server.requests()).toEqual([]);
    const error = await failureOf(list({ own: { label: 'x' } }, testCall(undefined, 3)), 'USAGE');
    expect(error.message).toContain('X-Filter: Cannot filter on foo');
    expect(server.requests()).toHaveLength(1);
  });

  lin('05', async ({ show }) => {
    const image = await show('linode/ubuntu22.04');
    expect(image).toMatchObject({ name: 'Ubuntu 22.04 LTS', status: 'active', sizeBytes: 3500 * mib, places: [], visibility: 'public' });
  });

  lin('06', async ({ show }) => {
    const error = await failureOf(show('does-not-exist', undefined, testCall(undefined, 3)), 'NOT_FOUND');
    expect(error.message).toContain('does-not-exist');
  });

  tried.add('LIN-08');
  it.skipIf(!hasRecordings)('LIN-08 Upload and wait: the recorded sequence', async () => {
    const steps = cases.get('LIN-08')?.steps ?? [];
    // Between two looks at the image the events are read, which the recording's client did not do.
    const quiet = { method: 'GET', path: '/v4/account/events', answer: { status: 403, body: '{"errors":[{"reason":"Unauthorized"}]}' } };
    const { session, server, show, traces } = await stageOf([...steps.slice(0, 3), quiet, ...steps.slice(3)]);
    const description = { name: 'linodego-image-test', description: 'An image that does stuff.' };
    const request = { description, place: 'us-ord', content: contentOf(emptyGzip), extras: {} };
    const { id } = await session.require('upload').run(request, testCall());
    const states: string[] = [];
    let image: Image | undefined;
    while (image?.status !== 'active') {
      image = await show(id, { verb: 'upload', since });
      states.push(image.status);
    }
    expect(states).toEqual(['pending', 'pending', 'active']);
    expect(image).toMatchObject({ id: 'private/26427534', sizeBytes: mib });
    expect(server.complaints()).toEqual([]);
    const put = server.requests()[1];
    expect(put?.path).toContain('Signature=Q%2FZG9cXoT7rO4Naerg53RQc3%2BgA%3D&');
    expect(put).toMatchObject({ bodyBytes: 29, headers: { 'content-length': '29', 'content-type': 'application/octet-stream' } });
    expect(JSON.stringify(put)).not.toContain('TESTTOKEN');
    expect(traces.join('\n')).not.toMatch(/TESTTOKEN|Q%2FZG9cXo/);
  });

  tried.add('LIN-10');
  it.skipIf(!hasRecordings)('LIN-10 The PUT is refused', async () => {
    const steps = cases.get('LIN-10')?.steps ?? [];
    const stays = { method: 'DELETE', path: '/v4/images/private%2F26427534', answer: { status: 500, body: '' } };
    const { session, server } = await stageOf([...steps, stays]);
    const description = { name: 'linodego-image-test', description: 'An image that does stuff.' };
    const request = { description, place: 'us-ord', content: contentOf(emptyGzip), extras: {} };
    const error = await failureOf(session.require('upload').run(request, testCall(undefined, 0)), 'AUTH');
    const told = `${error.message} ${error.circumstances.hint}`;
    expect(error.circumstances).toMatchObject({ status: 403, leftover: 'private/26427534' });
    for (const part of ['HTTP 403', 'SignatureDoesNotMatch', 'private/26427534', 'pending_upload', '24 h']) expect(told).toContain(part);
    expect(told).not.toMatch(/Signature=|TESTTOKEN/);
    expect(server.requests().slice(0, 3).map(({ method }) => method)).toEqual(['POST', 'PUT', 'DELETE']);
  });

  lin('12', async ({ session, server }) => {
    const over = { description: { name: 'x' }, place: 'us-ord', content: contentOf(emptyGzip, 5 * 1024 ** 3 + 1), extras: {} };
    const error = await failureOf(session.require('upload').run(over, testCall()), 'LIMIT');
    expect(error.message).toMatch(/5368709121.*5\.0 GiB/);
    expect(server.requests()).toEqual([]);
  });

  lin('13', async ({ session, server }) => {
    for (const encoding of [{ format: 'qcow2' }, { format: 'raw' }, { format: 'raw', compression: 'xz' }, { format: 'raw', compression: 'zstd' }] as const) {
      const content = { ...contentOf(emptyGzip), encoding };
      const error = await failureOf(
        session.require('upload').run({ description: { name: 'x' }, place: 'us-ord', content, extras: {} }, testCall()),
        'UNSUPPORTED',
      );
      expect(error.message).toContain('raw, gzip-compressed');
      expect(error.message).toContain(encoding.format);
    }
    expect(server.requests()).toEqual([]);
  });

  lin('15', async ({ replicate }) => {
    const image = await replicate('private/27384383', { add: ['us-iad'] });
    expect([statusOf(image, 'us-ord'), statusOf(image, 'us-iad')]).toEqual(['available', 'pending replication']);
  });

  tried.add('LIN-16');
  it.skipIf(!hasRecordings)('LIN-16 Replicate: exact set that drops the origin', async () => {
    const [look] = cases.get('LIN-16')?.steps ?? [];
    if (!look) throw new Error('the case has no steps');
    const set = { method: 'POST', path: '/v4/images/private%2F27384383/regions', json: { regions: ['us-iad'] }, answer: look.answer };
    const { replicate, server } = await stageOf([look, look, set]);
    await replicate('private/27384383', { exactly: ['us-iad', 'us-ord'] });
    expect(server.requests()).toHaveLength(1);
    await replicate('private/27384383', { exactly: ['us-iad'] });
    expect(server.complaints()).toEqual([]);
  });

  lin('17', async ({ replicate }) => {
    for (const exactly of [[], ['']]) {
      const error = await failureOf(replicate('private/27384383', { exactly }), 'USAGE');
      expect(error.circumstances.hint).toContain('imgctl delete private/27384383');
    }
  });

  lin('19', async ({ replicate, show }) => {
    const id = 'private/27384383';
    await replicate(id, { add: ['us-iad', 'us-sea'], remove: ['us-ord'] });
    const waiting = await show(id, { verb: 'replicate', since });
    expect(Object.fromEntries(waiting.places.map(({ name, status }) => [name, status]))).toEqual({
      'us-ord': 'deleting',
      'us-mia': 'active',
      'us-iad': 'pending',
      'us-sea': 'pending',
    });
    const done = await show(id, { verb: 'replicate', since });
    expect(done.places.find(({ name }) => name === 'us-sea')).toMatchObject({ status: 'failed', providerStatus: 'timedout' });
  });

  lin('20', async ({ session, server }) => {
    await session.require('delete').run({ id: 'private/26427534' }, testCall());
    expect(server.requests()[0]).toMatchObject({ bodyBytes: 0 });
  });

  lin('21', async ({ session }) => {
    const error = await failure(session.require('delete').run({ id: 'linode/ubuntu22.04' }, testCall()));
    expect(error.message).toContain('public images belong to Linode');
  });

  lin('23', async ({ list, traces }) => {
    const error = await failureOf(list({ scope: 'all' }, testCall(undefined, 3)), 'AUTH');
    expect(error.message).toContain('Invalid Token');
    expect([error.message, error.circumstances.hint, ...traces].join('\n')).not.toContain('TESTTOKEN');
  });

  lin('24', async ({ list }) => {
    const call = testCall(undefined, 3);
    const began = performance.now();
    expect(await list({ scope: 'all' }, call)).toHaveLength(47);
    expect(performance.now() - began).toBeGreaterThanOrEqual(2000);
    expect(call.notes).toContainEqual(expect.objectContaining({ kind: 'retry' }));
  });

  lin('25', async ({ session }) => {
    const description = { name: 'linodego-test-cloud-init', tags: ['test1', 'test2'] };
    const image = await session.require('create').run({ description, fromDisk: '183299550', extras: { cloudInit: true } }, testCall());
    expect(image).toMatchObject({ id: 'private/38637317', status: 'pending', providerStatus: 'creating' });
  });

  lin('27', async ({ session }) => {
    await session.require('patch').run({ id: 'private/123', changes: { name: 'new-label' }, extras: {} }, testCall());
  });

  lin('29', async ({ session }) => {
    expect(() => session.require('deactivate')).toThrow(/linode does not offer deactivate/);
  });

  lin(
    '30',
    async ({ session, server }) => {
      const places = await session.require('places').run({}, testCall());
      expect(places).toHaveLength(34);
      expect(places.filter(({ usable }) => usable !== 'no')).toHaveLength(17);
      const doubtful = places.filter(({ usable }) => usable === 'doubtful').map(({ name }) => name);
      expect(doubtful.sort()).toEqual(['gb-lon', 'jp-tyo-3', 'no-osl-1', 'sg-sin-2']);
      expect(places.find(({ name }) => name === 'au-mel')?.usable).toBe('no');
      expect(server.requests()[0]?.headers).not.toHaveProperty('authorization');
    },
    {},
  );

  tried.add('LIN-32');
  it.skipIf(!hasRecordings)('LIN-32 HTML from the front end', async () => {
    const [step] = cases.get('LIN-32')?.steps ?? [];
    if (!step) throw new Error('the case has no steps');
    const { show, server } = await stageOf([step, step, step]);
    const error = await failureOf(show('private/1', undefined, testCall(undefined, 2)), 'PROVIDER');
    expect(error.message).toContain('502 Bad Gateway');
    expect(error.message).not.toMatch(/JSON|Unexpected token/);
    expect(server.complaints()).toEqual([]);
  });

  tried.add('LIN-34');
  it.skipIf(!hasRecordings)('LIN-34 Progress of an imagize event', async () => {
    const steps = cases.get('LIN-34')?.steps ?? [];
    const creating = { method: 'GET', path: '/v4/images/private%2F33812167', answer: { status: 200, body: '{"id":"private/33812167","status":"creating"}' } };
    const { show, server } = await stageOf(steps.flatMap((step) => [creating, step]));
    const percents: (number | undefined)[] = [];
    for (const _ of steps) percents.push((await show('private/33812167', { verb: 'create', since })).progress?.percent);
    expect(percents).toEqual([83, 87, 90, 90, 90, 90, 90, 100]);
    expect(server.complaints()).toEqual([]);
  });
});
