import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { prepare } from '../../src/transfer/prepare.ts';
import { convertWithQemuImg, qemuImgFor } from '../../src/transfer/qemu-img.ts';
import { fileSource } from '../../src/transfer/file-source.ts';
import type { Source } from '../../src/transfer/source.ts';
import { guestDisk, vhdxImage, writeVhdxChecksum } from '../support/disk-images.ts';
import { installed } from './writers/guest.ts';
import { all, failure, meansIn, noWishes, stage, stream } from './sources.ts';

const place = stage();
const disk = guestDisk(2 << 20, 6);
const has = installed('qemu-img');
const usual = process.env.PATH;
afterEach(() => {
  process.env.PATH = usual;
});

function madeBy(format: string): string {
  const [raw, image] = ['in.raw', `image.${format}`].map((name) => path.join(place.folder(), 'own', name));
  mkdirSync(path.join(place.folder(), 'own'));
  writeFileSync(raw ?? '', disk);
  expect(spawnSync('qemu-img', ['convert', '-f', 'raw', '-O', format, raw ?? '', image ?? '']).status).toBe(0);
  return image ?? '';
}

async function toRaw(source: Source): Promise<Buffer> {
  const prepared = await prepare(source, [{ format: 'raw' }], noWishes, meansIn(place.folder()));
  try {
    expect(prepared.plan.steps).toContain('qemu-img');
    return await all(await prepared.content());
  } finally {
    await prepared.close();
    expect(place.left().filter((name) => name !== 'own' && name !== 'bin')).toEqual([]);
  }
}

describe.skipIf(!has)(has ? 'formats that a helper reads' : 'formats that a helper reads (qemu-img is not installed)', () => {
  it.each(['qed', 'parallels'])('%s, as a file and as a stream', async (format) => {
    const image = madeBy(format);
    expect((await toRaw(await fileSource(image))).equals(disk)).toBe(true);
    expect((await toRaw(stream(readFileSync(image)))).equals(disk)).toBe(true);
  });

  it('go to it with their format named, as a copy of our own', async () => {
    const image = madeBy('qed');
    const bin = path.join(place.folder(), 'bin');
    const log = path.join(place.folder(), 'own', 'log');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'qemu-img'), `#!/bin/sh\necho "$@" >> ${log}\nPATH="${usual ?? ''}" exec qemu-img "$@"\n`);
    chmodSync(path.join(bin, 'qemu-img'), 0o755);
    process.env.PATH = `${bin}:${usual ?? ''}`;
    await toRaw(await fileSource(image));
    const calls = readFileSync(log, 'utf8').trim().split('\n').filter((line) => !/^(--version|map)/.test(line)); // prettier-ignore
    expect(calls.map((line) => line.replaceAll(/\S*\/(spool|disk)/g, '$1'))).toEqual(['convert -f qed -O raw spool disk']);
  });

  it('a VHDX whose log was not empty is repaired in a copy', async () => {
    const image = vhdxImage(disk);
    for (const header of [64 << 10, 128 << 10]) {
      image.fill(0x5a, header + 48, header + 64);
      writeVhdxChecksum(image.subarray(header, header + 4096));
    }
    const source = await place.file('own', image);
    expect((await toRaw(source)).equals(disk)).toBe(true);
    expect(readFileSync(source.path ?? '').equals(image)).toBe(true);
    await failure(prepare(stream(image), [{ format: 'vhdx' }], noWishes, meansIn(place.folder())), 'INTEGRITY');
  });

  it('are refused when they need another file', async () => {
    const image = readFileSync(madeBy('qed'));
    image.writeUInt32LE(1, 16);
    expect((await failure(toRaw(stream(image)), 'INTEGRITY')).message).toContain('backing_file');
  });
});

/** Puts a program in the helper's place: what it does when it is to convert, `$out` being the file it writes. */
function helperThat(does: string): string {
  const bin = path.join(place.folder(), 'bin');
  mkdirSync(bin);
  const log = path.join(bin, 'log');
  const script = `#!/bin/sh\n[ "$1" = --version ] && exit 0\n[ "$1" = map ] && exit 1\nfor out; do :; done\nlog=${log}\n${does}\n`;
  writeFileSync(path.join(bin, 'qemu-img'), script);
  chmodSync(path.join(bin, 'qemu-img'), 0o755);
  process.env.PATH = `${bin}:${usual ?? ''}`;
  return log;
}
const ownNetwork = spawnSync('unshare', ['-n', 'true']).status === 0 || spawnSync('unshare', ['-r', '-n', 'true']).status === 0;

