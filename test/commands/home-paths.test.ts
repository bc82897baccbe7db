import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import local from '../../src/drivers/local/index.ts';
import openstack from '../../src/drivers/openstack/index.ts';
import { withHome } from '../../src/host/paths.ts';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();

describe('a path of a profile that begins with ~', () => {
  it('lies in the home of the user, wherever one stands: each of several, too', async () => {
    await stage.ok([
      'profile',
      'add',
      'lab',
      '--provider',
      'local',
      '--set',
      'path=~/lab',
      '--set',
      'places=second=~/far,third=~/off',
    ]);
    const id = await stage.image('lab:web');
    await stage.ok(['replicate', `lab:${id}`, '--to', 'second,third']);
    for (const name of ['lab', 'far', 'off']) expect(existsSync(stage.file(`${name}/index.json`)), name).toBe(true);
    expect(existsSync('~')).toBe(false);
  });

  it('is meant by every field that names files', () => {
    const named = [local, openstack].flatMap(({ profile }) =>
      Object.entries(profile).filter(([, { help }]) => /^(Folder|File|Further folders)/.test(help)),
    );
    expect(named.length).toBeGreaterThan(3);
    for (const [field, { paths }] of named) expect(paths, field).toBe(field === 'places' ? 'named' : 'one');
  });

  it('is left alone where ~ is part of a name', () => {
    const at = { env: {}, home: '/home/me', platform: 'linux' } as const;
    for (const same of ['/a/~b', '~you/x', '/srv/a~/b', 'x=/a,y=/~/c']) expect(withHome(same, at)).toBe(same);
    expect(withHome('~', at)).toBe('/home/me');
    expect(withHome('a=~/x, b=~/y', at)).toBe('a=/home/me/x, b=/home/me/y');
  });
});

describe('a path that is typed from the current folder', () => {
  it('is kept as one that leads to the same from every other', async () => {
    const values = ['path=images', 'places=a=far, b=/srv/off,c=~/x'].flatMap((value) => ['--set', value]);
    await stage.ok(['profile', 'add', 'lab', '--provider', 'local', ...values]);
    const fields = async (name: string) =>
      (JSON.parse(stage.read('.config/imgctl/config.json').toString()) as { profiles: Record<string, { fields: object }> }).profiles[name]?.fields; // prettier-ignore
    expect(await fields('lab')).toEqual({ path: path.resolve('images'), places: `a=${path.resolve('far')}, b=/srv/off,c=~/x` });
    await stage.ok(['profile', 'set', 'lab', 'path=other', 'places=']);
    expect(await fields('lab')).toEqual({ path: path.resolve('other') });
    await stage.ok(['profile', 'add', 'lin', '--provider', 'linode', '--set', 'token=file:key', '--set', 'caBundle=-----BEGIN', '--set', 'clientCert=env:C']); // prettier-ignore
    expect(await fields('lin')).toEqual({ token: `file:${path.resolve('key')}`, caBundle: '-----BEGIN', clientCert: 'env:C' });
  });
});

describe('a file in which a value is kept', () => {
  it.each(['', ' \n\n'])('and that holds none (%j) is refused, and not taken for an empty secret', async (text) => {
    mkdirSync(stage.file('keys'));
    const file = stage.write('keys/token', text);
    await stage.ok(['profile', 'add', 'lin', '--provider', 'linode', '--set', `token=file:${file}`]);
    const refused = await stage.run(['list', '-p', 'lin', '--json']);
    expect([refused.exitCode, errorOf(refused).message]).toEqual([3, expect.stringContaining(`${file} is empty`)]);
  });
});

it('a path from the current folder that an earlier version has kept is warned about', async () => {
  await stage.ok(['profile', 'add', 'lab', '--provider', 'local', '--set', 'path=/srv/lab', '--set', 'places=a=/srv/a,b=~/b']);
  const file = stage.file('.config/imgctl/config.json');
  expect((await stage.run(['list', '-p', 'lab'])).stderr).not.toContain('leads elsewhere');
  const kept = readFileSync(file, 'utf8');
  for (const [before, after, said] of [
    ['"/srv/lab"', '"lab"', 'path lab'],
    ['a=/srv/a', 'a=./far', 'places ./far'],
  ] as const) {
    writeFileSync(file, kept.replace(before, after));
    expect((await stage.run(['list', '-p', 'lab'])).stderr).toContain(`profile lab: ${said} leads elsewhere from each folder`);
  }
});
