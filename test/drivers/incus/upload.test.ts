import { describe, expect, it } from 'vitest';
import type { UploadRequest } from '../../../src/core/operation.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import type { Fault } from '../../conformance/cloud.ts';
import { incusErrorBody } from '../../clouds/incus/index.ts';
import { makeContent } from '../../support/content.ts';
import driver from '../../../src/drivers/incus/index.ts';
import { openSession } from '../../support/open-session.ts';
import { opened } from './stage.ts';

const request = (more: Partial<UploadRequest> = {}): UploadRequest => ({
  description: { name: 'web' },
  content: makeContent({ format: 'qcow2' }, { seed: 7 }),
  extras: {},
  ...more,
});

describe.each(['incus', 'lxd'] as const)('an upload to %s', (product) => {
  it('is told to the right product, with all that is said of the image', async () => {
    const { session, cloud } = await opened({ product });
    const description = { name: 'web', description: 'a b&c', visibility: 'public', properties: { os: 'ü=1' } } as const;
    const image = await session.require('upload').run(request({ description }), testCall());
    expect(image).toMatchObject({ ...description, architecture: 'x86_64', diskFormat: 'qcow2' });
    const sent = cloud.requests().find(({ method, path }) => method === 'POST' && path === '/1.0/images');
    expect(
      Object.keys(sent?.headers ?? {})
        .filter((name) => /^x-(incus|lxd)-/.test(name))
        .sort(),
    ).toEqual([`x-${product}-properties`, `x-${product}-public`]);
  });

  it('says the id before the server can make an image of it', async () => {
    const { session, cloud } = await opened({ product });
    const call = testCall();
    let known: readonly string[] = [];
    cloud.beforeEntry = () => void (known = call.notes.flatMap((note) => (note.kind === 'intended' ? note.id : [])));
    const { id } = await session.require('upload').run(request(), call);
    expect(known).toEqual([id]);
  });

  it('has its disk looked into while the server is at work', async () => {
    const { session, cloud } = await opened({ product });
    let look: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => (look = resolve));
    const wait = cloud.operations.wait.bind(cloud.operations);
    cloud.operations.wait = async (...args) => looked.then(() => wait(...args));
    const contentId = async () => {
      look();
      return 'blocks-sha256:x';
    };
    expect(await session.require('upload').run(request({ contentId }), testCall())).toMatchObject({ name: 'web' });
    const damaged = () => Promise.reject(new Error('the file is damaged'));
    await session.require('upload').run(request({ description: { name: 'b' }, contentId: damaged }), testCall());
  });

  it('whose answer was lost is known by its bytes when it is tried again', async () => {
    const { session, cloud } = await opened({ product });
    const call = testCall();
    let isBroken = false;
    cloud.beforeEntry = () => void (isBroken = true);
    cloud.fail({ kind: 'truncate', on: ({ method, path }) => method === 'POST' && path === '/1.0/images' });
    cloud.fail({ kind: 'answer', status: 500, times: 99, on: () => isBroken });
    const { circumstances } = await failureOf(session.require('upload').run(request(), call), 'NETWORK', 'PROVIDER');
    const [made = ''] = [...cloud.images.byId.keys()];
    expect(circumstances.leftover).toBe(made);
    cloud.beforeEntry = () => undefined;
    isBroken = false;
    expect(await session.require('upload').run(request({ nameMustBeFree: true }), call)).toMatchObject({ id: made, name: 'web' });
  });

  it.each<Fault>([
    { kind: 'truncate' },
    { kind: 'answer afterwards', status: 302, headers: { location: '/1.0/images' } },
    { kind: 'answer afterwards', status: 502, body: 'Bad Gateway' },
    { kind: 'answer afterwards', status: 202, body: 'thank you' },
  ])('whose answer was lost is waited for: the server goes on by itself (%o)', async (lost) => {
    const { session, cloud } = await opened({ product });
    const isUpload = ({ method, path }: { method: string; path: string }) => method === 'POST' && path === '/1.0/images';
    cloud.fail({ ...lost, on: isUpload });
    // It takes a while.
    const isLook = ({ method, path }: { method: string; path: string }) => method === 'GET' && /images\/[0-9a-f]{64}/.test(path);
    cloud.beforeEntry = () =>
      cloud.fail({
        kind: 'answer',
        status: 404,
        headers: { 'content-type': 'application/json' },
        body: incusErrorBody('Image not found', 404),
        on: isLook,
        times: 2,
      });
    expect(await session.require('upload').run(request(), testCall())).toMatchObject({ name: 'web' });
    expect(cloud.requests().filter(isUpload).length).toBe(1);
  });

  it('of what is there already is refused or left as it is, and takes nothing away, whatever fails then', async () => {
    const { session, cloud } = await opened({ product });
    const { id } = await session.require('upload').run(request(), testCall());
    const other = openSession(driver, cloud.values);
    for (const lost of [false, true]) {
      if (lost) cloud.images.aliases.clear();
      for (const nameMustBeFree of [true, false]) {
        const call = testCall();
        const again = other.session.require('upload').run(request({ nameMustBeFree }), call);
        // Under a name that may be taken nothing is replaced by itself.
        if (!lost && !nameMustBeFree) expect(await again).toMatchObject({ id, name: 'web' });
        else expect((await failureOf(again, 'CONFLICT')).message).toContain(id);
        expect(call.notes.filter(({ kind }) => ['intended', 'created', 'removed'].includes(kind))).toEqual([]);
        expect([...cloud.images.byId.keys()]).toEqual([id]);
      }
    }
  });

  it('that somebody else has made in the same moment is theirs', async () => {
    const { session, cloud } = await opened({ product });
    const [seeded = ''] = await cloud.seed([{ name: 'theirs' }]);
    const theirs = cloud.images.byId.get(seeded);
    cloud.beforeEntry = (fingerprint) => void (theirs && cloud.images.byId.set(fingerprint, { ...theirs, fingerprint }));
    const call = testCall();
    await failureOf(session.require('upload').run(request(), call), 'CONFLICT');
    expect(call.notes.filter(({ kind }) => ['created', 'removed'].includes(kind))).toEqual([]);
  });

  it('whose name somebody else takes meanwhile is taken away again, and the name stays theirs', async () => {
    const { session, cloud } = await opened({ product });
    const [theirs = ''] = await cloud.seed([{ name: 'db' }]);
    cloud.beforeEntry = () => void cloud.images.aliases.set('web', { target: theirs, description: '' });
    const error = await failureOf(session.require('upload').run(request({ nameMustBeFree: true }), testCall()), 'CONFLICT');
    expect(error.message).toContain(theirs);
    expect([...cloud.images.byId.keys()]).toEqual([theirs]);
    expect(cloud.images.aliases.get('web')?.target).toBe(theirs);
  });

  it('that fails although the image was made gives that image', async () => {
    const { session, cloud } = await opened({ product });
    cloud.failsAfterwards = 'Failed syncing image between servers: peer node 10.0.0.2 is down';
    expect(await session.require('upload').run(request(), testCall())).toMatchObject({ name: 'web' });
  });

  it('under a taken name moves the name in one step, or leaves nothing where it must be free', async () => {
    const { session, cloud } = await opened({ product });
    const [old = ''] = await cloud.seed([{ name: 'web' }]);
    const refused = await failureOf(session.require('upload').run(request({ nameMustBeFree: true }), testCall()), 'CONFLICT');
    expect(refused.message).toContain(old);
    expect([...cloud.images.byId.keys()]).toEqual([old]);
    const { id } = await session.require('upload').run(request(), testCall());
    expect(cloud.images.aliases.get('web')?.target).toBe(id);
    expect(cloud.images.byId.has(old)).toBe(true);
  });

  it('is judged by the image where the server has forgotten its work', async () => {
    const { session, cloud } = await opened({ product });
    cloud.operations.rememberedMs = -1000;
    expect(await session.require('upload').run(request(), testCall())).toMatchObject({ name: 'web' });
  });

  it('waits on where a wait has run out before the work', async () => {
    const { session, cloud } = await opened({ product });
    cloud.operations.workMs = 150;
    const wait = cloud.operations.wait.bind(cloud.operations);
    cloud.operations.wait = (id) => wait(id, 0.01);
    expect(await session.require('upload').run(request(), testCall())).toMatchObject({ name: 'web' });
    expect(cloud.operations.goingOn).toBe(0);
  });

  it('of an architecture that the server does not have fails with its words, and leaves nothing', async () => {
    const { session, cloud } = await opened({ product });
    const description = { name: 'web', architecture: 'z80' };
    const error = await failureOf(session.require('upload').run(request({ description }), testCall()), 'USAGE');
    expect(error.message).toContain("Architecture isn't supported: z80");
    expect(cloud.images.byId.size).toBe(0);
  });
});

it('an upload without trust is refused before a byte is sent', async () => {
  const { session, cloud } = await opened({ auth: 'untrusted' });
  await failureOf(session.require('upload').run(request(), testCall()), 'AUTH');
  expect(cloud.requests().map(({ method }) => method)).toEqual(['GET']);
});

it('names that nobody could reach are refused before any request', async () => {
  const { session, cloud } = await opened();
  for (const name of ['', ' ', '.', '..'])
    await failureOf(session.require('upload').run(request({ description: { name } }), testCall()), 'USAGE');
  expect(cloud.requests()).toEqual([]);
});
