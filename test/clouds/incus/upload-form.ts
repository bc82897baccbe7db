import { createHash } from 'node:crypto';

/** What the server reads of a body that makes an image. */
export interface Form {
  readonly metadata: Buffer;
  readonly disk: Buffer;
  readonly isVirtualMachine: boolean;
  readonly fileName: string;
  readonly fingerprint: string;
}

/** The parts of a multipart body as the server takes them: two, in their order. A text: its refusal. */
export function formIn(body: Buffer, contentType: string): Form | string {
  const boundary = /boundary=(.*)$/.exec(contentType)?.[1];
  if (boundary === undefined) return 'multipart: boundary is empty';
  const parts = partsIn(body, boundary);
  if (typeof parts === 'string') return parts;
  const [metadata, disk] = parts;
  if (metadata?.name !== 'metadata' || !disk || !['rootfs', 'rootfs.img'].includes(disk.name)) return 'Invalid multipart image';
  const fingerprint = createHash('sha256').update(metadata.data).update(disk.data).digest('hex');
  const isVirtualMachine = disk.name === 'rootfs.img';
  return { metadata: metadata.data, disk: disk.data, isVirtualMachine, fileName: disk.fileName, fingerprint };
}

interface Part {
  readonly name: string;
  readonly fileName: string;
  readonly data: Buffer;
}

function partsIn(body: Buffer, boundary: string): readonly Part[] | string {
  const mark = `--${boundary}`;
  if (body.indexOf(`${mark}--`) < 0) return 'unexpected EOF';
  const parts: Part[] = [];
  for (let at = body.indexOf(mark); at >= 0;) {
    const from = at + mark.length;
    if (body.subarray(from, from + 2).toString() === '--') break;
    const end = body.indexOf('\r\n\r\n', from);
    const next = body.indexOf(`\r\n${mark}`, end);
    const head = body.subarray(from, end).toString('latin1');
    const [, name = ''] = / name="([^"]*)"/.exec(head) ?? [];
    const [, fileName = ''] = / filename="([^"]*)"/.exec(head) ?? [];
    parts.push({ name, fileName, data: Buffer.from(body.subarray(end + 4, next)) });
    at = next + 2;
  }
  return parts;
}

/** What stands in metadata.yaml, or why the server does not take it: in the order in which it looks. */
export function metadataIn(archive: Buffer): Readonly<Record<string, unknown>> | string {
  if (archive.length < 2048 || archive.subarray(257, 262).toString() !== 'ustar') return 'Unsupported compression';
  if (archive.subarray(0, 13).toString() !== 'metadata.yaml') return 'Metadata tarball is missing metadata.yaml';
  const sum = archive.subarray(0, 512).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (sum !== Number.parseInt(archive.subarray(148, 154).toString(), 8)) return 'archive/tar: invalid tar header';
  const length = Number.parseInt(archive.subarray(124, 135).toString(), 8);
  const told = JSON.parse(archive.subarray(512, 512 + length).toString()) as Record<string, unknown>;
  if (!['x86_64', 'aarch64'].includes(String(told.architecture)))
    return `Architecture isn't supported: ${String(told.architecture)}`;
  if (typeof told.creation_date !== 'number' || told.creation_date <= 0) return 'Missing creation date';
  return told;
}
