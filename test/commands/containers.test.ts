import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { guestDisk, qcow2Image, tarImage, vmdkStreamImage } from '../support/disk-images.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
const disk = guestDisk(1 << 20, 6);
const ova = tarImage(vmdkStreamImage(disk), 'disk1.vmdk');
const kernel = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), guestDisk(100_352, 2)]);

let cloud: OpenstackCloud;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  cloud = await startOpenstack();
  env = profileVariables('pcd', 'openstack', cloud.values);
});
afterAll(() => cloud.stop());

/** What Glance says of an image, and its bytes. */
async function stored(name: string): Promise<{ record: object; bytes: Buffer }> {
  const record = (await stage.ok(['show', `pcd:${name}`, '-o', 'json'], { env })).json() as object;
  await stage.ok(['download', `pcd:${name}`, stage.file('back'), '--force'], { env });
  return { record, bytes: stage.read('back') };
}
const upload = (bytes: Buffer, name: string, ...more: readonly string[]) =>
  stage.run(['upload', stage.write('source', bytes), '--name', `pcd:${name}`, ...more], { env });

describe('a container that a record names', () => {
  it.each([
    ['ova', ova, [], 'vmdk'],
    ['ova', ova, ['--disk-format', 'vmdk'], 'vmdk'],
    ['docker', tarImage(qcow2Image(disk), 'layer.qcow2'), ['--disk-format', 'raw'], 'raw'],
  ])('%s is true of the bytes: they go as they are (%#)', async (container, bytes, more, diskFormat) => {
    const name = `${container}${more.length}`;
    expect((await upload(bytes, name, '--container-format', container, ...more)).stderr).not.toContain('imgctl:');
    const seen = await stored(name);
    expect(seen.record).toMatchObject({ containerFormat: container, diskFormat });
    expect(seen.bytes.equals(bytes)).toBe(true);
    for (const route of [[], ['--relay']]) {
      const copy = `${name}-copy${route.length}`;
      await stage.ok(['copy', `pcd:${name}`, `pcd:${copy}`, ...route], { env });
      const copied = await stored(copy);
      expect(copied.record).toMatchObject({ containerFormat: container, diskFormat });
      expect(copied.bytes.equals(bytes)).toBe(true);
    }
  });

  it('that is broken is refused, and nothing is made', async () => {
    const refused = await upload(ova.subarray(0, ova.length >> 1), 'broken', '--container-format', 'ova');
    expect(refused.exitCode).toBe(11);
    expect((await stage.run(['show', 'pcd:broken'], { env })).exitCode).toBe(5);
  });

  it('and no word about one: the disk is taken out, and the record says bare', async () => {
    expect((await upload(ova, 'bare')).exitCode).toBe(0);
    expect((await stored('bare')).record).toMatchObject({ containerFormat: 'bare' });
  });
});

describe.each(['aki', 'ari', 'ami'])('%s, which no content can tell', (format) => {
  it('is what it was declared, whatever it looks like, on every way', async () => {
    for (const [kind, bytes] of [
      ['kernel', kernel],
      ['lookalike', qcow2Image(disk)],
    ] as const) {
      const name = `${format}-${kind}`;
      expect((await upload(bytes, name, '--disk-format', format, '--container-format', format)).exitCode).toBe(0);
      expect((await upload(bytes, `${name}-from`, '--from-format', format)).exitCode).toBe(0);
      await stage.ok(['copy', `pcd:${name}`, `pcd:${name}-copy`, '--relay'], { env });
      for (const each of [name, `${name}-from`, `${name}-copy`]) {
        const seen = await stored(each);
        expect(seen.record, each).toMatchObject({ diskFormat: format });
        expect(seen.bytes.equals(bytes), each).toBe(true);
      }
    }
  });

  it('does not make a raw disk a qcow2', async () => {
    expect((await upload(disk, 'claimed', '--from-format', 'qcow2')).exitCode).toBe(2);
  });
});

it('an image of no bytes is stored where that is meant, from a file and from a pipe', async () => {
  const file = stage.write('empty.raw', '');
  for (const [index, source] of [file, '-'].entries()) {
    const line = ['upload', source, '--name', `pcd:empty${index}`, '--disk-format', 'raw'];
    expect((await stage.run(line, { env, stdin: '' })).exitCode).toBe(11);
    const made = await stage.ok([...line, '--allow-unsafe', 'empty', '-o', 'json'], { env, stdin: '' });
    expect(made.json()).toMatchObject({ status: 'active', sizeBytes: 0 });
  }
});
