import { afterEach, describe, expect, it } from 'vitest';
import { startOci } from '../clouds/oci/index.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});
const environments: Readonly<Record<string, () => Promise<Readonly<Record<string, string>>>>> = {
  local: async () => profileVariables('p', 'local', { path: stage.file('store') }),
  oci: async () => {
    const cloud = await startOci({ auth: 'none' });
    stop = () => cloud.stop();
    return profileVariables('p', 'oci', { ...cloud.values, plainHttp: 'true' });
  },
};

describe.each(Object.entries(environments))('an id that is another image’s name, at %s', (_provider, begin) => {
  it('is the id, for every verb: what a list prints is what is reached', async () => {
    const env = await begin();
    const file = stage.write('disk.raw', smallDisk());
    const make = (name: string, id: string) => stage.ok(['upload', file, '--name', `p:${name}`, '--id', id], { env });
    await make('one', 'good');
    await make('good', 'other');
    const named = async (...line: string[]) =>
      ((await stage.ok([...line, '-o', 'json'], { env })).json() as { name: string }).name;
    expect(await named('show', 'p:good')).toBe('one');
    expect(await named('patch', 'p:good', '--tag', 't')).toBe('one');
    expect((await stage.ok(['resolve', 'p:good'], { env })).stdout).toBe('good\n');
    expect(await named('show', 'p:other')).toBe('good');
    await stage.ok(['delete', 'p:good', '--yes'], { env });
    expect((await stage.ok(['list', '-p', 'p', '-o', 'csv', '-c', 'id,name', '--no-header'], { env })).stdout.trim()).toBe(
      'other,good',
    );
    // Now it is a name again.
    expect(await named('show', 'p:good')).toBe('good');
  });
});

describe.each(Object.entries(environments))('what is too long to be kept, at %s', (_provider, begin) => {
  it('is refused before anything is changed, and the image stays what it was', async () => {
    const env = await begin();
    const file = stage.write('disk.raw', smallDisk());
    await stage.ok(['upload', file, '--name', 'p:web', '--description', 'd'], { env });
    const patch = stage.write('patch.json', JSON.stringify({ description: 'x'.repeat(5 << 20) }));
    expect((await stage.run(['patch', 'p:web', '--merge-patch', patch], { env })).exitCode).toBe(8);
    const name = 'n'.repeat(100_000);
    for (const line of [
      ['create', `p:${name}`],
      ['upload', file, '--name', `p:${name}`],
      ['patch', 'p:web', '--name', name],
    ]) {
      const { exitCode, stdout, stderr } = await stage.run(line, { env });
      expect([exitCode, stdout], line[0]).toEqual([2, '']);
      expect(stderr.length).toBeLessThan(400);
    }
    for (const line of [
      ['show', `p:${name}`],
      ['list', '-p', 'p', '--name', name],
      ['list', '-p', 'p', `${name}*`],
    ])
      expect((await stage.run(line, { env })).exitCode, line[0]).toBe(2);
    expect((await stage.ok(['show', 'p:web', '-o', 'json'], { env })).json()).toMatchObject({ name: 'web', description: 'd' });
    expect((await stage.ok(['list', '-p', 'p', '-o', 'id'], { env })).stdout.trim().split('\n')).toHaveLength(1);
  });
});
