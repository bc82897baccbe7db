import { describe, expect, it } from 'vitest';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { opened } from './stage.ts';

const stage = commandStage();

/** Two images, and a profile on the server that has them. */
async function staged() {
  const { cloud } = await opened();
  const [first = '', second = ''] = await cloud.seed([{ name: 'web-20261101' }, { name: 'web-20261120' }]);
  const env = profileVariables('x', 'incus', cloud.values);
  const shown = async (image: string) => (await stage.ok(['show', `x:${image}`, '-o', 'json'], { env })).json() as object;
  return {
    cloud,
    first,
    second,
    shown,
    run: (...args: readonly string[]) => stage.run(args, { env }),
    set: (id: string) => stage.ok(['channel', 'set', 'web@stable', `x:${id}`, '-o', 'json'], { env }),
    channel: async () => (await stage.ok(['channel', 'show', 'x:web@stable', '-o', 'json'], { env })).json() as object,
    alias: () => cloud.images.aliases.get('web@stable')?.target,
  };
}

describe('the alias of a channel', () => {
  it('is moved in one step, by which other tools find the target, and is nobody’s name', async () => {
    const { first, second, shown, set, alias, cloud, channel } = await staged();
    await set(first);
    expect([alias(), await shown('web@stable')]).toEqual([first, expect.objectContaining({ id: first })]);
    expect(await shown(first)).toMatchObject({ name: 'web-20261101', aliases: ['web@stable'] });
    cloud.forget();
    await set(second);
    expect([alias(), cloud.requests().filter(({ method }) => method === 'DELETE')]).toEqual([second, []]);
    expect(await shown('web@stable')).toMatchObject({ id: second, name: 'web-20261120' });
    expect(await channel()).toMatchObject({ projection: { kind: 'alias', name: 'web@stable', id: second } });
  });

  it('goes with the channel, and with what is revoked, and comes back by undo', async () => {
    const { first, set, run, alias } = await staged();
    await set(first);
    expect((await run('channel', 'delete', 'x:web@stable', '--yes')).exitCode).toBe(0);
    expect(alias()).toBeUndefined();
    await set(first);
    expect((await run('channel', 'revoke', `x:${first}`, '--reason', 'bad', '--yes')).exitCode).toBe(0);
    expect(alias()).toBeUndefined();
    const [latest = ''] = (await run('ops', 'list', '-o', 'id')).stdout.split('\n');
    expect((await run('ops', 'undo', latest, '--yes')).exitCode).toBe(0);
    expect(alias()).toBe(first);
  });

  it('is never moved where somebody else calls an image so: that is refused before anything is changed', async () => {
    const { first, second, alias, cloud, run } = await staged();
    cloud.images.aliases.set('web@stable', { target: second, description: '' });
    cloud.forget();
    const refused = await run('channel', 'set', 'web@stable', `x:${first}`);
    expect([refused.exitCode, refused.stderr, alias()]).toEqual([6, expect.stringContaining(second), second]);
    expect(cloud.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('is not what is renamed, nor what an image without another name is called', async () => {
    const { first, alias, cloud, shown, set, run } = await staged();
    await set(first);
    cloud.images.aliases.delete('web-20261101');
    expect(await shown(first)).not.toMatchObject({ name: 'web@stable' });
    expect((await run('patch', `x:${first}`, '--name', 'web')).exitCode).toBe(0);
    expect([alias(), await shown(first)]).toEqual([first, expect.objectContaining({ name: 'web' })]);
  });
});
