import { execFileSync, fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const mib = 1024 * 1024;
let folder: string;
let sink: ChildProcess;
let url: string;

/** Takes everything and answers; gives 512 MiB to who asks. Runs in a process of its own, as a server does. */
const sinkScript = `
import { createServer } from 'node:http';
const piece = Buffer.alloc(1 << 20, 7);
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    let left = Number(request.url.slice(1));
    const more = () => { while (left > 0) { left -= 1; if (!response.write(piece)) return void response.once('drain', more); } response.end(); };
    return more();
  }
  request.resume().on('end', () => response.end());
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
`;

/** Sends or receives so many MiB and tells milliseconds and the peak of the memory in MiB. */
const clientScript = `
import { createHttp } from './http.mjs';
import { fileBytes } from './file-bytes.mjs';
const [what, url, mib] = process.argv.slice(2);
const http = createHttp({ userAgent: 'test' });
const call = { signal: new AbortController().signal, retries: { left: 0 }, note: () => undefined };
let peak = 0;
const timer = setInterval(() => { peak = Math.max(peak, process.memoryUsage().rss); }, 20);
const begun = performance.now();
let bytes = 0;
if (what === 'send') await http.send({ method: 'PUT', url, bytes: fileBytes('data', { to: mib * 1048576 - 1 }), length: mib * 1048576 }, call);
else for await (const chunk of (await http.receive({ url: url + mib }, call)).bytes) bytes += chunk.byteLength;
clearInterval(timer);
console.log(JSON.stringify({ ms: Math.round(performance.now() - begun), peak: Math.round(peak / 1048576), bytes }));
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'imgctl-speed-'));
  const entries = { http: '../../src/http/index.ts', 'file-bytes': '../../src/transfer/file-bytes.ts' };
  for (const [name, path] of Object.entries(entries)) {
    const built = await rolldown({
      input: join(import.meta.dirname, path),
      platform: 'node',
      external: ['got'],
      logLevel: 'silent',
    });
    await built.write({ file: join(folder, `${name}.mjs`), format: 'esm', codeSplitting: false });
    await built.close();
  }
  writeFileSync(join(folder, 'sink.mjs'), sinkScript);
  writeFileSync(join(folder, 'client.mjs'), clientScript);
  const file = openSync(join(folder, 'data'), 'w');
  ftruncateSync(file, 512 * mib);
  closeSync(file);
  sink = fork(join(folder, 'sink.mjs'), { execArgv: [] });
  url = `http://127.0.0.1:${String((await once(sink, 'message'))[0])}/`;
});
afterAll(() => {
  sink.kill();
  rmSync(folder, { recursive: true, force: true });
});

const run = (what: 'send' | 'receive', size: number): { ms: number; peak: number; bytes: number } =>
  JSON.parse(execFileSync(process.execPath, ['client.mjs', what, url, String(size)], { cwd: folder, encoding: 'utf8' })) as {
    ms: number;
    peak: number;
    bytes: number;
  };
const curl = (...args: string[]): number => {
  const begun = performance.now();
  execFileSync('curl', ['-s', '-o', join(folder, 'out'), ...args], { cwd: folder });
  return Math.round(performance.now() - begun);
};

// Times are told and not judged: the machine may have other things to do.
test.each(['send', 'receive'] as const)('%s: memory does not grow with the size', (what) => {
  const small = run(what, 32);
  const large = run(what, 512);
  const peer = hasCurl ? `, curl ${what === 'send' ? curl('-T', 'data', url) : curl(`${url}512`)} ms` : '';
  console.log(`${what} 512 MiB: ${large.ms} ms${peer}; peak of memory ${large.peak} MiB, with 32 MiB ${small.peak} MiB`);
  if (what === 'receive') expect(large.bytes).toBe(512 * mib);
  expect(large.peak - small.peak).toBeLessThan(60);
  expect(large.peak).toBeLessThan(200);
});
