import { afterEach, describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import type { Switches } from '../../clouds/oci/switches.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';

let cloud: OciCloud;
async function start(switches: Partial<Switches> = {}) {
  cloud = await startOci({ auth: 'none', ...switches });
  const open = () => openSession(driver, cloud.values).session;
  const session = open();
  const id = cloud.plant({ name: 'travels', data: Buffer.alloc(400_000, 3) });
  const replicate = (add: readonly string[], remove: readonly string[] = [], call = testCall()) =>
    session.require('replicate').run({ id, add, remove }, call);
  const placesOf = async (image: Promise<{ places: readonly { name: string }[] }>) =>
    (await image).places.map(({ name }) => name);
  return { session, open, id, replicate, placesOf, show: () => session.require('show').run({ id }, testCall()) };
}
afterEach(() => cloud.stop());

describe('copies in other repositories', () => {
  it('are the same manifest, and no byte of the disk moves', async () => {
    const { id, replicate } = await start();
    await replicate(['images/second']);
    const [home, second] = [library, 'images/second'].map((name) => cloud.store.of(name).tags.get(id));
    expect(second).toBe(home);
    expect(Math.max(...cloud.requests().map(({ bodyBytes }) => bodyBytes))).toBeLessThan(2_000);
  });

  it('go through this machine, with a warning, where the registry does not share', async () => {
    const { replicate, placesOf } = await start({ mounts: false });
    const call = testCall();
    expect(await placesOf(replicate(['images/second'], [], call))).toEqual([library, 'images/second']);
    expect(JSON.stringify(call.notes)).toContain('through this machine');
    expect([...cloud.store.of('images/second').uploads]).toEqual([]);
  });

  it('can be in a repository that the profile does not name, which this run then knows', async () => {
    const { replicate, placesOf, show, open, id } = await start();
    const call = testCall();
    expect(await placesOf(replicate(['some/where', 'images/second'], [], call))).toEqual([
      library,
      'images/second',
      'some/where',
    ]);
    expect(call.notes).toEqual([
      { kind: 'adding', places: ['some/where', 'images/second'] },
      { kind: 'warning', message: expect.stringMatching(/^some\/where is not in places of the profile/) },
    ]);
    await replicate([], ['images/second']);
    expect(await placesOf(show())).toEqual([library, 'some/where']);
    expect(await placesOf(open().require('show').run({ id }, testCall()))).toEqual([library]);
    expect(
      await placesOf(
        open()
          .require('replicate')
          .run({ id, add: [], remove: ['some/where'] }, testCall()),
      ),
    ).toEqual([library]);
    expect(cloud.store.of('some/where').tags.size).toBe(0);
  });

  it('that are so already are no failure, nor is what is gone from a place', async () => {
    const { replicate, placesOf } = await start();
    for (let times = 0; times < 2; times += 1)
      expect(await placesOf(replicate(['images/second']))).toEqual([library, 'images/second']);
    for (let times = 0; times < 2; times += 1) expect(await placesOf(replicate([], ['images/second']))).toEqual([library]);
  });

  it('follow a change of the record', async () => {
    const { session, id, replicate } = await start();
    await replicate(['images/second']);
    await session.require('patch').run({ id, changes: { name: 'renamed' }, extras: {} }, testCall());
    expect(cloud.store.of('images/second').tags.get(id)).toBe(cloud.store.of(library).tags.get(id));
  });

  it('go with the image', async () => {
    const { session, id, replicate } = await start();
    await replicate(['images/second', 'images/third']);
    await session.require('delete').run({ id }, testCall());
    for (const name of [library, 'images/second', 'images/third']) expect(cloud.store.of(name).tags.size, name).toBe(0);
  });

  it('are not made where something else has the tag, nor where no repository can be', async () => {
    const { id, replicate } = await start();
    cloud.store.of('images/second').tags.set(id, cloud.store.of(library).tags.get(cloud.plant({ name: 'another' })) ?? '');
    for (const [digest, kept] of cloud.store.of(library).manifests) cloud.store.of('images/second').manifests.set(digest, kept);
    for (const [digest, data] of cloud.store.of(library).blobs) cloud.store.of('images/second').blobs.set(digest, data);
    await failureOf(replicate(['images/second']), 'CONFLICT');
    for (const name of ['Upper/Case', 'a..b', '-x', 'a/../b', 'a b', 'x'.repeat(300)])
      await failureOf(replicate([name]), 'USAGE');
    expect(cloud.store.repositories.has('Upper/Case')).toBe(false);
  });
});

describe('a place that cannot be asked', () => {
  const answers: readonly (readonly [status: number, body: string])[] = [
    [403, '{"errors":[{"code":"DENIED","message":"no"}]}'],
    [404, '<html>no</html>'],
    [405, ''],
    [500, ''],
  ];
  type Started = Awaited<ReturnType<typeof start>>;
  const losses: Readonly<Record<string, (started: Started) => Promise<unknown>>> = {
    delete: ({ session, id }) => session.require('delete').run({ id }, testCall()),
    'replicate, taking it away': ({ replicate }) => replicate([], ['images/second']),
    'replicate, leaving it out': ({ session, id }) =>
      session.require('replicate').run({ id, add: [], remove: [], exactly: [library] }, testCall()),
  };
  for (const [verb, lose] of Object.entries(losses))
    it(`may hold a copy, and nothing is taken away: ${verb}`, async () => {
      const started = await start();
      const { id, replicate } = started;
      await replicate(['images/second']);
      let current = 0;
      for (const [at, [status, body]] of answers.entries()) {
        current = at;
        const on = ({ path }: { path: string }): boolean => current === at && path.includes('images/second');
        cloud.fail({ kind: 'answer', status, body, times: 99, on });
        const error = await failureOf(lose(started), status === 403 ? 'AUTH' : 'PROVIDER');
        expect(error.message).toMatch(/cannot tell whether images\/second holds a copy: .*; nothing was changed/);
      }
      current = -1;
      for (const name of [library, 'images/second']) expect(cloud.store.of(name).tags.has(id), name).toBe(true);
      await lose(started);
      expect(cloud.store.of('images/second').tags.has(id)).toBe(false);
    });

  it('does not hide what was done before', async () => {
    const { session, id, replicate } = await start();
    const denied = { kind: 'answer', status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}', times: 99 } as const;
    cloud.fail({ ...denied, on: ({ method, path }) => method === 'POST' && path.includes('images/third') });
    const call = testCall();
    await failureOf(replicate(['images/second', 'images/third'], [], call), 'AUTH');
    expect(JSON.stringify(call.notes)).toContain(`image ${id} was copied to images/second`);
    cloud.fail({ ...denied, on: ({ method, path }) => method === 'DELETE' && path.includes(library) });
    const deleting = testCall();
    await failureOf(session.require('delete').run({ id }, deleting), 'AUTH');
    expect(JSON.stringify(deleting.notes)).toContain(`image ${id} was removed from images/second`);
  });

  it('is told of where nothing goes', async () => {
    const { session, id, replicate, show, placesOf } = await start();
    await replicate(['images/second']);
    cloud.fail({ kind: 'answer', status: 403, body: '', times: 99, on: ({ path }) => path.includes('images/second') });
    const call = testCall();
    expect(await placesOf(replicate(['images/third'], [], call))).toEqual([library, 'images/third']);
    await session.require('patch').run({ id, changes: { name: 'b' }, extras: {} }, call);
    expect(JSON.stringify(call.notes)).toContain('place images/second');
    expect((await show()).name).toBe('b');
  });

  it('does not stand in the way where what lies there is damaged', async () => {
    const { session, id, replicate } = await start();
    await replicate(['images/second']);
    const second = cloud.store.of('images/second');
    const manifest = JSON.parse(String(second.manifests.get(second.tags.get(id) ?? '')?.data)) as { config: { digest: string } };
    second.blobs.delete(manifest.config.digest);
    const call = testCall();
    await openSession(driver, cloud.values).session.require('delete').run({ id }, call);
    expect(JSON.stringify(call.notes)).toContain('; it is kept');
    await failureOf(session.require('show').run({ id }, testCall()), 'NOT_FOUND');
  });
});
