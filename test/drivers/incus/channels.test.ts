import { describe, expect, it } from 'vitest';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { markChanges } from '../../../src/core/marks.ts';
import { pointing, silencing } from '../../../src/engine/channels/changes.ts';
import { testCall } from '../../conformance/stage.ts';
import { opened } from './stage.ts';

const channel = { name: 'web', channel: 'stable' };

/** Two images, and what channels do to them. */
async function staged() {
  const { session, cloud } = await opened();
  const [first = '', second = ''] = await cloud.seed([{ name: 'web-20261101' }, { name: 'web-20261120' }]);
  const call = testCall();
  const show = (id: string) => session.require('show').run({ id }, call);
  const patch = async (id: string, changes: ReturnType<typeof pointing>) =>
    session.require('patch').run({ id, changes, extras: {} }, call);
  return {
    cloud,
    call,
    ids: [first, second] as const,
    show,
    point: async (id: string, number: number) => patch(id, pointing(await show(id), number, { channel, now: 0 })),
    silence: async (id: string) => patch(id, silencing(await show(id), channel)),
    revoke: async (id: string) => patch(id, markChanges(await show(id), { revoked: 'bad' }) ?? {}),
    rename: (id: string, name: string) => patch(id, { name }),
    alias: () => cloud.images.aliases.get('web@stable')?.target,
  };
}

describe('the alias of a channel', () => {
  it('is moved in one step, by which other tools find the target, and is nobody’s name', async () => {
    const { ids, show, point, silence, alias, cloud } = await staged();
    const [first, second] = ids;
    await point(first, 1);
    expect([alias(), (await show('web@stable')).id]).toEqual([first, first]);
    expect(await show(first)).toMatchObject({ name: 'web-20261101', aliases: ['web@stable'] });
    cloud.forget();
    await point(second, 2);
    expect(alias()).toBe(second);
    expect(cloud.requests().filter(({ method }) => method === 'DELETE')).toEqual([]);
    await silence(first);
    expect([alias(), (await show('web@stable')).id, (await show(second)).name]).toEqual([second, second, 'web-20261120']);
  });

  it('goes with what it was said of, where nobody has moved it on, and with what is revoked', async () => {
    const { ids, point, silence, revoke, alias } = await staged();
    await point(ids[0], 1);
    await silence(ids[0]);
    expect(alias()).toBeUndefined();
    await point(ids[1], 2);
    await revoke(ids[1]);
    expect(alias()).toBeUndefined();
  });

  it('is left where somebody else calls an image so, and that is told', async () => {
    const { ids, point, alias, cloud, call } = await staged();
    cloud.images.aliases.set('web@stable', { target: ids[1], description: '' });
    await point(ids[0], 1);
    expect(alias()).toBe(ids[1]);
    expect(call.notes).toMatchObject([{ kind: 'warning', message: expect.stringContaining('web@stable') as string }]);
  });

  it('is not what is renamed, nor what an image without another name is called', async () => {
    const { ids, point, alias, cloud, show, rename } = await staged();
    await point(ids[0], 1);
    cloud.images.aliases.delete('web-20261101');
    expect((await show(ids[0])).name).not.toBe('web@stable');
    await rename(ids[0], 'web');
    expect([alias(), (await show(ids[0])).name]).toEqual([ids[0], 'web']);
  });
});

describe('the alias of a channel that a killed run has left behind', () => {
  const stage = commandStage();

  it.each([
    ['nowhere, since there was no target before', () => undefined],
    ['at the target before', (first: string) => ({ target: first, description: '' })],
  ])('%s is told, and comes with the same set once more', async (_where, left) => {
    const { cloud } = await opened();
    const [first = '', second = ''] = await cloud.seed([{ name: 'web-1' }, { name: 'web-2' }]);
    const env = profileVariables('x', 'incus', cloud.values);
    const set = (id: string) => stage.ok(['channel', 'set', 'web@stable', `x:${id}`, '-o', 'json'], { env });
    const shown = async () => (await stage.ok(['channel', 'show', 'x:web@stable', '-o', 'json'], { env })).json() as object;
    const there = left(first);
    if (there) await set(first);
    const before = { ...cloud.images.byId.get(first)?.properties };
    await set(second);
    expect(await shown()).not.toHaveProperty('lacksAlias');
    // So far a run has got that is killed once its first write is done.
    const image = cloud.images.byId.get(first);
    if (image && there) image.properties = before;
    cloud.images.aliases.delete('web@stable');
    if (there) cloud.images.aliases.set('web@stable', there);
    expect(await shown()).toMatchObject({ id: second, lacksAlias: true });
    await set(second);
    expect([cloud.images.aliases.get('web@stable')?.target, (await shown()) as object]).toEqual([
      second,
      expect.not.objectContaining({ lacksAlias: true }),
    ]);
    cloud.forget();
    expect((await set(second)).json()).toMatchObject([{ message: 'nothing to change' }]);
    expect(cloud.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});
