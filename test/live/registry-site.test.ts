import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import driver from '../../src/drivers/oci/index.ts';
import local from '../../src/drivers/local/index.ts';
import { user } from '../clouds/oci/tokens.ts';
import { allOf, everything, failureOf, testCall } from '../conformance/stage.ts';
import { gather, makeContent } from '../support/content.ts';
import { guestDisk, qcow2Image } from '../support/disk-images.ts';
import { openSession } from '../support/open-session.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { hasSkopeo, missing, startRegistry, type Registry, type RegistrySettings } from './registry/bed.ts';
import { library, plantIn, raw, valuesFor } from './registry/cloud.ts';

const why = missing === undefined ? '' : ` (SKIPPED: ${missing})`;
const root = mkdtempSync(path.join(tmpdir(), 'imgctl-registry-site-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function withRegistry(
  settings: RegistrySettings,
  work: (registry: Registry) => Promise<void>,
  folder?: string,
): Promise<void> {
  const registry = await startRegistry(settings, folder);
  try {
    await work(registry);
  } finally {
    await registry.stop();
  }
}
const listOf = (values: Readonly<Record<string, string>>) =>
  allOf(openSession(driver, values).session.require('list').run(everything, testCall()));

describe.skipIf(missing !== undefined)(`registries set up in other ways${why}`, () => {
  it('want user and password', () =>
    withRegistry({ htpasswd: true }, async (registry) => {
      const id = await plantIn(registry.origin, { name: 'kept' });
      expect((await listOf(valuesFor(registry, user))).map((image) => image.id)).toEqual([id]);
      const { session } = openSession(driver, valuesFor(registry, user));
      const content = makeContent({ format: 'qcow2' }, { blind: true });
      expect(await session.require('upload').run({ description: { name: 'up' }, content, extras: {} }, testCall())).toMatchObject(
        { status: 'active' },
      );
      await failureOf(listOf(valuesFor(registry, { ...user, password: 'another' })), 'AUTH');
      await failureOf(listOf(valuesFor(registry)), 'AUTH');
    }));

  it('do not delete, or can only be read', async () => {
    const folder = path.join(root, 'kept');
    mkdirSync(folder);
    let id = '';
    await withRegistry({}, async ({ origin }) => void (id = await plantIn(origin, { name: 'stays' })), folder);
    await withRegistry(
      { deletes: false },
      async (registry) => {
        const { session } = openSession(driver, valuesFor(registry));
        const error = await failureOf(session.require('delete').run({ id }, testCall()), 'UNSUPPORTED');
        expect(error.circumstances.hint).toContain('storage.delete.enabled');
        expect(Object.keys((await session.probe(testCall())).missing)).toEqual(['delete']);
      },
      folder,
    );
    await withRegistry(
      { readOnly: true },
      async (registry) => {
        const { session } = openSession(driver, valuesFor(registry));
        const patched = () => session.require('patch').run({ id, changes: { name: 'other' }, extras: {} }, testCall());
        for (const work of [patched, () => session.require('delete').run({ id }, testCall())]) {
          const error = await failureOf(work(), 'CONFLICT');
          expect(error.circumstances.hint).toContain('readonly');
        }
        expect((await listOf(valuesFor(registry))).map(({ name }) => name)).toEqual(['stays']);
      },
      folder,
    );
  });
});

describe.skipIf(missing !== undefined)(`other tools and a real registry${why}`, () => {
  let registry: Registry;
  beforeAll(async () => void (registry = await startRegistry()));
  afterAll(() => registry.stop());

  it('give the disk to whoever asks for the blob', async () => {
    const content = makeContent({ format: 'qcow2' }, { seed: 7 });
    const { session } = openSession(driver, valuesFor(registry));
    const image = await session.require('upload').run({ description: { name: 'plain' }, content, extras: {} }, testCall());
    const answer = await raw(`${registry.origin}/v2/${library}/blobs/sha256:${image.checksums?.sha256 ?? ''}`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(content.data)).toBe(true);
  });

  describe.skipIf(!hasSkopeo)(`skopeo${hasSkopeo ? '' : ' (SKIPPED: it is not on this machine)'}`, () => {
    const skopeo = async (...args: readonly string[]): Promise<string> =>
      (await promisify(execFile)('skopeo', [...args], { encoding: 'utf8' })).stdout;
    const digestIn = (image: { raw: Readonly<Record<string, unknown>> }): unknown => image.raw.digest;

    it('takes images from the local store to the registry and back, the same to the last byte', async () => {
      const folders = [path.join(root, 'here'), path.join(root, 'there')];
      const [here, there] = folders.map((folder) => openSession(local, { path: folder }).session);
      if (!here || !there) throw new Error('no folders');
      const content = makeContent({ format: 'qcow2' }, { seed: 11 });
      const image = await here
        .require('upload')
        .run({ description: { name: 'travels', tags: ['t'], properties: { p: '1' } }, content, extras: {} }, testCall());
      const queued = await here.require('create').run({ description: { name: 'later' }, extras: {} }, testCall());
      const { session } = openSession(driver, valuesFor(registry));
      for (const each of [image, queued]) {
        const tag = `docker://${registry.host}/${library}:${each.id}`;
        await skopeo('copy', '--all', '--dest-tls-verify=false', `oci:${folders[0]}:${each.id}`, tag);
        const inRegistry = await session.require('show').run({ id: each.id }, testCall());
        expect(inRegistry.raw).toEqual(each.raw);
        expect(JSON.parse(await skopeo('inspect', '--raw', '--tls-verify=false', tag))).toEqual(inRegistry.raw.manifest);
        await skopeo('copy', '--all', '--src-tls-verify=false', tag, `oci:${folders[1]}:${each.id}`);
        expect(digestIn(await there.require('show').run({ id: each.id }, testCall()))).toBe(digestIn(each));
      }
      const download = await there.require('download').run({ id: image.id }, testCall());
      expect((await gather(download.open())).equals(content.data)).toBe(true);
    });

    it('takes what imgctl put into the registry, and changed there, to a folder', async () => {
      const { session } = openSession(driver, valuesFor(registry));
      const content = makeContent({ format: 'raw' }, { seed: 12 });
      const { id } = await session.require('upload').run({ description: { name: 'before' }, content, extras: {} }, testCall());
      const image = await session.require('patch').run({ id, changes: { name: 'after' }, extras: {} }, testCall());
      const folder = path.join(root, 'fetched');
      await skopeo('copy', '--src-tls-verify=false', `docker://${registry.host}/${library}:${id}`, `oci:${folder}:${id}`);
      const copy = await openSession(local, { path: folder }).session.require('show').run({ id }, testCall());
      expect(copy).toMatchObject({ name: 'after', raw: { digest: digestIn(image) } });
    });
  });

  describe('the command line', () => {
    let home: CliHome;
    beforeAll(() => void (home = cliHome()));
    afterAll(() => home.remove());
    const run = async (...args: readonly string[]): Promise<unknown> => {
      const result = await home.run([...args, '-o', 'json']);
      expect(result, `${args.join(' ')}: ${result.stderr}`).toMatchObject({ exitCode: 0 });
      return result.stdout === '' ? undefined : result.json();
    };

    it('copies from the local store to the registry and back: the same bytes, the same content id', async () => {
      const file = path.join(home.folder, 'disk.qcow2');
      writeFileSync(file, qcow2Image(guestDisk(4 * 1024 ** 2)));
      await run(
        'profile',
        'add',
        'reg',
        '--provider',
        'oci',
        '--set',
        `registry=${registry.host}`,
        '--set',
        'repository=images/cli',
      );
      const first = (await run('upload', file, '--name', 'web', '--tag', 'blessed')) as Record<string, unknown>;
      const second = (await run('copy', 'web', 'reg:web')) as Record<string, unknown>;
      const third = (await run('copy', 'reg:web', 'local:again')) as Record<string, unknown>;
      expect(first.contentId).toMatch(/^blocks-sha256:/);
      for (const image of [second, third]) {
        expect(image).toMatchObject({
          status: 'active',
          diskFormat: 'qcow2',
          contentId: first.contentId,
          checksums: first.checksums,
          tags: ['blessed'],
        });
      }
      const out = path.join(home.folder, 'out.qcow2');
      await run('download', 'again', out);
      expect(readFileSync(out).equals(readFileSync(file))).toBe(true);
      expect(await run('replicate', 'reg:web', '--to', 'images/elsewhere')).toMatchObject({
        places: [{ name: 'images/cli' }, { name: 'images/elsewhere' }],
      });
    });

    it('prints in a dry run what it would send, and sends nothing', async () => {
      await run(
        'profile',
        'add',
        'dry',
        '--provider',
        'oci',
        '--set',
        `registry=${registry.host}`,
        '--set',
        'repository=images/dry',
      );
      const planned = await home.run(['create', 'nothing', '-p', 'dry', '--dry-run', '-o', 'json']);
      expect(planned.stdout).toContain('/v2/images/dry/blobs/uploads/');
      expect(await run('list', '-p', 'dry')).toEqual([]);
    });
  });
});
