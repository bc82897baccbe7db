import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { readTextFile } from '../../src/host/text-file.ts';

let folder = '';
let home: CliHome;
const fifo = (name: string): string => {
  const file = path.join(folder, name);
  execFileSync('mkfifo', [file]);
  return file;
};
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'imgctl-small-'));
  home = cliHome();
});
afterAll(async () => {
  await home.remove();
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(process.platform !== 'linux')('a file of settings that is none', () => {
  it('gives what is written to a FIFO, however late', async () => {
    const file = fifo('late');
    const reading = readTextFile(file);
    await writeFile(file, 'tok123');
    expect(await reading).toBe('tok123');
  });

  it('is given up when nobody writes to it in time', async () => {
    await expect(readTextFile(fifo('silent'), { limitMs: 50 })).rejects.toMatchObject({
      code: 'LOCAL',
      message: expect.stringContaining('it did not end within 50 ms') as string,
    });
  });

  it('is empty where a device is', async () => {
    expect(await readTextFile('/dev/null')).toBe('');
  });

  it('is not read without end', async () => {
    await expect(readTextFile('/dev/zero')).rejects.toMatchObject({
      code: 'LOCAL',
      message: 'cannot read /dev/zero: it holds more than 16 MiB',
    });
  });

  const readers: readonly (readonly [what: string, (file: string) => readonly string[]])[] = [
    ['--ca-bundle', (file) => ['list', '-p', 'r', '--ca-bundle', file]],
    ['--client-cert', (file) => ['list', '-p', 'r', '--client-cert', file]],
    ['--client-key', (file) => ['list', '-p', 'r', '--client-key', file]],
    ['file: of a profile', () => ['list', '-p', 'r']],
    ['--json-patch', (file) => ['patch', 'x', '--json-patch', file]],
    ['--merge-patch', (file) => ['patch', 'x', '--merge-patch', file]],
  ];
  it.each(readers)('ends with the run: %s', async (what, line) => {
    await home.run(['profile', 'add', 'r', '--provider', 'oci', '--set', 'registry=127.0.0.1:9', '--set', 'repository=x']);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const file = fifo(`run-${what.replaceAll(/\W/g, '')}`);
    const env = what.startsWith('file:') ? { IMGCTL_PROFILE_R_PASSWORD: `file:${file}` } : {};
    const ended = await home.run(line(file), { signal: stop.signal, env });
    expect(ended.stderr).toContain('interrupted');
  });
});
