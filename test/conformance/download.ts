import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { abortedError } from '../../src/core/errors.ts';
import { diskBytes, gather } from '../support/content.ts';
import { failureOf, testCall, type Stage } from './stage.ts';

export function downloadTests(stage: Stage): void {
  const data = diskBytes('raw', 300_000, 5);
  const start = (id: string) => stage.open().session.require('download').run({ id }, testCall());

  stage.test('gives the bytes, their number and their digests', async () => {
    const download = await start(await stage.active({ data }));
    expect(download.bytes ?? data.length).toBe(data.length);
    for (const [algorithm, hex] of Object.entries(download.digests ?? {}))
      expect(hex, algorithm).toBe(createHash(algorithm).update(data).digest('hex'));
    expect((await gather(download.open())).equals(data)).toBe(true);
  });

  stage.test('can be opened again', async () => {
    const download = await start(await stage.active({ data }));
    for await (const chunk of download.open()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect((await gather(download.open())).equals(data)).toBe(true);
  });

  stage.test('stops when it is told to', async () => {
    const id = await stage.active({ data: diskBytes('raw', 8 * 1024 * 1024) });
    const controller = new AbortController();
    const download = await stage.open().session.require('download').run({ id }, testCall(controller.signal));
    const reading = (async () => {
      for await (const _chunk of download.open()) controller.abort(abortedError('stopped by the test'));
    })();
    await failureOf(reading, 'ABORTED');
  });

  stage.test('gives the beginning alone where no more is asked for', async () => {
    const download = await start(await stage.active({ data }));
    expect((await gather(download.open(0, 99_999))).equals(data.subarray(0, 100_000))).toBe(true);
  });

  if (stage.driver.facts.download?.ranges)
    stage.test('gives parts', async () => {
      const download = await start(await stage.active({ data }));
      const part = async (from: number, to?: number): Promise<boolean> =>
        (await gather(download.open(from, to))).equals(data.subarray(from, to === undefined ? undefined : to + 1));
      expect(await part(1)).toBe(true);
      expect(await part(0, 0)).toBe(true);
      expect(await part(100_000, 200_000)).toBe(true);
      expect(await part(299_999)).toBe(true);
      expect(await part(0, 299_999)).toBe(true);
    });

  stage.test('refuses a record without data', async () => {
    const [id = ''] = await stage.seed({ name: stage.unique('empty'), status: 'queued' });
    await failureOf((async () => gather((await start(id)).open()))(), 'CONFLICT');
  });

  stage.test('does not find an id that is not there', async () => {
    await failureOf((async () => gather((await start(stage.missing)).open()))(), 'NOT_FOUND');
  });
}
