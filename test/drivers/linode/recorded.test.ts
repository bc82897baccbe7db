import { describe, expect, it } from 'vitest';
import type { Code } from '../../../src/core/errors.ts';
import linode from '../../../src/drivers/linode/index.ts';
import { publicImage, regions } from '../../clouds/linode/records.ts';
import { exchangesOf, filesIn, hasRecordings, jsonOf, without, type Recorded } from '../../clouds/linode/recorded.ts';
import { replay, type Step } from '../../clouds/linode/replay.ts';
import { startLinode } from '../../clouds/linode/index.ts';
import { allOf, everything, failure, testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

type Row = Readonly<Record<string, unknown>>;
const fixtures = 'recorded/integration/fixtures/';
const bodyOf = (file: string, index = 0): Row => JSON.parse(exchangesOf(`${fixtures}${file}.yaml`)[index]?.answer ?? '') as Row;
const rowsOf = (page: Row): readonly Row[] => page.data as readonly Row[];
const kind = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

/** The keys of the rows, each with the kinds of value it has in them. */
function shape(rows: readonly Row[]): Readonly<Record<string, readonly string[]>> {
  const keys = [...new Set(rows.flatMap(Object.keys))].sort();
  return Object.fromEntries(
    keys.map((key) => [key, [...new Set(rows.flatMap((row) => (key in row ? kind(row[key]) : [])))].sort()]),
  );
}

/** Same keys, and no kind of value that was never seen. */
function expectShape(made: readonly Row[], real: readonly Row[]): void {
  const [ours, theirs] = [shape(made), shape(real)];
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  for (const [key, kinds] of Object.entries(ours)) expect(theirs[key], key).toEqual(expect.arrayContaining([...kinds]));
}

describe.skipIf(!hasRecordings)(`the fake Linode has the shapes of real answers${without}`, () => {
  const real = hasRecordings ? bodyOf('TestImages_List') : { data: [] };
  const isPublic = (row: Row): boolean => row.is_public === true;

  it('images, pages, uploads, regions, events and errors', async () => {
    const cloud = await startLinode();
    try {
      const { account } = cloud;
      const headers = { authorization: `Bearer ${account.token}`, 'content-type': 'application/json' };
      const ask = async (path: string, body?: object): Promise<Row> => {
        const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
        return (await (await fetch(`${cloud.origin}/v4/${path}`, { headers, ...init })).json()) as Row;
      };
      const empty = await ask('images');
      expect(empty).toEqual(bodyOf('ExampleListImages_notfound'));
      account.images.set('linode/made', publicImage('made', { label: 'Made' }));
      account.finish(account.addImage({ label: 'disk' }), 1, ['us-ord']);
      const begun = await ask('images/upload', { label: 'up', region: 'us-ord' });
      const created = await ask('images', { label: 'made', disk_id: 5 });
      const page = await ask('images');
      const [ours, theirs] = [rowsOf(page), rowsOf(real)];
      expect(shape([page])).toEqual(shape([real]));
      expectShape(ours.filter(isPublic), theirs.filter(isPublic));
      expectShape(
        ours.filter((row) => !isPublic(row)),
        theirs.filter((row) => !isPublic(row)),
      );
      expectShape(
        [created],
        theirs.filter((row) => row.status === 'creating'),
      );
      expect(shape([begun])).toEqual(shape([bodyOf('TestImage_Upload')]));
      const target = new URL(String(begun.upload_to));
      const realTarget = new URL(String(bodyOf('TestImage_Upload').upload_to));
      expect([...target.searchParams.keys()]).toEqual([...realTarget.searchParams.keys()]);
      expect(target.pathname.split('/')[1]).toBe(realTarget.pathname.split('/')[1]);
      const events = await ask('account/events');
      expectShape(rowsOf(events), rowsOf(bodyOf('TestInstance_Disk_ListMultiple_Secondary', 5)));
      expectShape(
        regions.map((region) => ({ ...region })),
        rowsOf(bodyOf('TestRegions_List')),
      );
      expect(await ask('images/none')).toEqual(bodyOf('TestImage_GetMissing'));
      const refused = await fetch(`${cloud.origin}/v4/images`, { headers: { ...headers, 'x-filter': '{"foo":"bar"}' } });
      expect([refused.status, await refused.json()]).toEqual([400, bodyOf('ExampleListImages_badfilter')]);
    } finally {
      await cloud.stop();
    }
  });
});

const answerOf = ({ status, answer }: Recorded): Step['answer'] => ({ status, body: answer });
const pathOf = ({ path }: Recorded): string => path.split('?')[0] ?? '';
const json = (text: string): Row => JSON.parse(text) as Row;

/** Drives the driver through one recorded exchange; false for those of other parts of the API. */
async function replayed(exchange: Recorded, before: readonly Recorded[]): Promise<boolean> {
  const path = pathOf(exchange).replace(/^\/v4(beta)?\//, '');
  const step: Step = { method: exchange.method, path: pathOf(exchange), answer: answerOf(exchange) };
  const key = `${exchange.method} ${path.replace(/^images\/(?!upload$)[^/]+/, 'images/ID')}`;
  const id = decodeURIComponent(/^images\/([^/]+)/.exec(path)?.[1] ?? '');
  const work = works[key];
  if (!work) return false;
  const latest = before.findLast((one) => one.method === 'GET' && pathOf(one).endsWith(encodeURIComponent(id)));
  const { steps, run } = work({ step, id, exchange, now: latest ? answerOf(latest) : { status: 404, body: '{}' } });
  const server = await replay(steps);
  try {
    const values = { token: 'TESTTOKEN', region: 'us-ord', endpoint: server.origin, apiVersion: 'v4beta' };
    const { session } = openSession(linode, values);
    await run(session);
    expect(server.complaints()).toEqual([]);
  } finally {
    await server.stop();
  }
  return true;
}

type Session = ReturnType<typeof openSession>['session'];
interface Material {
  readonly step: Step;
  readonly id: string;
  readonly exchange: Recorded;
  /** The image as it was seen last. */
  readonly now: Step['answer'];
}
interface Work {
  readonly steps: readonly Step[];
  run(session: Session): Promise<unknown>;
}

/** The work that leads to each kind of exchange, and what it must come to. */
const works: Readonly<Record<string, (material: Material) => Work>> = {
  'GET images': ({ step, exchange }) => ({
    steps: [step],
    async run(session) {
      const rows = allOf(session.require('list').run({ ...everything, scope: 'all' }, testCall()));
      if (exchange.status === 200) expect((await rows).map(({ raw }) => raw)).toEqual(rowsOf(json(exchange.answer)));
      else expect((await failure(rows)).message).toContain('X-Filter: Cannot filter on foo');
    },
  }),
  'GET images/ID': ({ step, id, exchange }) => ({
    steps: [step],
    async run(session) {
      const image = session.require('show').run({ id }, testCall());
      if (exchange.status === 200) expect((await image).raw).toEqual(json(exchange.answer));
      else
        expect(await failure(image)).toMatchObject({
          code: 'NOT_FOUND',
          message: expect.stringContaining('Not found') as string,
        });
    },
  }),
  'DELETE images/ID': ({ step, id }) => ({
    steps: [step],
    run: (session) => session.require('delete').run({ id }, testCall()),
  }),
  'POST images': ({ step, exchange }) => {
    const { disk_id, label, cloud_init, ...rest } = json(exchange.body);
    return {
      steps: [{ ...step, json: json(exchange.body) }],
      async run(session) {
        const description = { name: String(label), ...rest };
        const extras = cloud_init === true ? { cloudInit: true } : {};
        const image = await session.require('create').run({ description, fromDisk: String(disk_id), extras }, testCall());
        expect(image).toMatchObject({ status: 'pending', providerStatus: 'creating' });
      },
    };
  },
  'POST images/upload': ({ step, exchange }) => {
    const { region, label, ...rest } = json(exchange.body);
    return {
      steps: [
        { ...step, json: json(exchange.body) },
        { method: 'PUT', answer: { status: 200, body: '' } },
      ],
      async run(session) {
        const content = makeContent({ format: 'raw', compression: 'gzip' });
        const request = { description: { name: String(label), ...rest }, place: String(region), content, extras: {} };
        expect((await session.require('upload').run(request, testCall())).raw).toEqual(json(exchange.answer).image);
      },
    };
  },
  'POST images/ID/regions': ({ step, id, exchange, now }) => {
    const wanted = json(exchange.body).regions as readonly string[];
    return {
      steps: [
        { method: 'GET', answer: now },
        { ...step, json: { regions: wanted } },
      ],
      async run(session) {
        const image = await session.require('replicate').run({ id, add: wanted, remove: [] }, testCall());
        expect(image.places.map(({ name }) => name).sort()).toEqual([...wanted].sort());
      },
    };
  },
  'GET regions': ({ step, exchange }) => ({
    steps: [step],
    async run(session) {
      const places = await session.require('places').run({}, testCall());
      expect(places.map(({ name }) => name)).toEqual(rowsOf(json(exchange.answer)).map(({ id }) => id));
    },
  }),
  'GET account/events': ({ step, exchange }) => {
    const [event] = rowsOf(json(exchange.answer));
    const second = event?.secondary_entity as Row | undefined;
    const id = `private/${String(second?.id)}`;
    return {
      steps: [{ method: 'GET', answer: { status: 200, body: JSON.stringify({ id, status: 'creating' }) } }, step],
      async run(session) {
        const job = { verb: 'create', image: id, since: '2018-01-02T03:04:05Z' } as const;
        const { percent, message } = await session.look(job, testCall());
        expect({ percent, message }).toEqual({ percent: event?.percent_complete });
      },
    };
  },
};

describe.skipIf(!hasRecordings)(`every recorded exchange can be had again${without}`, () => {
  for (const file of filesIn(fixtures))
    it(file.slice(fixtures.length), async () => {
      const exchanges = exchangesOf(file);
      const others: string[] = [];
      for (const [n, exchange] of exchanges.entries())
        if (!(await replayed(exchange, exchanges.slice(0, n)))) others.push(pathOf(exchange));
      for (const path of others) expect(path).toMatch(/\/(linode|object-storage)\/|availability/);
    });

  const codes: Readonly<Record<number, Code>> = { 400: 'USAGE', 401: 'AUTH', 404: 'NOT_FOUND', 429: 'LIMIT', 503: 'PROVIDER' };
  for (const file of filesIn('recorded/extracted/'))
    it(file.slice('recorded/extracted/'.length), async () => {
      const [exchange] = exchangesOf(file);
      const server = await replay([{ method: 'GET', answer: { status: exchange?.status ?? 0, body: exchange?.answer ?? '' } }]);
      const { session } = openSession(linode, { token: 'TESTTOKEN', endpoint: server.origin });
      const error = await failure(session.require('show').run({ id: 'private/1' }, testCall()));
      await server.stop();
      // What is busy for a moment is told as 400 too.
      const isBusy = exchange?.answer.includes('busy') === true;
      expect(error.code).toBe(isBusy ? 'CONFLICT' : codes[exchange?.status ?? 0]);
      expect(error.message).toContain((json(exchange?.answer ?? '').errors as readonly Row[])[0]?.reason);
    });

  it('samples of the official clients', async () => {
    const files = [...filesIn('recorded/unit/fixtures/'), ...filesIn('recorded/linode_api4-python/')].filter((file) =>
      file.endsWith('.json'),
    );
    const samples = files
      .flatMap((file) => [jsonOf(file) as Row])
      .flatMap((body) => (Array.isArray(body.data) ? rowsOf(body) : [body]));
    const images = samples.filter(
      ({ id, label, is_public }) => typeof id === 'string' && label !== undefined && is_public !== undefined,
    );
    expect(images.length).toBeGreaterThan(10);
    const page = JSON.stringify({ page: 1, pages: 1, results: images.length, data: images });
    const server = await replay([{ method: 'GET', answer: { status: 200, body: page } }]);
    const { session } = openSession(linode, { token: 'TESTTOKEN', endpoint: server.origin });
    const found = await allOf(session.require('list').run({ ...everything, scope: 'all' }, testCall()));
    await server.stop();
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(images.map(({ id }) => id)));
  });
});
