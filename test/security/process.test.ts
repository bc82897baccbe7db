import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../support/bundle.ts';
import { plant, waysToWrite, type Planted } from './planted.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-process-'));
const program = path.join(folder, 'with-a-bug.mjs');
let planted: Planted;

beforeAll(async () => {
  await bundle(path.resolve(import.meta.dirname, '../../src/main.ts'), folder);
  // A bug in a callback that nobody waits for, at the moment of the signal.
  const bug = `
    import { main } from './program.mjs';
    process.on('SIGUSR2', () => {
      const error = new Error('it broke over ' + process.env.WORDS, { cause: new Error(process.env.WORDS) });
      process.emitWarning('a package says ' + process.env.WORDS);
      if (process.env.HOW === 'warn') return void setTimeout(() => process.exit(7), 50);
      error.options = { headers: { authorization: process.env.WORDS } };
      if (process.env.HOW === 'throw') throw error;
      Promise.reject(process.env.HOW === 'reject' ? error : process.env.WORDS);
    });
    main(process);`;
  writeFileSync(program, bug);
  planted = await plant('rancher');
  planted.cloud.fail({ kind: 'stall', times: Number.MAX_SAFE_INTEGER });
});
afterAll(async () => {
  await planted.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A command line in a process of its own that waits for an answer which never comes. */
async function waiting(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  planted.cloud.forget();
  const child = spawn(process.execPath, [program, ...args, '-p', 'x'], {
    env: { PATH: process.env.PATH, HOME: planted.home.folder, ...planted.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let shown = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (shown += chunk.toString('utf8')));
  const closed = once(child, 'close');
  while (planted.cloud.requests().length === 0 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return {
    pid: child.pid ?? 0,
    async end(signal: NodeJS.Signals) {
      child.kill(signal);
      const [status] = (await closed) as [number | null];
      return { status, shown };
    },
  };
}

describe.skipIf(process.platform !== 'linux')('the list of processes (only where there is /proc)', () => {
  it('shows no secret that came from the environment or from a reference', async () => {
    const { secretKey = '' } = planted.cloud.values;
    const file = planted.file('key', Buffer.from(secretKey));
    for (const kept of [secretKey, `file:${file}`, `cmd:cat '${file}'`]) {
      const run = await waiting(['list', '--debug'], { IMGCTL_PROFILE_X_SECRET_KEY: kept });
      const own = ['cmdline', 'comm', 'stat'].map((name) => readFileSync(`/proc/${run.pid}/${name}`, 'utf8'));
      const all = execFileSync('ps', ['-e', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' });
      const { shown } = await run.end('SIGTERM');
      expect(all).toContain(program);
      for (const needle of waysToWrite(secretKey)) expect(`${own.join('\n')}\n${all}\n${shown}`, kept).not.toContain(needle);
    }
  });
});

describe('what a package warns of', () => {
  it('is not shown', async () => {
    const run = await waiting(['list', '--debug'], { HOW: 'warn', WORDS: 'hunter2-of-somebody' });
    const { status, shown } = await run.end('SIGUSR2');
    expect(status).toBe(7);
    expect(shown).not.toContain('hunter2-of-somebody');
  });
});

describe('what a bug shows', () => {
  it.each([
    ['throw', []],
    ['throw', ['--debug']],
    ['reject', ['--debug', '-o', 'json']],
    ['reject with a text', ['--debug']],
  ] as const)('%s %j: is a failure without secrets, and a way to report it', async (how, manner) => {
    const { secretKey = '', accessKey = '' } = planted.cloud.values;
    const words = waysToWrite(secretKey)
      .concat(Buffer.from(`${accessKey}:${secretKey}`).toString('base64'))
      .join(' ');
    const run = await waiting(['list', ...manner], { HOW: how, WORDS: words });
    const { status, shown } = await run.end('SIGUSR2');
    expect(shown).toContain('internal error: ');
    expect(shown).toContain('Report this bug ');
    for (const needle of words.split(' ')) expect(shown).not.toContain(needle);
    expect(status).toBe(1);
  });
});
