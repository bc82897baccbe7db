import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Session } from '../../../src/core/driver.ts';
import local from '../../../src/drivers/local/index.ts';
import oci from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { commandStage } from '../../commands/stage.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { contentOf, diskBytes, gather } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

const MiB = 1024 ** 2;
const stage = commandStage();
const disk = Buffer.concat([diskBytes('raw', MiB, 1), Buffer.alloc(8 * MiB), Buffer.alloc(4 * MiB, 'text ')]);
let cloud: OciCloud;
let folder: string;
let session: Session;
let id: string;

const blobOf = (digest: string): string => path.join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length));
interface Manifest {
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}
let manifest: Manifest;

/** A folder as other tools write one that copy an image out of a registry. */
beforeEach(async () => {
  cloud = await startOci({ auth: 'none' });
  const registry = openSession(oci, { ...cloud.values, places: '' }).session.require('upload');
  const request = { description: { name: 'disk' }, content: contentOf(disk, { format: 'raw' }, disk.length), extras: {} };
  ({ id } = await registry.run(request, testCall()));
  const { blobs, manifests, tags } = cloud.store.of(library);
  const digest = tags.get(id) ?? '';
  const { data, type } = manifests.get(digest) ?? { data: Buffer.alloc(0), type: '' };
  manifest = JSON.parse(data.toString()) as Manifest;
  folder = stage.file('images');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'blobs', 'sha256'), { recursive: true });
  writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  for (const [name, bytes] of [...blobs, [digest, data] as const]) writeFileSync(blobOf(name), bytes);
  const entry = { mediaType: type, digest, size: data.length, annotations: { 'org.opencontainers.image.ref.name': id } };
  writeFileSync(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  session = openSession(local, { path: folder, places: `second=${stage.file('second')}` }).session;
});
afterEach(async () => {
  await cloud.stop();
  rmSync(stage.file('second'), { recursive: true, force: true });
});

const show = () => session.require('show').run({ id }, testCall());
const download = () => session.require('download').run({ id }, testCall());

describe('an image in layers in a folder', () => {
  it('is read as it is from a registry, also here and there', async () => {
    expect(await show()).toMatchObject({ name: 'disk', status: 'active', sizeBytes: disk.length });
    const there = await download();
    expect((await gather(there.open())).equals(disk)).toBe(true);
    for (const at of [0, MiB - 10, 9 * MiB - 5, 12 * MiB, 5])
      expect((await gather(there.open(at, at + 9))).equals(disk.subarray(at, at + 10)), String(at)).toBe(true);
  });

  it('stays so when its record changes, and where it is copied to another folder', async () => {
    await session.require('patch').run({ id, changes: { name: 'other' }, extras: {} }, testCall());
    expect((await gather((await download()).open())).equals(disk)).toBe(true);
    const copied = await session.require('replicate').run({ id, add: ['second'], remove: [] }, testCall());
    expect(copied.places.map(({ name, status }) => [name, status])).toEqual([['home', 'active'], ['second', 'active']]); // prettier-ignore
    const second = openSession(local, { path: stage.file('second'), places: '' }).session;
    const there = await second.require('download').run({ id }, testCall());
    expect((await gather(there.open())).equals(disk)).toBe(true);
  });

  it('has failed where one of its blocks is gone, and is not intact where one is rotten', async () => {
    const last = manifest.layers.at(-1)?.digest ?? '';
    expect(await session.isIntact(id, testCall())).toBe(true);
    const bytes = readFileSync(blobOf(last));
    writeFileSync(blobOf(last), Buffer.alloc(bytes.length, 1));
    expect((await show()).status).toBe('active');
    expect(await session.isIntact(id, testCall())).toBe(false);
    await failureOf(gather((await download()).open()), 'INTEGRITY');
    rmSync(blobOf(last));
    expect(await show()).toMatchObject({ status: 'failed', providerStatus: 'damaged' });
    await failureOf(download(), 'INTEGRITY');
  });

  it('goes with all of its blocks, and none of another image that shares them', async () => {
    const content = contentOf(disk.subarray(0, MiB), { format: 'raw' }, MiB);
    const other = await session.require('upload').run({ description: { name: 'other' }, content, extras: {} }, testCall());
    await session.require('delete').run({ id }, testCall());
    for (const { digest } of manifest.layers) expect(() => readFileSync(blobOf(digest))).toThrow('ENOENT');
    const kept = await session.require('download').run({ id: other.id }, testCall());
    expect((await gather(kept.open())).equals(content.data)).toBe(true);
  });
});
