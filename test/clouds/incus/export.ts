import type { FakeAnswer } from '../../support/fake-server.ts';
import type { Kept } from './images.ts';

/** The data of an image: two files as one multipart body without a length, or one archive. */
export function exportOf({ fingerprint, metadata, disk, isUnified, isVirtualMachine }: Kept, isCut: boolean): FakeAnswer {
  if (isUnified)
    return {
      status: 200,
      headers: { 'content-type': 'application/octet-stream', 'content-disposition': `inline;filename=${fingerprint}.tar.gz` },
      body: disk,
    };
  const boundary = 'e26b4d71da4df9fc53de31379918183b2edd5864e1324c4f9acb3321b791';
  const head = (lead: string, name: string, fileName: string): Buffer =>
    Buffer.from(
      `${lead}--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    );
  const [name, ending] = isVirtualMachine ? ['rootfs.img', 'qcow2'] : ['rootfs', 'squashfs'];
  return {
    status: 200,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([
      head('', 'metadata', `meta-${fingerprint}.tar`),
      metadata,
      head('\r\n', name, `${fingerprint}.${ending}`),
      ...(isCut ? [disk.subarray(0, disk.length >> 1)] : [disk, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    ]),
  };
}
