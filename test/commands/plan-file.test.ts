import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let env: Readonly<Record<string, string>>;
beforeEach(() => {
  env = {
    ...profileVariables('laba', 'local', { path: stage.file('a') }),
    ...profileVariables('labb', 'local', { path: stage.file('b') }),
  };
});

interface Row {
  readonly action: string;
  readonly profile: string;
  readonly result: string;
  readonly message: string;
}
/** Keeps a plan for one disk in two folders. */
async function planned(more: object = {}, seed = 1, ...options: readonly string[]): Promise<string> {
  stage.write('disk.raw', smallDisk(seed));
  const images = [{ name: 'web', source: './disk.raw', targets: ['lab?'], ...more }];
  const manifest = stage.write('images.json', JSON.stringify({ manifest: 'fleet', images }));
  const file = stage.file('plan.json');
  await stage.ok(['plan', '-f', manifest, '--out', file, ...options], { env });
  return file;
}
const applied = async (file: string, ...more: readonly string[]) => {
  const result = await stage.run(['apply', file, '--yes', '-o', 'json', ...more], { env });
  const rows = (result.stdout === '' ? [] : result.json()) as readonly Row[];
  return { ...result, told: rows.map(({ profile, action, result: how }) => `${profile} ${action} ${how}`).toSorted() };
};
const names = async (profile: string): Promise<string> =>
  (await stage.ok(['list', '-p', profile, '-c', 'name', '-o', 'csv', '--no-header'], { env })).stdout;
const changed = (file: string, change: (text: string) => string): void => writeFileSync(file, change(readFileSync(file, 'utf8')));

