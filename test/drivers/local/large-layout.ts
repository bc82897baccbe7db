import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { diskDescriptor, indexEntry, manifestText } from '../../../src/drivers/_oci/manifest.ts';
import { emptyType, indexType, recordType } from '../../../src/drivers/_oci/media-types.ts';
import { firstRecord } from '../../../src/drivers/_oci/record-revision.ts';

const zeros = Buffer.alloc(1024);

/** Writes a layout of many images at once, past the driver: nothing is synced, and the disks are zeros of the right length. */
export function writeLargeLayout(folder: string, count: number): void {
  const blobs = path.join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (text: string): { digest: string; size: number } => {
    const hex = createHash('sha256').update(text).digest('hex');
    writeFileSync(path.join(blobs, hex), text);
    return { digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  };
  const empty = { mediaType: emptyType, ...put('{}') };
  const manifests = Array.from({ length: count }, (_, n) => {
    const id = `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
    const created = new Date(1_700_000_000_000 + n * 1000).toISOString();
    const digest = `sha256:${createHash('sha256').update(id).digest('hex')}`;
    writeFileSync(path.join(blobs, digest.slice(7)), zeros);
    const described = {
      name: `image-${n}`,
      tags: ['nightly', 'x86'],
      properties: { build: String(n), branch: 'main', owner_team: 'storage' },
    };
    const record = {
      ...firstRecord(id, described, created),
      status: 'active',
      diskFormat: 'qcow2',
      sizeBytes: 1024,
      checksums: { sha256: digest.slice(7) },
    };
    const manifest = manifestText({
      record: { mediaType: recordType, ...put(JSON.stringify(record)) },
      disk: diskDescriptor('application/vnd.imgctl.disk.qcow2', digest, 1024, `image-${n}.qcow2`),
      empty,
      name: `image-${n}`,
      createdAt: created,
    });
    const { digest: name, size } = put(manifest);
    return indexEntry(id, name, size);
  });
  writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
}
