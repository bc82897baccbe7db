import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import local from '../../../src/drivers/local/index.ts';
import { allOf, everything, testCall } from '../../conformance/stage.ts';
import { bundle } from '../../support/bundle.ts';
import { gather } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';
import { isWholeSweep } from '../../support/sweep.ts';
import { diskOf } from './disk.ts';

const processes = isWholeSweep ? 20 : 10;
/** Every third of them in the middle of a disk, the others at any moment. */
const kills = 24;

describe('several processes in one folder', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'imgctl-processes-'));
  let program = '';
  beforeAll(async () => {
    program = await bundle(path.join(import.meta.dirname, 'worker.ts'), path.join(root, 'program'));
  }, 60_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  interface Worker {
    readonly child: ChildProcess;
    /** Comes back once a line that begins with this word was printed, or it has ended. */
    readonly printed: (word: string) => Promise<void>;
    /** What it has printed, and how it ended: exit status or signal. */
    readonly ended: Promise<{ lines: readonly string[]; status: number | string; errors: string }>;
  }

  function start(...args: readonly string[]): Worker {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const ended = once(child, 'close').then(([status, signal]: unknown[]) => ({
      lines: out.split('\n').filter((line) => line !== ''),
      status: typeof status === 'number' ? status : String(signal),
      errors,
    }));
    const printed = async (word: string): Promise<void> => {
      const seen = (): boolean => out.split('\n').some((line) => line.startsWith(word));
      while (!seen() && child.exitCode === null && child.signalCode === null)
        await Promise.race([once(child.stdout, 'data'), ended]);
    };
    return { child, ended, printed };
  }

  it(`${processes} at once lose no update`, { timeout: 180_000 }, async () => {
    const folder = path.join(root, 'together');
    const { session } = openSession(local, { path: folder });
    const { id } = await session.require('create').run({ description: { name: 'shared' }, extras: {} }, testCall());
    const patching = Array.from({ length: processes / 2 }, (_, n) => start(folder, `patch${n}`, '3', id));
    const making = Array.from({ length: processes / 2 }, (_, n) => start(folder, `make${n}`, '2'));
    for (const { ended } of [...patching, ...making]) expect(await ended).toMatchObject({ status: 0, errors: '' });
    const titles = patching.flatMap((_, n) => [0, 1, 2].map((round) => `patch${n}-${round}`));
    const image = await session.require('show').run({ id }, testCall());
    expect([...image.tags].sort()).toEqual(titles.sort());
    expect(Object.keys(image.properties).sort()).toEqual(titles);
    expect((image.raw.record as { revision: number }).revision).toBe(1 + titles.length);
    const made = (await allOf(session.require('list').run(everything, testCall()))).filter((each) => each.id !== id);
    expect(made.map((each) => each.name).sort()).toEqual(making.flatMap((_, n) => [`make${n}-0`, `make${n}-1`]).sort());
    expect(made.every((each) => each.status === 'active' && each.tags.includes('finished'))).toBe(true);
  });

  /** Everything that the folder shows is whole: each image can be shown, and an active one can be read to its end. */
  async function expectWhole(folder: string): Promise<ReadonlySet<string>> {
    const { session } = openSession(local, { path: folder });
    const call = testCall();
    const images = await allOf(session.require('list').run(everything, call));
    expect(call.notes).toEqual([]);
    for (const image of images) {
      expect(['queued', 'active']).toContain(image.status);
      expect((await session.require('show').run({ id: image.id }, testCall())).name).toBe(image.name);
      if (image.status === 'queued') continue;
      const data = await gather((await session.require('download').run({ id: image.id }, testCall())).open());
      expect(data.equals(diskOf(image.name)), image.name).toBe(true);
    }
    return new Set(images.map((image) => image.id));
  }

  it(`${kills} killed at any moment lose no finished image and show no half one`, { timeout: 300_000 }, async () => {
    const folder = path.join(root, 'killed');
    const finished = new Set<string>();
    let state = 20_261_121;
    const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    let killed = 0;
    for (let round = 0; round < kills; round += 1) {
      const inMidWrite = round % 3 === 0;
      const { child, ended, printed } = start(folder, `kill${round}`, ...(inMidWrite ? ['3', 'stall'] : ['1000']));
      // Every other one has finished something, however busy the machine is.
      if (inMidWrite) await printed('stalled');
      else await (round % 2 === 0 ? printed('done') : Promise.race([printed('done'), sleep(200 + random() * 200)]));
      if (!inMidWrite) await sleep(random() * 60);
      child.kill('SIGKILL');
      const { lines, status, errors } = await ended;
      expect(errors).toBe('');
      if (inMidWrite) expect(readdirSync(path.join(folder, 'imgctl', 'tmp')), 'killed while writing').not.toEqual([]);
      if (status === 'SIGKILL') killed += 1;
      // An image that was being deleted may be gone before the worker could say so.
      const done = lines.filter((line) => line.startsWith('done ')).map((line) => line.slice(5));
      const deleting = done.filter((_, n) => n % 3 === 2);
      for (const id of done) if (!deleting.includes(id)) finished.add(id);
      // A lock left behind is given up after seconds, which is not what is tested here.
      rmSync(path.join(folder, 'imgctl', 'index.lock'), { recursive: true, force: true });
      if (round % 8 === 7) {
        const there = await expectWhole(folder);
        expect([...finished].filter((id) => !there.has(id))).toEqual([]);
      }
    }
    expect(killed).toBe(kills);
    expect(finished.size).toBeGreaterThan(kills / 4);
  });
});
