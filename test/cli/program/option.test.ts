import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/commands/index.ts';
import { complete, type OwnWords } from '../../../src/cli/completion/complete.ts';
import { completionTable } from '../../../src/cli/completion/table.ts';
import { flagName, type Option, type Options } from '../../../src/cli/program/option.ts';
import { globalOptions } from '../../../src/cli/program/settings.ts';
import { writable } from '../../../src/transfer/plan.ts';
import { driverList } from '../../../src/engine/driver-list.ts';
import { commandStage } from '../../commands/stage.ts';

const stage = commandStage();
const table = await completionTable(commands, driverList);
const loaded = await Promise.all(commands.map(async (entry) => ({ path: entry.path, options: (await entry.load()).options })));
const all = [{ path: '', options: globalOptions as Options }, ...loaded].flatMap(({ path, options }) =>
  Object.entries(options).map(([key, option]): { path: string; flag: string; option: Option } => ({
    path,
    flag: `--${flagName(key)}`,
    option,
  })),
);

const own: OwnWords = {
  profiles: driverList.names.map((name) => ({ name, provider: name })),
  sources: [],
  current: 'local',
  runs: () => [],
  names: async () => ({ images: [{ id: 'id-1', name: 'web' }], channels: [], places: ['first', 'second'] }),
};

/** Why nothing can be offered for the value. */
const withoutWords: Readonly<Record<string, string>> = {
  '--tag': 'tags are not remembered',
  '--not-tag': 'tags are not remembered',
  '--untag': 'tags are not remembered',
  '--property': 'properties are not remembered',
  '--remove-property': 'properties are not remembered',
  '--description': 'free text',
  '--reason': 'free text',
  '--sign': 'keys of another program',
  '--id': 'a new id',
  '--url': 'an address',
  '--from-disk': "disks of servers are not the image service's",
  '--with': 'projects are not remembered',
  '--owner': 'projects are not remembered',
  '--method': 'the site decides',
  '--allow-unsafe': 'codes are told where something is found, and are not to be chosen from a list',
  'upload --name': 'a new name',
  'patch --name': 'a new name',
};
const numbers = new Set(['size', 'duration', 'count']);
const valued = all.filter(({ option }) => option.kind !== 'flag' && option.kind !== 'switch' && !numbers.has(option.kind));

describe('the value of every option', () => {
  it.each(valued.map((one) => [`${one.path} ${one.flag}`.trim(), one] as const))(
    '%s is completed, or there is a reason',
    async (name, { path, flag, option }) => {
      const reason = withoutWords[name] ?? withoutWords[flag];
      const isKnown = option.choices ?? option.suggests ?? option.completes;
      if (reason !== undefined && isKnown === undefined) return;
      const provider = option.completes === 'filter' || option.completes === 'extra' ? ['-p', 'openstack'] : [];
      const verb = path === '' ? ['list'] : path.split(' ');
      const before = [...verb, ...provider, ...(option.completes === 'field' ? ['--provider', 'linode'] : []), flag];
      const found = await complete(before, '', table, own);
      if (option.completes === 'extra' && found.length === 0) return;
      expect(found.length, name).toBeGreaterThan(0);
      if (found === 'files' || !(option.commas || option.kind === 'names')) return;
      const [first, second] = found.map(({ text }) => text);
      const more = await complete(before, `${first},`, table, own);
      expect(more === 'files' ? [] : more.map(({ text }) => text)).toContain(`${first},${second}`);
    },
  );

  it('of a provider: its own filters and fields', async () => {
    const words = async (...before: string[]) => {
      const found = await complete(before, '', table, own);
      return found === 'files' ? [] : found.map(({ text }) => text);
    };
    const driver = await driverList.load('openstack');
    expect(await words('list', '-p', 'openstack', '--filter')).toEqual(
      Object.keys(driver?.facts.list?.own ?? {}).map((name) => `${name}=`),
    );
    const extras = Object.keys(driver?.facts.upload?.extras ?? {});
    expect(await words('upload', 'x', '-p', 'openstack', '--set')).toEqual(extras.map((name) => `${name}=`));
  });
});

describe('options of all verbs, side by side', () => {
  /** Where one name is meant for two things, or has values of its own, and why. */
  const different: Readonly<Record<string, string>> = {
    '--name': 'a glob in a list, a name elsewhere',
    '--to': 'one place for an upload, several where the provider takes several',
    '--set': 'a field of what the verb makes: an image, or a profile',
    '--property': 'a filter in a list may be negative',
    '--owner': 'a filter in a list knows me',
    '--disk-format': 'converting offers what can be written; in a patch the provider may have a word of its own',
  };
  const flags = [...new Set(all.map(({ flag }) => flag))];

  it.each(flags)('%s means one thing and takes one set of values', (flag) => {
    const same = all.filter((one) => one.flag === flag).map(({ option }) => option);
    const looks = new Set(
      same.map(({ kind, choices, suggests, completes, short }) => JSON.stringify([kind, choices, suggests, completes, short])),
    );
    if (different[flag] === undefined) expect([...looks]).toHaveLength(1);
    else expect(looks.size, `${flag} needs no exception`).toBeGreaterThan(1);
  });

  it('second spellings hide no option of the same verb', () => {
    for (const { path, options } of loaded)
      for (const { also } of Object.values(options))
        if (also !== undefined) expect(Object.keys({ ...globalOptions, ...options }).map(flagName), path).not.toContain(also);
  });

  it('both spellings of one thing are taken', async () => {
    await stage.image('web');
    for (const option of ['--format', '--disk-format'])
      expect((await stage.ok(['list', option, 'raw', '-c', 'name', '--no-header'])).stdout).toBe('web\n');
    for (const [name, option] of [
      ['a', '--protect'],
      ['b', '--protected'],
    ] as const) {
      await stage.ok(['profile', 'add', name, '--provider', 'local', '--set', `path=${stage.file(name)}`, option]);
      await stage.ok(['profile', 'set', name, option]);
    }
  });

  it('convert offers only formats that can be written', async () => {
    const line = (await stage.ok(['convert', '--help'])).stdout.split('\n').find((one) => one.includes('--disk-format'));
    expect(line).toContain(`<${[...writable].join('|')}>`);
  });
});
