import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { notFoundError } from '../../src/core/errors.ts';
import { createLock, type LockTimes } from '../../src/host/lock.ts';

let folder: string;
let bundle: string;
let path: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'imgctl-lock-'));
  bundle = join(folder, 'lock.mjs');
  const built = await rolldown({
    input: join(import.meta.dirname, '../../src/host/lock.ts'),
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

/** What takes seconds elsewhere. One look adds 600 ms to a silence at the most: where this process stands still, its own holder has time to beat before the next. */
const quick = { silenceMs: 700, beatMs: 50 };
/** For processes that a busy machine may keep waiting, one of which waits for the lock of a dead one. */
const patient = { silenceMs: 3000, beatMs: 100 };
/** Where nobody dies: no machine is so busy that a holder who lives is silent for so long. */
const alive = { silenceMs: 60_000, beatMs: 100, patienceMs: 100_000 };

/** Another process that runs `body` with `lock`, `path` and `fs` at hand, and `told`, which waits for `goOn`. */
function processOf(body: string, times: Partial<LockTimes> = patient): ChildProcess {
  const script = `import * as fs from 'node:fs'; import { createLock } from ${JSON.stringify(bundle)}; const lock = createLock(${JSON.stringify(times)}); const path = ${JSON.stringify(path)}; const sleep = (ms) => new Promise((done) => setTimeout(done, ms)); const told = async () => { while (!fs.existsSync(path + '.go')) await sleep(5) };`;
  return spawn(process.execPath, ['--input-type=module', '-e', `${script}\n${body}`], { stdio: ['ignore', 'pipe', 'inherit'] });
}
const ended = async (child: ChildProcess): Promise<unknown> => (await once(child, 'exit'))[0];
const said = async (child: ChildProcess): Promise<string> =>
  String((await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data'))[0]).trim();
const goOn = (): void => writeFileSync(`${path}.go`, '');
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
    let isOtherDone: () => void = () => undefined;
    const other = new Promise<void>((resolve) => (isOtherDone = resolve));
    const turns = Array.from({ length: 30 }, (_, index) =>
      lock(path, async () => {
        inside += 1;
        expect(inside).toBe(1);
        // The first one holds its path until another one was locked.
        await (index === 0 ? other : pause(index % 3));
        order.push(index);
        inside -= 1;
      }),
    );
    expect(await lock(`${path}.other`, async () => order.length)).toBe(0);
    isOtherDone();
    await Promise.all(turns);
    expect(order).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  test('no lock can be made where there is no folder', async () => {
    await expect(createLock()(join(folder, 'no', 'such', 'file'), async () => 1)).rejects.toMatchObject({ code: 'LOCAL' });
  });
});

describe('several processes', () => {
  test('no update is lost', async () => {
    const children = Array.from({ length: 8 }, () => processOf(`for (let i = 0; i < 10; i += 1) ${exclusive}`, alive));
    expect(await Promise.all(children.map(ended))).toEqual(Array.from({ length: 8 }, () => 0));
    expect(readFileSync(path, 'utf8')).toBe('80');
  });

  test('a lock that is held is waited for, then CONFLICT names it', async () => {
    const holder = processOf(`await lock(path, async () => { console.log('held'); await told() });`, alive);
    const end = ended(holder);
    await said(holder);
    await expect(createLock({ ...alive, patienceMs: 300 })(path, async () => 1)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`${path}.lock`),
    });
    goOn();
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

  test('a process that ends while it holds a lock gives it back', async () => {
    const holder = processOf(
      `await lock(path, async () => { console.log('held'); setTimeout(() => process.exit(5), 50); await sleep(60000) });`,
    );
    const end = ended(holder);
    await said(holder);
    expect(await end).toBe(5);
    expect(readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.lock`))).toEqual([]);
  });

  test('what killed processes left beside the lock is cleared away, and nothing else', async () => {
    mkdirSync(`${path}.lock.${randomUUID()}/1`, { recursive: true });
    mkdirSync(`${path}.lock.old`);
    expect(await createLock()(path, async () => 'taken')).toBe('taken');
    expect(readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.lock`))).toEqual([
      `${basename(path)}.lock.old`,
    ]);
  });

  test('a holder that was stopped publishes nothing after another one took over, and the other is left alone', async () => {
    const holder = processOf(`await lock(path, async ({ folder }) => {
      fs.writeFileSync(folder + '/draft', 'of the first');
      console.log('held');
      await told();
      fs.renameSync(folder + '/draft', path);
    }).then(() => console.log('done'), (error) => console.log(error.code));`);
    await said(holder);
    holder.kill('SIGSTOP');
    const told = said(holder);
    await createLock(quick)(path, async ({ folder: held }) => {
      goOn();
      holder.kill('SIGCONT');
      expect(await told).toBe('CONFLICT');
      writeFileSync(join(held, 'draft'), 'of the second');
      renameSync(join(held, 'draft'), path);
    });
    expect(readFileSync(path, 'utf8')).toBe('of the second');
  });
});

