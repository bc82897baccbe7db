import { describe, expect, it } from 'vitest';
import type { UploadRequest } from '../../../src/core/operation.ts';
import { settle } from '../../clouds/openstack/settle.ts';
import { useOpenstack } from '../../clouds/openstack/use.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';

const { cloud, session, asked, bodies } = useOpenstack();
const upload = (request: Partial<UploadRequest> = {}, as = 'demo') =>
  session(as)
    .require('upload')
    .run({ description: { name: 'up' }, content: makeContent({ format: 'raw' }), extras: {}, ...request }, testCall());

describe('upload', () => {
  it('asks before it sends, with the length where it is known, into the store that is named', async () => {
    await upload({ place: 'cheap' });
    await upload({ content: makeContent({ format: 'qcow2' }, { blind: true }) });
    const [known, blind] = cloud()
      .requests()
      .filter(({ method }) => method === 'PUT');
    expect(known?.headers).toMatchObject({
      expect: '100-continue',
      'content-length': String(1024 * 1024),
      'x-image-meta-store': 'cheap',
    });
    expect(blind?.headers).toMatchObject({ 'transfer-encoding': 'chunked', 'content-type': 'application/octet-stream' });
    expect(bodies('POST')[1]).toMatchObject({ disk_format: 'raw', container_format: 'bare' });
    await failureOf(upload({ place: 'attic' }), 'NOT_FOUND');
  });

  it('makes an image public and protected only once its data is there', async () => {
    const image = await upload({ description: { name: 'open', visibility: 'public', protected: true } }, 'root');
    expect(image).toMatchObject({ status: 'active', visibility: 'public', protected: true });
    expect(bodies('POST')[1]).toMatchObject({ visibility: 'private' });
    expect(bodies('POST')[1]).not.toHaveProperty('protected');
    const order = cloud()
      .requests()
      .map(({ method }) => method);
    expect(order.lastIndexOf('PATCH')).toBeGreaterThan(order.indexOf('PUT'));
  });

  it('finds out before it sends that we may not publish', async () => {
    const error = await failureOf(upload({ description: { name: 'open', visibility: 'public' } }), 'AUTH');
    expect(error.message).toContain('You are not authorized to complete publicize_image action.');
    expect(asked().filter((line) => line.startsWith('PUT'))).toEqual([]);
    expect(cloud().one.store.images.size).toBe(0);
  });

  it('names what it could not remove again', async () => {
    cloud().fail({ kind: 'answer', status: 413, body: '', on: ({ method }) => method === 'PUT' });
    cloud().fail({ kind: 'answer', status: 403, body: '', times: 9, on: ({ method }) => method === 'DELETE' });
    const error = await failureOf(upload(), 'LIMIT');
    expect([...cloud().one.store.images.keys()]).toEqual([error.circumstances.leftover]);
  });

  it.each([
    { kind: 'truncate' } as const,
    // A gateway that waited in vain.
    { kind: 'answer afterwards', status: 408 } as const,
  ])('removes a record of whose making no answer came, but none under an id of the caller’s (%o)', async (fault) => {
    const lost = {
      ...fault,
      on: ({ method, path }: { method: string; path: string }) => method === 'POST' && path.endsWith('/images'),
    };
    cloud().fail(lost);
    await failureOf(upload(), 'NETWORK');
    expect(cloud().one.store.images.size).toBe(0);
    const [id = ''] = await cloud().seed([{ name: 'there' }]);
    cloud().fail(lost);
    await failureOf(upload({ id }), 'NETWORK');
    expect(cloud().one.store.images.size).toBe(1);
  });

  it('does not put one format into a record that was made for another', async () => {
    const made = await session()
      .require('create')
      .run({ description: { name: 'q', diskFormat: 'qcow2' }, extras: {} }, testCall());
    const error = await failureOf(upload({ into: made.id }), 'CONFLICT');
    expect(error.message).toContain('qcow2');
  });

  it('goes through a stage where that is wanted', async () => {
    const made = await upload({ extras: { importMethod: 'glance-direct' }, place: 'cheap' });
    expect(asked().slice(-3)).toEqual([
      `PUT /images/${made.id}/stage`,
      `POST /images/${made.id}/import`,
      `GET /images/${made.id}`,
    ]);
    expect(bodies('POST').at(-1)).toEqual({ method: { name: 'glance-direct' }, stores: ['cheap'] });
    const done = await settle(session(), made.id, 'upload');
    expect(done).toMatchObject({ status: 'active', places: [{ name: 'cheap', status: 'active' }] });
    await failureOf(upload({ extras: { importMethod: 'web-download' } }), 'USAGE');
    cloud().one.site.methods = [];
    await failureOf(upload({ extras: { importMethod: 'glance-direct' } }), 'UNSUPPORTED');
  });
});
