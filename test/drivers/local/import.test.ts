import { afterEach, describe, expect, it } from 'vitest';
import type { ImageRecord } from '../../../src/core/image.ts';
import type { ImportRequest } from '../../../src/core/operation.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { diskBytes } from '../../support/content.ts';
import { type FakeServer, startFakeServer } from '../../support/fake-server.ts';
import { makeBench, type Bench } from './bench.ts';

const disk = diskBytes('qcow2', 300_000, 4);
let server: FakeServer | undefined;
afterEach(() => server?.stop());

/** A web server with a disk at /disk, and ways that lead there, nowhere and round in circles. */
async function serve(): Promise<FakeServer> {
  server = await startFakeServer(({ url }) => {
    if (url.pathname === '/disk') return { status: 200, body: disk };
    if (url.pathname === '/moved') return { status: 302, headers: { location: '/disk' } };
    if (url.pathname === '/round') return { status: 302, headers: { location: '/round' } };
    if (url.pathname === '/file') return { status: 302, headers: { location: 'file:///etc/passwd' } };
    return { status: 404, body: 'no such page' };
  });
  return server;
}

const fetchInto = (bench: Bench, url: string, more: Partial<ImportRequest> = {}): Promise<ImageRecord> =>
  bench.session
    .require('import')
    .run({ description: { name: 'imported', diskFormat: 'qcow2' }, url, extras: {}, ...more }, testCall());

describe('import', () => {
  it('fetches a URL, through a redirect', async () => {
    const [bench, { origin }] = [makeBench(), await serve()];
    const image = await fetchInto(bench, `${origin}/moved`);
    expect(image).toMatchObject({ name: 'imported', status: 'active', diskFormat: 'qcow2', sizeBytes: disk.length });
    expect((await bench.data(image.id)).equals(disk)).toBe(true);
  });

  it('fills a queued record, whose format counts', async () => {
    const [bench, { origin }] = [makeBench(), await serve()];
    const { id } = await bench.create('queued');
    await bench.patch(id, { diskFormat: 'qcow2' });
    const image = await fetchInto(bench, `${origin}/disk`, { into: id, description: { name: 'ignored' } });
    expect(image).toMatchObject({ id, name: 'queued', status: 'active', diskFormat: 'qcow2' });
  });

  it('says what is wrong, and leaves nothing behind', async () => {
    const [bench, fake] = [makeBench(), await serve()];
    await failureOf(fetchInto(bench, `${fake.origin}/nothing`), 'NOT_FOUND');
    await failureOf(fetchInto(bench, `${fake.origin}/round`), 'PROVIDER');
    await failureOf(fetchInto(bench, `${fake.origin}/file`), 'PROVIDER');
    await failureOf(fetchInto(bench, 'file:///etc/passwd'), 'USAGE');
    await failureOf(fetchInto(bench, `${fake.origin}/disk`, { description: { name: 'x' } }), 'USAGE');
    await failureOf(fetchInto(bench, `${fake.origin}/disk`, { description: { name: 'x', diskFormat: 'floppy' } }), 'USAGE');
    fake.fail({ kind: 'truncate' });
    await failureOf(fetchInto(bench, `${fake.origin}/disk`), 'NETWORK');
    expect((await bench.list()).images).toEqual([]);
  });
});