describe('a plan that was kept', () => {
  it('is done as it is, and once', async () => {
    const file = await planned();
    expect([await names('laba'), (await applied(file)).told]).toEqual(['', ['laba add ok', 'labb add ok']]);
    const again = await applied(file);
    expect([again.exitCode, again.told]).toEqual([0, ['laba add ok', 'labb add ok']]);
    expect(await names('laba')).toBe('web\r\n');
    expect(again.stdout).toContain('it is so already');
  });

  it('is done only where things are as they were; the rest is told (exit 12)', async () => {
    const file = await planned();
    stage.write('other.raw', smallDisk(2));
    await stage.ok(['upload', stage.file('other.raw'), '--name', 'laba:web'], { env });
    const { exitCode, told, stderr } = await applied(file);
    expect([exitCode, told]).toEqual([12, ['laba add failed', 'labb add ok']]);
    expect(stderr).toContain('not as it was planned');
    expect([await names('laba'), await names('labb')]).toEqual(['web\r\n', 'web\r\n']);
  });

  it('is not done with another file than was looked at', async () => {
    const file = await planned();
    stage.write('disk.raw', smallDisk(3).subarray(0, 512 * 1024));
    expect([(await applied(file)).exitCode, await names('laba')]).toEqual([12, '']);
  });

  it('is not done with a file that was swapped for one of the same size and time', async () => {
    const file = await planned();
    const disk = stage.file('disk.raw');
    const { atime, mtime } = statSync(disk);
    writeFileSync(disk, smallDisk(3));
    utimesSync(disk, atime, mtime);
    const { exitCode, told } = await applied(file);
    expect([exitCode, told, await names('laba')]).toEqual([12, ['laba add failed', 'labb add failed'], '']);
  });

  it('is done about the other versions where one was changed since, and says so of that alone', async () => {
    const more = { targets: ['laba'] };
    const versions = [11, 12, 13];
    for (const seed of versions) await stage.ok(['apply', await planned(more, seed), '--yes'], { env });
    const file = await planned({ ...more, keep: 1 }, 13, '--unused');
    const older = (JSON.parse(readFileSync(file, 'utf8')) as { readonly rows: readonly { readonly id: string }[] }).rows;
    await stage.ok(['patch', `laba:${older[0]?.id ?? ''}`, '--tag', 'x'], { env });
    const { exitCode, stdout } = await applied(file);
    const rows = JSON.parse(stdout) as readonly (Row & { readonly id: string })[];
    expect([exitCode, rows.map(({ id, result, message }) => [id, result, message]).toSorted()]).toEqual([
      12,
      [
        [older[0]?.id, 'failed', 'it is not as it was planned: the image was changed since'],
        [older[1]?.id, 'ok', 'taken out of use'],
      ].toSorted(),
    ]);
  });

  it('does not say that the other version is out of use where nothing is to be done to it any more', async () => {
    const more = { targets: ['laba'] };
    for (const seed of [21, 22]) await stage.ok(['apply', await planned(more, seed), '--yes'], { env });
    const file = await planned({ ...more, keep: 1 }, 22, '--unused');
    const [older] = (JSON.parse(readFileSync(file, 'utf8')) as { readonly rows: readonly { readonly id: string }[] }).rows;
    await stage.ok(['patch', `laba:${older?.id ?? ''}`, '--protect'], { env });
    const { exitCode, told, stdout } = await applied(file);
    expect([exitCode, told]).toEqual([12, ['laba deactivate failed']]);
    expect(stdout).toContain('it would be left as it is');
  });

  it('is not done about an image that was changed since', async () => {
    await applied(await planned());
    const file = await planned({ tags: ['blessed'] });
    await stage.ok(['patch', 'laba:web', '--description', 'changed'], { env });
    expect((await applied(file)).told).toEqual(['laba property failed', 'labb property ok']);
  });

  it('holds no more than was planned: what has come since is left', async () => {
    const file = await planned();
    await applied(file);
    stage.write('disk.raw', smallDisk(4));
    const later = await applied(file);
    expect([later.exitCode, later.told]).toEqual([12, ['laba add failed', 'labb add failed']]);
  });

  it.each<readonly [what: string, change: (text: string) => string, told: string]>([
    ['another version', (text) => text.replace('"version": 1', '"version": 2'), 'version 2'],
    ['a key that no plan has', (text) => text.replace('"version": 1', '"version": 1, "extra": true'), 'extra'],
    ['a key that no row has', (text) => text.replace('"action": "add"', '"action": "add", "force": true'), 'rows that are none'],
    ['a key that no manifest has', (text) => text.replace('"source"', '"sauce"'), 'images[0].sauce'],
    ['something else', () => '{"kind":"other"}', 'is no plan'],
    ['nothing', () => '', 'is no plan'],
  ])('with %s is refused before anything is done', async (_what, change, told) => {
    const file = await planned();
    changed(file, change);
    const { exitCode, stderr, stdout } = await applied(file);
    expect([exitCode, stdout, await names('laba')], stderr).toEqual([3, '', '']);
    expect(stderr).toContain(told);
  });

  it('in which a row was changed by hand is not done there', async () => {
    const file = await planned();
    changed(file, (text) => text.replace('"name": "web",\n      "reason"', '"name": "evil",\n      "reason"'));
    const { exitCode, told } = await applied(file);
    expect([exitCode, told, await names('laba')]).toEqual([12, ['laba add failed', 'labb add ok'], '']);
  });

  it('is not written where a secret would stand in it', async () => {
    const images = [{ name: 'web', source: 'local:x', targets: 'laba', properties: { db_password: 'hunter2' } }];
    const manifest = stage.write('images.json', JSON.stringify({ manifest: 'fleet', images }));
    await stage.image('x');
    const refused = await stage.run(['plan', '-f', manifest, '--out', stage.file('plan.json')], { env });
    expect([refused.exitCode, refused.stderr.includes('hunter2')]).toEqual([2, false]);
    expect(() => readFileSync(stage.file('plan.json'))).toThrow();
  });

  it('has its manifest and its options', async () => {
    const file = await planned();
    for (const more of [['-f', stage.file('images.json')], ['-p', 'laba'], ['--allow-downgrade']])
      expect((await applied(file, ...more)).exitCode).toBe(2);
  });
});
