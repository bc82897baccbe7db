import { beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/commands/index.ts';
import { commandStage, errorOf, smallDisk } from '../../commands/stage.ts';

const stage = commandStage();
beforeEach(async () => {
  for (const name of ['one', 'two'])
    await stage.ok(['profile', 'add', name, '--provider', 'local', '--set', `path=${stage.file(name)}`]);
  await stage.ok(['upload', stage.write('disk.raw', smallDisk()), '--name', 'two:web']);
});

/** Every command that names images, and what else it has to be given. */
const more: Readonly<Record<string, readonly string[]>> = {
  copy: ['two:other'],
  patch: ['--tag', 'x'],
  replicate: ['--to', 'home'],
  share: [],
  unshare: ['--with', '0123456789abcdef0123456789abcdef'],
  import: ['--url', 'https://example.org/x'],
};
const loaded = await Promise.all(commands.map(async (entry) => ({ path: entry.path, shape: await entry.load() })));
const naming = loaded.filter(({ shape }) =>
  Object.values(shape.args).some(
    ({ completes, isNewImage, isOfAnyProfile, takes }) =>
      (completes === 'image' || isNewImage) && takes !== 'any' && !isOfAnyProfile,
  ),
);

describe('-p beside PROFILE:IMAGE', () => {
  it('is looked at by all commands that take images', () => {
    expect(naming.map(({ path }) => path).sort()).toEqual([
      'copy',
      'create',
      'deactivate',
      'delete',
      'download',
      'import',
      'patch',
      'purge',
      'reactivate',
      'replicate',
      'resolve',
      'restore',
      'share',
      'show',
      'unshare',
      'uses',
      'wait',
    ]);
  });

  it.each(naming.map(({ path }) => path))('of another profile is refused by %s, and nothing is done', async (verb) => {
    const run = await stage.run([verb, 'two:web', ...(more[verb] ?? []), '-p', 'one', '-o', 'json']);
    expect([run.exitCode, errorOf(run).message]).toEqual([2, '-p one and two:web name different profiles']);
    expect((await stage.ok(['show', 'two:web', '-o', 'json'])).json()).toMatchObject({ status: 'active', tags: [] });
  });

  it('of another profile is refused where a new image is named', async () => {
    const file = stage.write('disk.raw', smallDisk());
    for (const line of [
      ['upload', file, '--name', 'two:new'],
      ['create', 'two:new'],
    ])
      expect((await stage.run([...line, '-p', 'one'])).exitCode).toBe(2);
    expect((await stage.ok(['list', '-p', 'two', '-o', 'json'])).json()).toHaveLength(1);
  });

  it('of the same profile, or that counts for another image, or that stands in the environment, is taken', async () => {
    await stage.ok(['show', 'two:web', '-p', 'two']);
    await stage.ok(['show', 'two:web', '-p', 't*']);
    await stage.ok(['copy', 'two:web', 'one:web', '-p', 'one']);
    expect((await stage.run(['copy', 'two:web', 'local', '-p', 'one'])).exitCode).toBe(2);
    await stage.ok(['show', 'two:web', 'web', '-p', 'one']);
    await stage.ok(['show', 'two:web'], { env: { IMGCTL_PROFILE: 'one' } });
    await stage.ok(['show', 'two:web'], { env: { IMGCTL_PROFILE: 'gone' } });
  });
});

describe('-o given twice', () => {
  it.each([
    [['-o', 'json', '-o', 'id'], 'id', false],
    [['-o', 'id', '-ojson'], 'json', true],
    [['--output=json', '--output', 'table'], 'table', false],
    [['--json', '-o', 'table'], 'table', false],
    [['-o', 'table', '-qo', 'json'], 'json', true],
  ])('means the last one, %j, for the result and for failures', async (words, format, isJson) => {
    const shown = (await stage.ok(['show', 'two:web', ...words])).stdout;
    const alone = (await stage.ok(['show', 'two:web', '-o', format])).stdout;
    expect(shown).toBe(alone);
    const { stderr } = await stage.run(['show', 'two:nothing', ...words]);
    const slip = await stage.run(['show', ...words]);
    for (const text of [stderr, slip.stderr]) expect(text.startsWith('{'), text).toBe(isJson);
  });
});
