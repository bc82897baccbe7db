import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { type FakeServer, startFakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, smallDisk } from './stage.ts';

const stage = commandStage();
let server: FakeServer;
let data: Buffer = Buffer.alloc(0);
beforeEach(async () => {
  server = await startFakeServer(() => ({ status: 200, body: data }));
});
afterEach(() => server.stop());

const url = (): string => `${server.origin}/disk?token=secretsecret`;

async function qcow2(): Promise<Buffer> {
  await stage.ok(['convert', stage.write('d.raw', smallDisk()), stage.file('d.qcow2'), '--disk-format', 'qcow2', '--force']);
  return stage.read('d.qcow2');
}

/** What may come of a URL that is not what was said of it: data, what is said, exit status, words. */
const wrong: readonly (readonly [string, () => Promise<Buffer>, string, number, RegExp])[] = [
  ['a raw disk', async () => smallDisk(), 'qcow2', 6, /\/disk is raw/],
  ['a qcow2', qcow2, 'raw', 6, /\/disk is qcow2/],
  ['a qcow2', qcow2, 'vhd', 6, /\/disk is qcow2/],
  ['a qcow2 that is cut off', async () => (await qcow2()).subarray(0, 150_000), 'qcow2', 11, /\/disk/],
  ['nothing', async () => Buffer.alloc(0), 'raw', 11, /0 bytes/],
  ['a gzip', async () => gzipSync(smallDisk()), 'raw', 11, /\/disk is gzip-compressed/],
  ['a gzip that is cut off', async () => gzipSync(smallDisk()).subarray(0, 3_000), 'raw', 11, /\/disk/],
];

describe('what a local import fetches is looked at before it is an image:', () => {
  it.each(wrong)('%s is no data of a queued record', async (_, make, format, exitCode, words) => {
    data = await make();
    const id = await stage.queued('q', '--disk-format', format);
    const before = (await stage.ok(['show', id, '-o', 'json'])).stdout;
    const refused = await stage.run(['import', '--into', `local:${id}`, '--url', url(), '--json']);
    expect([refused.exitCode, errorOf(refused).message], refused.stderr).toEqual([exitCode, expect.stringMatching(words)]);
    expect(refused.stderr).not.toContain('secretsecret');
    expect((await stage.ok(['show', id, '-o', 'json'])).stdout).toBe(before);
    data = format === 'raw' ? smallDisk() : await qcow2();
    if (format !== 'vhd') await stage.ok(['import', '--into', `local:${id}`, '--url', url()]);
  });

  it.each(wrong)('%s is no new image', async (_, make, format, __, words) => {
    data = await make();
    const refused = await stage.run(['import', 'i', '--url', url(), '--disk-format', format, '--json']);
    expect([refused.exitCode, errorOf(refused).message], refused.stderr).toEqual([11, expect.stringMatching(words)]);
    expect(refused.stderr).not.toMatch(/--from-format|secretsecret/);
    expect(await stage.names()).toEqual([]);
  });

  it('a format that is not what was said names the option', async () => {
    data = smallDisk();
    const id = await stage.queued('q');
    for (const to of [['i'], ['--into', `local:${id}`]]) {
      const refused = await stage.run(['import', ...to, '--url', url(), '--disk-format', 'qcow2']);
      expect([refused.exitCode, refused.stderr]).toEqual([11, expect.stringContaining('Use --disk-format raw.')]);
    }
    expect((await stage.ok(['show', id, '-o', 'json'])).json()).toMatchObject({ status: 'queued' });
  });

  it('data with another digest is no data of a queued record, and no new image', async () => {
    data = smallDisk();
    const id = await stage.queued('q', '--disk-format', 'raw');
    const wanted = ['--url', url(), '--checksum', `sha512:${'0'.repeat(128)}`];
    for (const to of [
      ['i', '--disk-format', 'raw'],
      ['--into', `local:${id}`],
    ])
      expect((await stage.run(['import', ...to, ...wanted])).exitCode).toBe(11);
    expect((await stage.ok(['show', id, '-o', 'json'])).json()).toMatchObject({ status: 'queued' });
    expect(await stage.names()).toEqual(['q']);
  });
});
