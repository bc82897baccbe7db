import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskBytes } from '../support/content.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';

describe('output that nobody reads', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = cliHome();
    const disk = path.join(home.folder, 'disk.raw');
    writeFileSync(disk, diskBytes('raw', 65_536, 3));
    for (const name of ['a', 'b'])
      await home.run(['profile', 'add', name, '--provider', 'local', '--set', `path=${path.join(home.folder, name)}`]);
    expect((await home.run(['upload', disk, '--name', 'a:web'])).exitCode).toBe(0);
    const images = [
      { name: 'web', source: './disk.raw', targets: ['b'] },
      { name: 'db', source: './none.raw', targets: ['b'] },
    ];
    for (const [name, chosen] of [
      ['drift', images.slice(0, 1)],
      ['partial', images],
    ] as const)
      writeFileSync(path.join(home.folder, `${name}.json`), JSON.stringify({ manifest: 'fleet', images: chosen }));
  });
  afterAll(() => home.remove());

  it.each([
    [0, ['list', '-p', 'a']],
    [0, ['show', 'a:web']],
    [15, ['plan', '-f', 'drift.json', '--check']],
    [5, ['plan', '-f', 'partial.json']],
    [15, ['policy', 'check', '-p', 'a', '--rules', 'scs-0102']],
    [12, ['delete', 'a:none-1', 'a:none-2', '--yes']],
    [12, ['apply', '-f', 'partial.json', '--yes']],
  ])('keeps exit code %i: %j', async (status, words) => {
    const there = words.map((word) => (word.endsWith('.json') ? path.join(home.folder, word) : word));
    const closed = await home.run(there, { stdoutClosed: true });
    const open = await home.run(there);
    expect([closed.exitCode, open.exitCode], `${closed.stderr}\n${open.stderr}`).toEqual([status, status]);
  });
});
