import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../support/bundle.ts';
import { guestDisk, MiB } from '../support/disk-images/guest.ts';
import { startWebServer } from '../support/web-server.ts';
import { inTurns } from '../support/sweep.ts';

/** A run that is done ends: also where a server never closes a connection. */
const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-ends-'));
const program = path.join(folder, 'run.mjs');
const disk = path.join(folder, 'disk.raw');
/** An end that somebody else has to make, such as that of an idle connection, comes later; so late does no end of ours, on any machine. */
const limitMs = 30_000;
let servers: Awaited<ReturnType<typeof startWebServer>>[] = [];

beforeAll(async () => {
  await bundle(path.resolve(import.meta.dirname, '../../src/main.ts'), folder);
  writeFileSync(program, "import { main } from './program.mjs'; main(process);");
  const body = guestDisk(2 * MiB, 1);
  writeFileSync(disk, body);
  servers = [await startWebServer(() => ({ body, etag: '"a"' })), await startWebServer(() => ({ body }), { ranges: false })];
});
afterAll(() => {
  for (const server of servers) server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Exit status of a command line of the shell; absent when it did not end. `$I` is the program. */
function shell(script: string): Promise<{ status: number | null; errors: string }> {
  const env = { PATH: process.env.PATH, HOME: mkdtempSync(path.join(folder, 'home-')), I: `${process.execPath} ${program}` };
  const child = spawn('bash', ['-c', script], { env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), limitMs);
  return new Promise((resolve) =>
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status, errors });
    }),
  );
}

describe.skipIf(process.platform === 'win32')('a run that is done', () => {
  const lines: readonly (readonly [string, number])[] = [
    ['inspect URL --no-hash', 0],
    ['inspect URL --hash', 0],
    ['convert URL out-N.raw --disk-format raw', 0],
    ['upload URL --name x', 0],
    ['upload URL --name x --dry-run', 0],
    [`upload URL --name x --checksum sha256:${'0'.repeat(64)}`, 11],
  ];
  const cases = lines.flatMap(([line, status]) => [0, 1].map((server) => [line, server, status] as const));
  it.concurrent.each(inTurns(cases, 3))('ends: %s at server %i', { timeout: limitMs * 2 }, async (line, server, status) => {
    const typed = line.replace('URL', `${servers[server]?.origin}/disk.raw`).replace('out-N', `out-${server}`);
    const ended = await shell(`$I ${typed}`);
    expect(ended.status, ended.errors).toBe(status);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe with a name is read as standard input is', () => {
  it.concurrent.each([
    ['$I inspect <(cat disk.raw)'],
    ['cat disk.raw | $I upload /dev/stdin --name b'],
    ['mkfifo f1; cat disk.raw >f1 & $I inspect f1'],
    ['mkfifo f2; cat disk.raw >f2 & $I convert f2 piped.qcow2 --disk-format qcow2'],
    ['exec 7< <(cat disk.raw); $I upload /dev/fd/7 --name c'],
  ])('%s', { timeout: limitMs * 2 }, async (line) => {
    const ended = await shell(line);
    expect(ended.status, ended.errors).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')(
    'that nobody writes to is let go of at Ctrl-C (skipped without /proc)',
    { timeout: limitMs * 2 },
    async () => {
      execFileSync('mkfifo', [path.join(folder, 'silent')]);
      // What bash puts behind it ignores the signal until it catches it itself; a second later it hangs in the system's `open`.
      const catches = 'until grep -q "^SigCgt:.*[2367abef]$" /proc/$!/status; do sleep 0.05; done';
      const ended = await shell(`$I inspect silent & ${catches}; sleep 1; kill -INT $!; wait $!`);
      expect(ended.status, ended.errors).toBe(130);
    },
  );
});

describe.skipIf(process.platform !== 'linux')('what has no end is not waited for', () => {
  const lines = [
    'inspect FILE',
    'upload FILE --name endless',
    'convert FILE endless.raw --disk-format raw',
    `upload ${disk} --name endless --verify gpg:FILE`,
    `upload ${disk} --name endless --verify minisign:FILE`,
    'patch x --json-patch FILE',
    'patch x --merge-patch FILE',
  ];
  const endless = ['/dev/zero', '/proc/kmsg'].filter((file) => existsSync(file));
  it.concurrent.each(
    inTurns(
      lines.flatMap((line) => endless.map((file) => [line, file] as const)),
      3,
    ),
  )('%s of %s', { timeout: limitMs * 2 }, async (line, file) => {
    const ended = await shell(`$I ${line.replace('FILE', file)}`);
    expect([2, 3, 14], ended.errors).toContain(ended.status);
  });
});

/** A file that changes what `node:fs/promises` does before the program begins. */
function preload(name: string, change: string): string {
  const file = path.join(folder, name);
  const lines = ["const files = require('node:fs/promises');", change, "require('node:module').syncBuiltinESMExports();"];
  writeFileSync(file, lines.join('\n'));
  return `NODE_OPTIONS='--require ${file}'`;
}

describe.skipIf(process.platform === 'win32')('a system that does not do its part', () => {
  it('by never answering gives no success', { timeout: limitMs * 2 }, async () => {
    const ended = await shell(`${preload('mute.cjs', 'files.stat = () => new Promise(() => undefined);')} $I inspect ${disk}`);
    expect([ended.status, ended.errors]).toEqual([1, expect.stringContaining('ended before it was done')]);
  });

  it('by setting no modes, of a file that is there and whole, is no failure', { timeout: limitMs * 2 }, async () => {
    const refusing = `
      const { open } = files;
      files.open = async (...args) => Object.assign(await open(...args), {
        chmod: () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' })),
      });`;
    const ended = await shell(
      `$I upload ${disk} --name modes && ${preload('modes.cjs', refusing)} $I download modes modes.raw && cmp ${disk} modes.raw`,
    );
    expect(ended.status, ended.errors).toBe(0);
  });
});
