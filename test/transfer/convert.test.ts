import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { convertFile } from '../../src/transfer/convert.ts';
import { qcow2Image, vmdkStreamImage } from '../support/disk-images.ts';
import { meansIn, stage } from './sources.ts';
import { disk } from './formats/made.ts';

const place = stage();
const saving = { force: false, warn: () => undefined, begin: () => undefined };

test('whoever stops a conversion once its file is there has that file, and no failure', async () => {
  const image = qcow2Image(disk);
  const file = path.join(place.folder(), 'out.qcow2');
  const stop = new AbortController();
  let passed = 0;
  const means = {
    ...meansIn(place.folder()),
    signal: stop.signal,
    progress(bytes: number) {
      passed += bytes;
      if (passed === image.length) stop.abort(130);
    },
  };
  const saved = await convertFile(await place.file('in.qcow2', image), file, { allowUnsafe: [] }, means, saving);
  expect([saved.bytes, stop.signal.aborted]).toEqual([image.length, true]);
  expect(readFileSync(file).equals(image)).toBe(true);
});

test('whoever stops it before has neither', async () => {
  const image = qcow2Image(disk);
  const stop = new AbortController();
  const means = { ...meansIn(place.folder()), signal: stop.signal, progress: () => stop.abort(130) };
  const file = path.join(place.folder(), 'out.raw');
  const wishes = { format: 'raw', allowUnsafe: [] } as const;
  await expect(convertFile(await place.file('in.qcow2', image), file, wishes, means, saving)).rejects.toThrow();
  expect(place.left()).toEqual([]);
});

test('what is found broken while it is decoded is said of the file by its name', async () => {
  // Longer than what is looked at beforehand.
  const cut = gzipSync(vmdkStreamImage(randomBytes(4 << 20)).subarray(0, -2048), { level: 1 });
  const file = path.join(place.folder(), 'out.raw');
  const wishes = { format: 'raw', allowUnsafe: [] } as const;
  const source = await place.file('cut.vmdk.gz', cut);
  const error = await convertFile(source, file, wishes, meansIn(place.folder()), saving).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: 'INTEGRITY', message: expect.stringContaining('cut.vmdk.gz') });
  expect(place.left()).toEqual([]);
});