describe('what is no lock of ours', () => {
  test.each<readonly [string, (at: string, theirs: string) => void]>([
    ['a link to a folder', (at, theirs) => symlinkSync(theirs, at)],
    ['a file', (at) => writeFileSync(at, 'x')],
    ['a folder with something else in it', (at, theirs) => cpSync(theirs, at, { recursive: true })],
    ['a folder with a link in it', (at, theirs) => { mkdirSync(at); symlinkSync(theirs, join(at, randomUUID())); }], // prettier-ignore
  ])('%s: is refused and left as it is', async (_what, put) => {
    const theirs = `${path}.theirs`;
    mkdirSync(join(theirs, randomUUID()), { recursive: true });
    writeFileSync(join(theirs, 'file'), 'theirs');
    const before = readdirSync(theirs);
    put(`${path}.lock`, theirs);
    await expect(createLock(quick)(path, async () => 'taken')).rejects.toMatchObject({ code: 'LOCAL', circumstances: { hint: expect.stringContaining('Move it') } }); // prettier-ignore
    expect(readdirSync(theirs)).toEqual(before);
    expect(lstatSync(`${path}.lock`).ino).toBeGreaterThan(0);
  });
});

describe('signs of life', () => {
  test('a holder that lives keeps its lock, however wrong the clock of who waits, and however coarse the times of files', async () => {
    for (const shift of [-60_000, 60_000]) {
      const order: string[] = [];
      const holding = createLock(quick)(path, async () => {
        const now = Date.now;
        Date.now = () => now() + shift;
        try {
          const waiting = createLock(quick)(path, async () => void order.push('second'));
          await pause(2 * quick.silenceMs);
          for (const name of ['', ...readdirSync(`${path}.lock`)]) utimesSync(join(`${path}.lock`, name), 0, 0);
          order.push('first');
          return { waiting };
        } finally {
          Date.now = now;
        }
      });
      await (
        await holding
      ).waiting;
      expect(order).toEqual(['first', 'second']);
    }
  });

  test('who stood still himself does not take the lock of a holder who lives', async () => {
    const clock = performance.now.bind(performance);
    let jump = 0;
    performance.now = () => clock() + jump;
    try {
      const order: string[] = [];
      const holding = createLock({ silenceMs: 10_000, beatMs: 60_000 })(path, async () => {
        const waiting = createLock({ silenceMs: 10_000 })(path, async () => void order.push('second'));
        await pause(50);
        jump = 20_000;
        await pause(600);
        order.push('first');
        return { waiting };
      });
      await (
        await holding
      ).waiting;
      expect(order).toEqual(['first', 'second']);
    } finally {
      performance.now = clock;
    }
  });

  test('only what needs the lock fails when it was lost: work that published before is done', async () => {
    const another = randomUUID();
    const done = createLock(quick)(path, async ({ folder: held }) => {
      writeFileSync(join(held, 'draft'), 'x');
      renameSync(join(held, 'draft'), path);
      rmSync(`${path}.lock`, { recursive: true });
      mkdirSync(`${path}.lock/${another}`, { recursive: true });
      return 'done';
    });
    expect(await done).toBe('done');
    expect(readdirSync(`${path}.lock`)).toEqual([another]);
    expect(await createLock(quick)(path, async () => 'then')).toBe('then');
  });

  test('an error of the work’s own stays what it is', async () => {
    const refused = notFoundError('no such thing');
    const work = createLock(quick)(path, () => {
      rmSync(`${path}.lock`, { recursive: true });
      throw refused;
    });
    await expect(work).rejects.toBe(refused);
  });
});
