import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../src/core/driver.ts';
import type { Image } from '../../../src/core/image.ts';
import local from '../../../src/drivers/local/index.ts';
import { allOf, everything, testCall } from '../../conformance/stage.ts';
import { gather, makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

const absent = spawnSync('skopeo', ['--version']).error !== undefined;
const title = absent
  ? 'skopeo reads and writes the folder (SKIPPED: no skopeo on this machine)'
  : 'skopeo reads and writes the folder';

describe.skipIf(absent)(title, () => {
  const root = mkdtempSync(path.join(tmpdir(), 'imgctl-skopeo-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const skopeo = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)('skopeo', [...args], { encoding: 'utf8' })).stdout;
  const open = (name: string): { folder: string; session: Session } => {
    const folder = path.join(root, name);
    return { folder, session: openSession(local, { path: folder }).session };
  };
  const content = makeContent({ format: 'qcow2' }, { diskLength: 200_000, seed: 3 });
  const upload = (session: Session, name: string): Promise<Image> =>
    session.require('upload').run({ description: { name }, content, extras: {} }, testCall());
  const list = (session: Session): Promise<readonly Image[]> => allOf(session.require('list').run(everything, testCall()));

  it('inspects an image and a queued record', async () => {
    const { folder, session } = open('inspected');
    const { id, raw } = await upload(session, 'debian');
    expect(JSON.parse(await skopeo('inspect', '--raw', `oci:${folder}:${id}`))).toEqual(raw.manifest);
    expect(JSON.parse(await skopeo('inspect', '--config', '--raw', `oci:${folder}:${id}`))).toEqual(raw.record);
    const queued = await session.require('create').run({ description: { name: 'later' }, extras: {} }, testCall());
    expect(JSON.parse(await skopeo('inspect', '--raw', `oci:${folder}:${queued.id}`))).toEqual(queued.raw.manifest);
  });

  it('copies an image into a folder of its own, where it is the same image', async () => {
    const [from, to] = [open('from'), open('to')];
    const image = await upload(from.session, 'travelling');
    await skopeo('copy', `oci:${from.folder}:${image.id}`, `oci:${to.folder}:${image.id}`);
    const copy = await to.session.require('show').run({ id: image.id }, testCall());
    expect({ ...copy, raw: undefined }).toEqual({ ...image, raw: undefined });
    expect(copy.raw.digest).toBe(image.raw.digest);
    const data = await to.session.require('download').run({ id: image.id }, testCall());
    expect((await gather(data.open())).equals(content.data)).toBe(true);
  });

  it('copies over an older revision, which is then no image of its own', async () => {
    const [from, to] = [open('newer'), open('older')];
    const image = await upload(from.session, 'before');
    const copy = (): Promise<string> => skopeo('copy', `oci:${from.folder}:${image.id}`, `oci:${to.folder}:${image.id}`);
    await copy();
    await from.session.require('patch').run({ id: image.id, changes: { name: 'after' }, extras: {} }, testCall());
    await copy();
    expect((await list(to.session)).map(({ id, name }) => ({ id, name }))).toEqual([{ id: image.id, name: 'after' }]);
    await to.session.require('delete').run({ id: image.id }, testCall());
    expect(await list(to.session)).toEqual([]);
  });

  it('copies to another name, under which the image then stands, and can be changed', async () => {
    const { folder, session } = open('renamed');
    const image = await upload(session, 'original');
    await skopeo('copy', `oci:${folder}:${image.id}`, `oci:${folder}:another`);
    expect((await list(session)).map(({ id }) => id).sort()).toEqual([image.id, 'another'].sort());
    const other = await session.require('patch').run({ id: 'another', changes: { name: 'renamed' }, extras: {} }, testCall());
    expect(other).toMatchObject({ id: 'another', name: 'renamed' });
    expect(other.raw.record).toMatchObject({ id: 'another' });
    expect(await session.require('show').run({ id: image.id }, testCall())).toMatchObject({ id: image.id, name: 'original' });
    await session.require('delete').run({ id: image.id }, testCall());
    const data = await session.require('download').run({ id: 'another' }, testCall());
    expect((await gather(data.open())).equals(content.data)).toBe(true);
  });
});
