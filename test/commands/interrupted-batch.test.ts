import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cliHome, type CliHome } from '../support/run-cli.ts';

let home: CliHome;
beforeAll(async () => {
  home = cliHome();
  await mkdir(home.folder, { recursive: true });
  const file = path.join(home.folder, 'x.raw');
  await writeFile(file, Buffer.alloc(1024 * 1024, 1));
  await home.run(['upload', file, '--name', 'whole']);
  for (const name of ['empty', 'later']) await home.run(['create', name]);
});
afterAll(() => home.remove());

it('whoever stops a batch is told what was done, what may have been, and what was not begun', async () => {
  const stop = new AbortController();
  const line = ['wait', 'whole', 'empty', 'later', '-j', '1', '-o', 'json', '--progress', 'json'];
  // The second one is waited for as soon as it is said to be queued.
  const hears = (text: string): void => void (text.includes('queued') && stop.abort(130));
  const { exitCode, stdout, stderr } = await home.run(line, { signal: stop.signal, hears });
  expect(exitCode).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject([
    { image: 'whole', result: 'ok' },
    { image: 'empty', result: 'failed', code: 'ABORTED' },
    { image: 'later', result: 'skipped' },
  ]);
  expect(stderr).toContain('1 of 3');
});

it('a place that there is not is not waited for', async () => {
  const { exitCode, stderr } = await home.run(['wait', 'whole', '--for', 'replicated=nosuch', '--wait-timeout', '5s']);
  expect(exitCode).toBe(5);
  expect(stderr).toContain('no such place: nosuch');
  expect(stderr).toContain('Places: home');
});