describe('the helper', () => {
  const qed = Buffer.concat([Buffer.from('QED\0'), Buffer.alloc(1 << 20)]);

  it('has so much memory, and CPU, and no more', async () => {
    const log = helperThat('{ ulimit -v; ulimit -t; ulimit -c; } > $log; truncate -s 1M $out');
    await toRaw(stream(qed));
    const [memory, seconds, core] = readFileSync(log, 'utf8').trim().split('\n');
    expect([memory, Number(seconds) >= 600 && Number(seconds) < 620, core]).toEqual([String(2 * 2 ** 20), true, '0']);
  });

  it.skipIf(!ownNetwork)('has no network (needs unshare, and the right to use it)', async () => {
    const log = helperThat('cat /proc/net/dev > $log; truncate -s 1M $out');
    await toRaw(stream(qed));
    const devices = readFileSync(log, 'utf8').split('\n').filter((line) => line.includes(':')); // prettier-ignore
    expect(devices.map((line) => line.trim().split(':')[0])).toEqual(['lo']);
  });

  it.each([
    ['writes', 'exec head -c 3000000 /dev/zero > $out'],
    ['makes a hole of', 'exec truncate -s 3000000 $out'],
  ])('is stopped when it %s more than the target takes', async (_does, line) => {
    helperThat(line);
    const prepared = await prepare(stream(qed), [{ format: 'raw', maxVirtualBytes: 2 << 20 }], noWishes, meansIn(place.folder()));
    const refused = await failure(prepared.content(), 'LIMIT');
    expect(refused.message).toContain('makes more of');
    await prepared.close();
    expect(place.left().filter((name) => name !== 'bin')).toEqual([]);
  });

  it('is killed with all that it began when it is stopped, or takes too long', async () => {
    const log = helperThat('sleep 30 & echo $! > $log; touch $out; wait');
    const stop = new AbortController();
    const prepared = await prepare(stream(qed), [{ format: 'raw' }], noWishes, {
      ...meansIn(place.folder()),
      signal: stop.signal,
    });
    const making = failure(prepared.content(), 'ABORTED');
    await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8').endsWith('\n')).toBe(true);
    stop.abort();
    await making;
    // Where nobody takes note of the death of an orphan, it stays as a zombie.
    const state = () => spawnSync('ps', ['-o', 'state=', '-p', readFileSync(log, 'utf8').trim()], { encoding: 'utf8' }).stdout;
    const isGone = (): boolean => /^(Z.*)?$/.test(state().trim());
    await expect.poll(isGone).toBe(true);
    await prepared.close();
    const file = await place.file('own', qed);
    const help = qemuImgFor({ format: 'qed', findings: [{ level: 'reject', code: 'banned_format', message: '' }] });
    if (!file.random || !file.path || !help) throw new Error('no such helper');
    const given = { ...file, random: file.random, path: file.path };
    const confines = { folder: place.folder(), diskBytes: 2 ** 30, limitMs: 100 };
    const late = await failure(convertWithQemuImg(given, help, confines, new AbortController().signal), 'LIMIT');
    expect(late.message).toContain('was not done with');
    await expect.poll(isGone).toBe(true);
    await file.close();
    expect(place.left().filter((name) => name !== 'bin' && name !== 'own')).toEqual([]);
  });
});

describe('without the helper', () => {
  const qed = Buffer.concat([Buffer.from('QED\0'), Buffer.alloc(1 << 20)]);

  it('what needs it is UNSUPPORTED, with what to install', async () => {
    process.env.PATH = '/nowhere';
    const refused = await failure(toRaw(stream(qed)), 'UNSUPPORTED');
    expect(refused.circumstances.hint).toMatch(/Install qemu-img: apt install/);
    expect(existsSync(path.join(place.folder(), 'own'))).toBe(false);
  });

  it('a clean VHDX needs none', async () => {
    const prepared = await prepare(stream(vhdxImage(disk)), [{ format: 'raw' }], noWishes, meansIn(place.folder()));
    expect(prepared.plan.steps).not.toContain('qemu-img');
    expect((await all(await prepared.content())).equals(disk)).toBe(true);
    await prepared.close();
  });
});
