import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Session } from '../../src/core/driver.ts';
import type { Content } from '../../src/core/operation.ts';
import local from '../../src/drivers/local/index.ts';
import driver from '../../src/drivers/oci/index.ts';
import { failureOf, testCall } from '../conformance/stage.ts';
import { contentOf, diskBytes, gather } from '../support/content.ts';
import { openSession } from '../support/open-session.ts';
import { hasSkopeo, missing, startRegistry, type Registry } from './registry/bed.ts';
import { startCable, type Cable } from './registry/cable.ts';
import { library, valuesFor } from './registry/cloud.ts';

const mib = 1024 ** 2;
const block = 4 * mib;
/** Blocks that are under way at once. */
const atOnce = 4;
/** What requests, answers and documents have besides disks. */
const small = 256 * 1024;
const noise = (seed: number): Buffer => diskBytes('raw', block, seed);
const raw = (data: Buffer): Content => contentOf(data, { format: 'raw' }, data.length);

describe.skipIf(missing !== undefined)(
  `a disk in layers at a real registry${missing === undefined ? '' : ` (SKIPPED: ${missing})`}`,
  () => {
    let registry: Registry;
    let cable: Cable;
    let folder: string;
    const open = (more: Readonly<Record<string, string>> = {}): Session =>
      openSession(driver, valuesFor({ host: cable.host }, more)).session;
    const upload = (data: Buffer, retries = 6) =>
      open()
        .require('upload')
        .run({ description: { name: 'disk' }, content: raw(data), extras: {} }, testCall(undefined, retries));
    const read = async (session: Session, id: string): Promise<Buffer> =>
      gather((await session.require('download').run({ id }, testCall(undefined, 6))).open());

    beforeEach(async () => {
      registry = await startRegistry();
      cable = await startCable(registry.host);
      folder = mkdtempSync(path.join(tmpdir(), 'imgctl-layers-'));
    });
    afterEach(async () => {
      await cable.stop();
      await registry.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const golden = Buffer.concat([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(noise));

    it('goes on where the connection breaks: only what was under way is sent again', async () => {
      cable.cutAfter(golden.length / 2);
      const { id } = await upload(golden);
      expect(cable.sent()).toBeLessThan(golden.length + atOnce * block + small);
      expect((await read(open(), id)).equals(golden)).toBe(true);
    });

    it('is found again after the registry was killed at nine tenths, and the run with it', async () => {
      cable.cutAfter(golden.length * 0.9, () => registry.kill());
      await failureOf(upload(golden, 0), 'NETWORK');
      await registry.start();
      cable.forget();
      const { id } = await upload(golden);
      expect(cable.sent()).toBeLessThan(golden.length * 0.1 + atOnce * block + small);
      expect((await read(open(), id)).equals(golden)).toBe(true);
    });

    it('of which there is an earlier version is sent as far as it differs', async () => {
      await upload(golden);
      cable.forget();
      const { id } = await upload(Buffer.concat([golden, noise(11)]));
      expect(cable.sent()).toBeLessThan(block + small);
      expect((await read(open(), id)).length).toBe(golden.length + block);
    });

    it.skipIf(!hasSkopeo)(
      'goes with other tools to another repository, and into a folder, and stays the same image',
      async () => {
        const data = Buffer.concat([noise(1), Buffer.alloc(3 * block), Buffer.alloc(block, 'text ')]);
        const { id } = await upload(data);
        const skopeo = (...args: readonly string[]): string => {
          const { status, stdout, stderr } = spawnSync('skopeo', [...args], { encoding: 'utf8' });
          expect(status, stderr).toBe(0);
          return stdout;
        };
        const from = `docker://${registry.host}/${library}:${id}`;
        const [there, images] = [`docker://${registry.host}/other/images:${id}`, path.join(folder, 'images')];
        skopeo('copy', '--src-tls-verify=false', `--dest-tls-verify=false`, from, there);
        skopeo('copy', '--src-tls-verify=false', from, `oci:${images}:${id}`);
        const digests = [from, there].map((at) => skopeo('inspect', '--raw', '--tls-verify=false', at));
        expect(digests[0]).toBe(digests[1]);
        expect((await read(open({ repository: 'other/images' }), id)).equals(data)).toBe(true);
        const here = openSession(local, { path: images, places: '' }).session;
        expect((await read(here, id)).equals(data)).toBe(true);
        expect(await here.isIntact(id, testCall())).toBe(true);
      },
    );
  },
);
