import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { library, startOci, type OciCloud } from '../clouds/oci/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { guestDisk } from '../support/disk-images/guest.ts';
import { commandStage, profileVariables } from './stage.ts';

const MiB = 1024 ** 2;
let cloud: OciCloud;
let env: Readonly<Record<string, string>>;
const stage = commandStage();
beforeEach(async () => {
  cloud = await startOci({ auth: 'none' });
  env = profileVariables('reg', 'oci', { ...cloud.values, places: '' });
});
afterEach(() => cloud.stop());

const sparse = Buffer.concat([guestDisk(MiB, 5), Buffer.alloc(15 * MiB)]);
const noise = Buffer.concat([guestDisk(512, 5), randomBytes(2 * MiB)]);
type Shown = { name: string; sizeBytes: number; contentId: string; diskFormat: string };
const ok = async (args: readonly string[], stdin?: Buffer) =>
  (await stage.ok([...args, '-o', 'json'], { env, ...(stdin ? { stdin } : {}) })).json() as Shown;
/** What is stored, as raw again. */
async function back(image: string): Promise<Buffer> {
  await ok(['download', image, stage.file('back.raw'), '--disk-format', 'raw', '--force']);
  return readFileSync(stage.file('back.raw'));
}

describe('--compress', () => {
  for (const target of ['reg', 'local'])
    it(`stores a disk of zeros in little room, and gives the same disk back: ${target}`, async () => {
      const file = stage.write('sparse.raw', sparse);
      const plain = await ok(['upload', file, '--from-format', 'raw', '--name', `${target}:plain`]);
      expect(plain.sizeBytes).toBe(sparse.length);
      const ways: Readonly<Record<string, () => Promise<Shown>>> = {
        file: () => ok(['upload', file, '--from-format', 'raw', '--name', `${target}:file`, '--compress']),
        pipe: () => ok(['upload', '-', '--name', `${target}:pipe`, '--compress'], sparse),
        copy: () => ok(['copy', `${target}:plain`, 'local:copied', '--compress']),
        qcow2: async () => {
          await ok(['convert', file, stage.file('d.qcow2'), '--disk-format', 'qcow2', '--force']);
          return ok(['upload', stage.file('d.qcow2'), '--name', `${target}:q`, '--disk-format', 'raw', '--compress']);
        },
      };
      for (const [way, upload] of Object.entries(ways)) {
        const image = await upload();
        expect(image.sizeBytes, way).toBeLessThan(2 * MiB);
        expect([image.contentId, image.diskFormat], way).toEqual([plain.contentId, 'raw']);
        expect((await back(`${way === 'copy' ? 'local' : target}:${image.name}`)).equals(sparse), way).toBe(true);
      }
    });

  it('leaves a disk that does not shrink, and one of another format, as they are', async () => {
    const image = await ok([
      'upload',
      stage.write('noise.raw', noise),
      '--from-format',
      'raw',
      '--name',
      'reg:noise',
      '--compress',
    ]);
    expect(image.sizeBytes).toBe(noise.length);
    expect([...cloud.store.of(library).blobs.values()].some((blob) => blob.equals(noise))).toBe(true);
    await ok(['convert', stage.write('sparse.raw', sparse), stage.file('d.qcow2'), '--disk-format', 'qcow2']);
    const before = await ok(['upload', stage.file('d.qcow2'), '--name', 'reg:q', '--compress']);
    expect([before.diskFormat, before.sizeBytes]).toEqual(['qcow2', readFileSync(stage.file('d.qcow2')).length]);
  });

  it('is refused where no compressed disk is taken, before anything is made', async () => {
    const glance = await startOpenstack();
    try {
      const more = profileVariables('os', 'openstack', glance.values);
      const result = await stage.run(['upload', stage.write('sparse.raw', sparse), '--name', 'os:x', '--compress'], {
        env: more,
      });
      expect([result.exitCode, result.stderr]).toEqual([7, expect.stringContaining('Omit --compress')]);
      expect(glance.requests().filter(({ method, path }) => method === 'POST' && path.includes('/images'))).toEqual([]);
    } finally {
      await glance.stop();
    }
  });
});
