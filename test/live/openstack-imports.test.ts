import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { ImportRequest } from '../../src/core/operation.ts';
import { failureOf, testCall } from '../conformance/stage.ts';
import { gather } from '../support/content.ts';
import { as, bed, missing, names, outcome, show, unique, uploaded } from './site.ts';

describe.skipIf(missing !== undefined)(
  missing === undefined ? 'a real site: stores and imports' : `a real site: stores and imports (no real Glance: ${missing})`,
  () => {
    const active = (image: Image): boolean => image.status === 'active';
    const data = Buffer.from('bytes from a file server\n'.repeat(4096));
    let files: Server;
    let address = '';
    beforeAll(async () => {
      files = createServer((request, response) => {
        if (request.url?.startsWith('/disk.raw')) response.writeHead(200, { 'content-length': data.length }).end(data);
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => files.listen(bed.port + 3, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${bed.port + 3}`;
    });
    afterAll(() => new Promise<void>((resolve) => void files.close(() => resolve())));

    describe('stores', () => {
      it('an upload goes to the store that is named; copies come and go', async () => {
        const made = await uploaded({ name: unique('stores') }, 'admin', { place: 'cheap' });
        expect(made.places).toEqual([{ name: 'cheap', status: 'active' }]);
        const replicate = (request: object) =>
          as('admin')
            .require('replicate')
            .run({ id: made.id, add: [], remove: [], ...request }, testCall());
        await replicate({ add: ['fast', 'frozen'] });
        const where = (image: Image) => image.places.map(({ name, status }) => `${name} ${status}`).sort();
        const all = await outcome(
          made.id,
          'replicate',
          (image) => where(image).length === 3 && !where(image).join().includes('pending'),
          'admin',
        );
        expect(where(all)).toEqual(['cheap active', 'fast active', 'frozen active']);
        await replicate({ exactly: ['frozen'] });
        expect(where(await show(made.id, 'admin'))).toEqual(['frozen active']);
        await failureOf(replicate({ remove: ['frozen'] }), 'CONFLICT');
      });
    });
    describe('imports', () => {
      const begin = (request: Partial<ImportRequest> = {}, region?: string) =>
        as('demo', region)
          .require('import')
          .run({ description: { name: unique('import'), diskFormat: 'raw' }, extras: {}, ...request }, testCall());

      it('web-download: the site fetches the address', async () => {
        const { id } = await begin({ url: `${address}/disk.raw`, places: ['cheap'] });
        const image = await outcome(id, 'import', active);
        expect(image).toMatchObject({ status: 'active', sizeBytes: data.length, places: [{ name: 'cheap', status: 'active' }] });
        const download = await as('demo').require('download').run({ id }, testCall());
        expect((await gather(download.open())).equals(data)).toBe(true);
      });

      it('web-download: one that falls back to queued has failed, and can be tried again', async () => {
        const { id } = await begin({ url: `${address}/nothing` });
        const image = await outcome(id, 'import', active);
        expect(image).toMatchObject({ status: 'failed', providerStatus: 'queued' });
        expect(image.progress?.message).toMatch(/\w+ .*\w+/);
        await begin({ url: `${address}/disk.raw`, into: id });
        expect((await outcome(id, 'import', active)).status).toBe('active');
      });

      it('web-download: an address that the site does not allow is refused at once, and nothing is left', async () => {
        const name = unique('filtered');
        const error = await failureOf(
          begin({ url: 'http://10.0.0.1/disk.raw', description: { name, diskFormat: 'raw' } }),
          'USAGE',
        );
        expect(error.message).toContain('does not pass filtering');
        expect(await names({ filters: { name } })).toEqual([]);
      });

      it('glance-direct: an upload through the stage', async () => {
        const { id } = await uploaded({ name: unique('staged') }, 'demo', {
          place: 'frozen',
          extras: { importMethod: 'glance-direct' },
        });
        const image = await outcome(id, 'upload', active);
        expect(image).toMatchObject({ status: 'active', sizeBytes: 1024 * 1024, places: [{ name: 'frozen', status: 'active' }] });
      });

      it('glance-download: from the other region, and from one that there is not', async () => {
        const source = await uploaded({ name: unique('far') });
        const fetch = (glanceRegion: string) =>
          begin({ method: 'glance-download', extras: { glanceRegion, glanceImageId: source.id } }, 'RegionTwo');
        const { id } = await fetch('RegionOne');
        const image = await outcome(id, 'import', active, 'demo', 'RegionTwo');
        expect(image.checksums).toEqual(source.checksums);
        const lost = await fetch('Atlantis');
        expect((await outcome(lost.id, 'import', active, 'demo', 'RegionTwo')).status).toBe('failed');
      });
    });
  },
);
