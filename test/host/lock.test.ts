import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLock } from '../../src/host/lock.ts';

let folder: string;
let bundle: string;
let path: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'imgctl-lock-'));
  bundle = join(folder, 'lock.mjs');
  const built = await rolldown({
    input: new URL('../../src/host/lock.ts', import.meta.url).pathname,
    platform: 'node',
    logLevel: 'silent',
  });
  await built.write({ file: bundle, format: 'esm', codeSplitting: false });
  await built.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let turn = 0;
beforeEach(() => {
  path = join(folder, `store-${(turn += 1)}.json`);
});

/** Another process that runs `body` with `lock`, `path` and `fs` at hand. */
function processOf(body: string): ChildProcess {
  const script = `import * as fs from 'node:fs'; import { createLock } from ${JSON.stringify(bundle)}; const lock = createLock(); const path = ${JSON.stringify(path)}; const sleep = (ms) => new Promise((done) => setTimeout(done, ms));`;
  return spawn(process.execPath, ['--input-type=module', '-e', `${script}\n${body}`], { stdio: ['ignore', 'pipe', 'inherit'] });
}
const ended = async (child: ChildProcess): Promise<unknown> => (await once(child, 'exit'))[0];
const said = async (child: ChildProcess): Promise<string> =>
  String((await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data'))[0]).trim();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Fails with status 3 when two are inside at once. */
const exclusive = `await lock(path, async () => {
  try { fs.mkdirSync(path + '.inside') } catch { process.exit(3) }
  const n = fs.existsSync(path) ? Number(fs.readFileSync(path)) : 0;
  await sleep(Math.random() * 4);
  fs.writeFileSync(path, String(n + 1));
  fs.rmdirSync(path + '.inside');
});`;

describe('one process', () => {
  test('the result comes out, the lock is gone, and the path need not exist', async () => {
    const lock = createLock();
    expect(await lock(path, async () => existsSync(`${path}.lock`))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith('store-'))).toEqual([]);
  });

  test('what the work throws comes out, and the lock is given back', async () => {
    const lock = createLock();
    const broken = new Error('broken');
    await expect(lock(path, () => Promise.reject(broken))).rejects.toBe(broken);
    await expect(
      lock(path, () => {
        throw broken;
      }),
    ).rejects.toBe(broken);
    expect(await lock(path, async () => 'again')).toBe('again');
  });

  test('callers go one after the other, in order, and other paths are not kept waiting', async () => {
    const lock = createLock();
    const order: number[] = [];
    let inside = 0;
    const turns = Array.from({ length: 30 }, (_, index) =>
      lock(path, async () => {
        inside += 1;
        expect(inside).toBe(1);
        await pause(index % 3);
        order.push(index);
        inside -= 1;
      }),
    );
    expect(await lock(`${path}.other`, async () => order.length)).toBeLessThan(30);
    await Promise.all(turns);
    expect(order).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  test('no lock can be made where there is no folder', async () => {
    await expect(createLock()(join(folder, 'no', 'such', 'file'), async () => 1)).rejects.toMatchObject({ code: 'LOCAL' });
  });
});

describe('several processes', () => {
  test('no update is lost', async () => {
    const children = Array.from({ length: 8 }, () => processOf(`for (let i = 0; i < 10; i += 1) ${exclusive}`));
    expect(await Promise.all(children.map(ended))).toEqual(Array.from({ length: 8 }, () => 0));
    expect(readFileSync(path, 'utf8')).toBe('80');
  });

  test('a lock that is held is waited for, then CONFLICT names it', async () => {
    const holder = processOf(`await lock(path, async () => { console.log('held'); await sleep(3000) });`);
    const end = ended(holder);
    await said(holder);
    await expect(createLock({ patienceMs: 500 })(path, async () => 1)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`${path}.lock`),
    });
    expect(await createLock()(path, async () => 'then')).toBe('then');
    expect(await end).toBe(0);
  });

  test('a lock of a process that was killed is taken by one of those who wait, and by one only', async () => {
    const holder = processOf(`await lock(path, async () => { console.log('held'); await sleep(60000) });`);
    await said(holder);
    holder.kill('SIGKILL');
    await ended(holder);
    expect(existsSync(`${path}.lock`)).toBe(true);
    const children = Array.from({ length: 6 }, () => processOf(exclusive));
    expect(await Promise.all(children.map(ended))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(readFileSync(path, 'utf8')).toBe('6');
    expect(readdirSync(folder).filter((name) => name.includes('.lock') && name !== 'lock.mjs')).toEqual([]);
  });

  test('what a process left that was killed while it removed a leftover does not stand in the way', async () => {
    mkdirSync(`${path}.lock`);
    const long = new Date(Date.now() - 60_000);
    utimesSync(`${path}.lock`, long, long);
    const left = statSync(`${path}.lock`);
    const claim = `${path}.lock.${left.ino}-${Math.round(left.mtimeMs)}`;
    mkdirSync(claim);
    utimesSync(claim, long, long);
    expect(await createLock()(path, async () => 'taken')).toBe('taken');
    expect(existsSync(claim)).toBe(false);
  });

  test('a lock that was lost is an error, and the other’s is left alone', async () => {
    const lock = createLock();
    const stolen = lock(path, async () => {
      // What another process does after we stood still for long enough.
      rmSync(`${path}.lock`, { recursive: true });
      mkdirSync(`${path}.lock`);
      const other = new Date(Date.now() + 5000);
      utimesSync(`${path}.lock`, other, other);
      return 'done';
    });
    await expect(stolen).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('lost') });
    expect(existsSync(`${path}.lock`)).toBe(true);
    const working = createLock()(`${path}.b`, async () => {
      rmSync(`${path}.b.lock`, { recursive: true });
      await pause(60_000);
    });
    // The next sign of life finds out while the work goes on.
    await expect(working).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('lost') });
  });
});
