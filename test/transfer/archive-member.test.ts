import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tarImage, guestDisk } from '../support/disk-images.ts';
import { commandStage, errorOf } from '../commands/stage.ts';
import { made, disk } from './formats/made.ts';

const cli = commandStage();
const end = Buffer.alloc(1024);
const tarOf = (members: Readonly<Record<string, Buffer>>): Buffer =>
  Buffer.concat([...Object.entries(members).map(([name, content]) => tarImage(content, name).subarray(0, -1024)), end]);
const hex = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');
const described = (name: string, compression: string): Buffer =>
  Buffer.from(
    `<Envelope><References><File ovf:id="f" ovf:href="${name}" ovf:compression="${compression}"/></References>` +
      '<DiskSection><Disk ovf:diskId="d" ovf:fileRef="f"/></DiskSection></Envelope>',
  );

/** An appliance with a manifest, whose disk is compressed. */
function appliance(packed: Buffer, { compression = 'gzip', sum = packed }: { compression?: string; sum?: Buffer } = {}): Buffer {
  const description = described('vm-disk1.vmdk.gz', compression);
  const sums = `SHA256(vm.ovf)= ${hex('sha256', description)}\nSHA256(vm-disk1.vmdk.gz)= ${hex('sha256', sum)}\n`;
  return tarOf({ 'vm.ovf': description, 'vm.mf': Buffer.from(sums), 'vm-disk1.vmdk.gz': packed });
}

describe('a disk that is compressed inside an appliance', () => {
  it.each(Object.keys(made).filter((name) => !['tar', 'gzip'].includes(name)))(
    '%s is read by every verb that takes a file',
    async (kind) => {
      const file = appliance(gzipSync(made[kind as keyof typeof made]));
      const ova = cli.write('vm.ova', file);
      await cli.ok(['convert', ova, cli.file('out.raw'), '--disk-format', 'raw', '--checksum', `sha256:${hex('sha256', file)}`]);
      expect(hex('sha256', cli.read('out.raw'))).toBe(hex('sha256', disk));
      await cli.ok(['upload', ova, '--name', 'web', '--disk-format', 'qcow2']);
      await cli.ok(['download', 'web', cli.file('back.raw'), '--disk-format', 'raw']);
      expect(hex('sha256', cli.read('back.raw'))).toBe(hex('sha256', disk));
      const report = (await cli.ok(['inspect', ova, '--json'])).json();
      expect(report).toMatchObject({
        safe: true,
        compression: 'gzip',
        fileBytes: file.length,
        virtualBytes: disk.length,
        checksums: { sha256: hex('sha256', file), md5: hex('md5', file) },
      });
    },
  );

  it('is refused where the manifest, the checksum, the compression or its end is another', async () => {
    const packed = gzipSync(made.qcow2);
    const files: Readonly<Record<string, Buffer>> = {
      'another sum': appliance(packed, { sum: Buffer.from('x') }),
      'cut off': appliance(packed.subarray(0, packed.length - 100)),
      'another compression': appliance(packed, { compression: 'x-bzip2' }),
      'cut off inside': appliance(gzipSync(made.qcow2.subarray(0, made.qcow2.length / 2))),
      'a text': appliance(gzipSync(Buffer.from('no disk\n'.repeat(1000)))),
      'two disks': tarOf({ 'vm.ovf': described('a.gz', 'gzip'), 'a.gz': packed, 'b.img': guestDisk(1 << 16) }),
    };
    for (const [what, file] of Object.entries(files)) {
      const ova = cli.write('vm.ova', file);
      for (const line of [
        ['inspect', ova],
        ['upload', ova, '--name', 'web'],
        ['convert', ova, cli.file('out.raw')],
      ])
        expect((await cli.run(line)).exitCode, `${what}: ${line[0]}`).toBe(11);
    }
    const ova = cli.write('vm.ova', appliance(packed));
    const line = ['convert', ova, cli.file('out.raw'), '--checksum', `sha256:${hex('sha256', packed)}`];
    expect(errorOf(await cli.run([...line, '--json']))).toMatchObject({ code: 'INTEGRITY' });
    expect(await cli.names()).toEqual([]);
  });
});
