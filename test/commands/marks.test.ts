import { afterEach, describe, expect, it } from 'vitest';
import { isMarkProperty } from '../../src/core/marks.ts';
import { stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let cloud: RunningCloud | undefined;
afterEach(async () => {
  await cloud?.stop();
  cloud = undefined;
});

interface Shown {
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
}
const marksIn = ({ properties }: Shown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => isMarkProperty(name)));

const all = withVerbs(Object.entries(stages), 'patch');
const marking = all.filter(([, { driver }]) => driver.facts.patch?.fields.includes('properties'));
const copying = withVerbs(marking, 'upload', 'download');

const env = async (name: string): Promise<Readonly<Record<string, string>>> => {
  cloud = await stages[name as keyof typeof stages].cloud.start();
  return {
    ...profileVariables('there', name, cloud.values),
    ...profileVariables('aa', 'local', { path: stage.file('aa') }),
    ...profileVariables('bb', 'local', { path: stage.file('bb') }),
  };
};

describe('an image that is marked as managed', () => {
  it.each(marking)('is that at %s until it is taken back, and nothing of it is left', async (name) => {
    const settings = { env: await env(name) };
    const [id = ''] = (await cloud?.seed([{ name: 'web', properties: { os_distro: 'debian' } }])) ?? [];
    const patched = async (...more: readonly string[]): Promise<Shown> =>
      (await stage.ok(['patch', `there:${id}`, ...more, '-o', 'json'], settings)).json() as Shown;
    expect(marksIn(await patched('--manage'))).toEqual({ 'imgctl.managed': 'yes', 'imgctl.marksOf': id });
    expect(marksIn(await patched('--manage', '--property', 'a=b'))).toEqual({ 'imgctl.managed': 'yes', 'imgctl.marksOf': id });
    const after = await patched('--unmanage');
    expect(after.properties).toMatchObject({ os_distro: 'debian', a: 'b' });
    expect(marksIn(after)).toEqual({});
  });

  it.each(all.filter((one) => !marking.includes(one)))('cannot be at %s, which is said before any request', async (name) => {
    const settings = { env: await env(name) };
    const refused = await stage.run(['patch', 'there:1', '--manage', '--json'], settings);
    expect([refused.exitCode, errorOf(refused).message]).toEqual([7, `${name} cannot set properties with patch`]);
  });

  it('is not the opposite at once', async () => {
    expect((await stage.run(['patch', 'a', '--manage', '--unmanage'])).exitCode).toBe(2);
  });
});

describe('a copy', () => {
  it.each(copying)('of a managed image is not managed: folder to %s, and back', async (name) => {
    const settings = { env: await env(name) };
    const json = async (...args: readonly string[]): Promise<Shown> =>
      (await stage.ok([...args, '-o', 'json', '--poll-interval', '20ms'], settings)).json() as Shown;
    const local = await json('upload', stage.write('seed', smallDisk()), '--name', 'aa:web', '--property', 'a=b');
    await stage.ok(['patch', `aa:${local.id}`, '--manage'], settings);
    const there = await json('copy', `aa:${local.id}`, 'there:web');
    expect(there.properties).toMatchObject({ a: 'b' });
    expect(marksIn(there)).toEqual({});
    await stage.ok(['patch', `there:${there.id}`, '--manage'], settings);
    expect(marksIn(await json('copy', `there:${there.id}`, 'bb:web'))).toEqual({});
    expect(marksIn(await json('copy', `aa:${local.id}`, 'bb:web-3'))).toEqual({});
  });
});

describe('a new image', () => {
  const uploading = withVerbs(marking, 'upload');

  it.each(uploading)('is managed from the beginning at %s where that is asked for, once', async (name) => {
    const settings = { env: await env(name) };
    const json = async (...args: readonly string[]): Promise<Shown> =>
      (await stage.ok([...args, '--manage', '-o', 'json', '--poll-interval', '20ms'], settings)).json() as Shown;
    const disk = stage.write('seed', smallDisk());
    const made = await json('upload', disk, '--name', 'there:web');
    expect(marksIn(made)).toEqual({ 'imgctl.managed': 'yes', 'imgctl.marksOf': made.id });
    const local = await json('upload', disk, '--name', 'aa:web');
    const copied = await json('copy', `aa:${local.id}`, 'there:web-2');
    expect(marksIn(copied)).toEqual({ 'imgctl.managed': 'yes', 'imgctl.marksOf': copied.id });
    cloud?.forget();
    expect(marksIn(await json('copy', `aa:${local.id}`, 'there:web-2', '--if-exists', 'skip'))).toEqual(marksIn(copied));
  });

  it('that a provider fetches is managed too, and one that is there without marks gets them', async () => {
    const settings = { env: await env('openstack') };
    const image = async (...args: readonly string[]): Promise<Shown> =>
      (await stage.ok([...args, '-o', 'json', '--poll-interval', '20ms'], settings)).json() as Shown;
    const url = 'https://images.example/debian.raw';
    const made = await image('import', 'there:debian', '--url', url, '--disk-format', 'raw', '--manage');
    expect(marksIn(made)).toEqual({ 'imgctl.managed': 'yes', 'imgctl.marksOf': made.id });
    const local = await image('upload', stage.write('seed', smallDisk()), '--name', 'aa:web');
    const first = await image('copy', `aa:${local.id}`, 'there:web');
    expect(marksIn(first)).toEqual({});
    const again = await image('copy', `aa:${local.id}`, 'there:web', '--if-exists', 'skip', '--manage');
    expect([again.id, marksIn(again)]).toEqual([first.id, { 'imgctl.managed': 'yes', 'imgctl.marksOf': first.id }]);
  });

  it.each(
    withVerbs(
      all.filter((one) => !marking.includes(one)),
      'upload',
    ),
  )('cannot be at %s, and nothing is sent', async (name) => {
    const settings = { env: await env(name) };
    cloud?.forget();
    const args = ['upload', stage.write('seed', smallDisk()), '--name', 'there:web', '--manage', '--json'];
    const refused = await stage.run(args, settings);
    expect([refused.exitCode, errorOf(refused).message]).toEqual([
      7,
      `${name} keeps no properties, by which managed images are known`,
    ]);
    expect(cloud?.requests()).toEqual([]);
  });
});
