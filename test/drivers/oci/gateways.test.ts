import { afterEach, describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

let cloud: OciCloud;
async function start() {
  cloud = await startOci({ auth: 'none' });
  return openSession(driver, cloud.values).session;
}
afterEach(() => cloud.stop());

const page = { kind: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' } as const;
/** From now on a gateway answers such requests with its own page, as a success. */
const intercept = (method: string, kind: string, times = 1): void =>
  cloud.fail({ ...page, times, on: (request) => request.method === method && request.path.includes(`/${kind}/`) });

describe('a page that a gateway answers with in the place of a registry', () => {
  it('is no deletion', async () => {
    const session = await start();
    const id = cloud.plant({ name: 'kept' });
    intercept('DELETE', 'manifests');
    expect(await failureOf(session.require('delete').run({ id }, testCall()), 'PROVIDER')).toMatchObject({
      message: expect.stringContaining('the image is still there'),
    });
    await session.require('delete').run({ id }, testCall());
    expect(cloud.store.of(library).tags.has(id)).toBe(false);
  });

  it('is no removal of a copy', async () => {
    const session = await start();
    const id = cloud.plant({ name: 'kept' });
    const request = { id, add: [], remove: [] };
    await session.require('replicate').run({ ...request, add: ['images/second'] }, testCall());
    intercept('DELETE', 'manifests');
    await failureOf(session.require('replicate').run({ ...request, remove: ['images/second'] }, testCall()), 'PROVIDER');
    expect(cloud.store.of('images/second').tags.has(id)).toBe(true);
  });

  it('is no manifest that was written', async () => {
    const session = await start();
    const id = cloud.plant({ name: 'before' });
    intercept('PUT', 'manifests', 3);
    const patch = session.require('patch').run({ id, changes: { name: 'after' }, extras: {} }, testCall());
    await failureOf(patch, 'PROVIDER');
    expect((await session.require('show').run({ id }, testCall())).name).toBe('before');
  });

  it.each([409, 412])('says nothing of tags that cannot move: %i', async (status) => {
    const session = await start();
    const id = cloud.plant({ name: 'before' });
    cloud.fail({ ...page, status, times: 9, on: ({ method, path }) => method === 'PUT' && path.includes('/manifests/') });
    const patch = session.require('patch').run({ id, changes: { name: 'after' }, extras: {} }, testCall());
    expect((await failureOf(patch, 'CONFLICT')).message).not.toContain('immutable');
  });

  it('is no disk that was taken', async () => {
    const session = await start();
    intercept('PUT', 'blobs');
    const content = makeContent({ format: 'raw' }, { diskLength: 50_000, seed: 1 });
    const upload = session.require('upload').run({ description: { name: 'new' }, content, extras: {} }, testCall());
    expect((await failureOf(upload, 'PROVIDER')).message).toContain('without the address of a blob');
    expect(cloud.store.of(library).tags.size).toBe(0);
  });

  it('is no image, and no id that is taken', async () => {
    const session = await start();
    cloud.plant({ name: 'there' });
    cloud.fail({ ...page, times: 9, on: ({ path }) => path.includes('/manifests/') });
    const create = session.require('create').run({ description: { name: 'new' }, extras: {} }, testCall());
    expect((await failureOf(create, 'PROVIDER')).message).toContain('not a JSON object');
  });
});
