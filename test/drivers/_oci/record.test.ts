import { parseJson } from '../../../src/core/json.ts';
import { fc } from '../../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { compressions, formats } from '../../../src/core/encoding.ts';
import { imageManifestOf, manifestText } from '../../../src/drivers/_oci/manifest.ts';
import { diskType, encodingOf, imageType, recordType } from '../../../src/drivers/_oci/media-types.ts';
import { changedFields, firstRecord, nextRecord } from '../../../src/drivers/_oci/record-revision.ts';
import { recordFromJson, storedRecord } from '../../../src/drivers/_oci/record.ts';

const now = '2026-01-02T03:04:05.000Z';
const descriptor = (mediaType: string) => ({ mediaType, digest: `sha256:${'a'.repeat(64)}`, size: 7 });

describe('media types of disks', () => {
  it('come back as the encoding they were made from', () => {
    for (const format of formats)
      for (const encoding of [{ format }, ...compressions.map((compression) => ({ format, compression }))])
        expect(encodingOf(diskType(encoding))).toEqual(encoding);
    expect(diskType({ format: 'raw', compression: 'gzip' })).toBe('application/vnd.imgctl.disk.raw+gzip');
  });

  it('that are not known are opaque', () => {
    for (const type of [
      'application/vnd.imgctl.disk.floppy',
      'application/vnd.imgctl.disk.raw+lzma',
      'application/octet-stream',
      '',
    ])
      expect(encodingOf(type)).toBeUndefined();
  });
});

describe('a manifest', () => {
  const empty = descriptor('application/vnd.oci.empty.v1+json');
  const parts = { record: descriptor(recordType), empty, name: 'debian', createdAt: now };

  it('is read as it was written, with and without a disk', () => {
    const disk = descriptor('application/vnd.imgctl.disk.qcow2');
    expect(imageManifestOf(parseJson(manifestText({ ...parts, disk })) ?? {})).toEqual({ record: parts.record, disk });
    expect(imageManifestOf(parseJson(manifestText(parts)) ?? {})).toEqual({ record: parts.record });
    expect(manifestText(parts)).toBe(manifestText(parts));
  });

  it('is ours by its artifactType, or by its config where that is missing', () => {
    const config = descriptor(recordType);
    expect(imageManifestOf({ config, layers: [] })).toEqual({ record: config });
    expect(imageManifestOf({ artifactType: imageType, config: descriptor('x/y') })).toBeDefined();
    expect(imageManifestOf({ artifactType: 'application/other', config })).toBeUndefined();
    expect(imageManifestOf({ config: descriptor('application/vnd.oci.image.config.v1+json') })).toBeUndefined();
    for (const broken of [undefined, null, 'x', {}, { digest: 1, size: 2 }, [config]])
      expect(imageManifestOf({ config: broken })).toBeUndefined();
  });
});

describe('a record', () => {
  it('is read whatever it holds, and says only what has the right shape', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('id', 'name', 'tags', 'properties', 'sizeBytes', 'status', 'createdAt', 'protected', 'checksums'),
          fc.jsonValue(),
        ),
        (json) => {
          const image = recordFromJson('x', storedRecord(json), ['home'], json);
          expect(typeof image.name).toBe('string');
          expect(Array.isArray(image.tags)).toBe(true);
          expect(Object.values(image.properties).every((value) => typeof value === 'string')).toBe(true);
          expect(['queued', 'active', 'inactive', 'unknown']).toContain(image.status);
          if (image.sizeBytes !== undefined) expect(image.sizeBytes).toBeGreaterThanOrEqual(0);
          expect(image.createdAt ?? '2000-01-01T00:00:00Z').toMatch(/Z$/);
          expect(image.raw).toBe(json);
        },
      ),
    );
  });

  it('grows by one revision with every write, keeps what it does not know, and drops what is taken away', () => {
    const first = { ...firstRecord('x', { name: 'one', description: 'gone', tags: ['a', 'a'] }, now), novelty: 1 };
    const next = nextRecord(
      first,
      'y',
      changedFields(first, 'x', { description: null, properties: { p: 'q' } }),
      '2026-02-03T00:00:00.000Z',
    );
    expect(next).toMatchObject({ id: 'y', revision: 2, novelty: 1, tags: ['a'], properties: { p: 'q' }, createdAt: now });
    expect(next).not.toHaveProperty('description');
    expect(next.updatedAt).not.toBe(now);
  });

  it('cannot lose its name, or contradict its data', () => {
    const queued = firstRecord('x', { name: 'one', diskFormat: 'raw' }, now);
    expect(() => changedFields(queued, 'x', { name: null })).toThrow(/name/);
    expect(changedFields(queued, 'x', { diskFormat: 'qcow2' })).toMatchObject({ diskFormat: 'qcow2' });
    const active = { ...queued, status: 'active' };
    expect(() => changedFields(active, 'x', { diskFormat: 'qcow2' })).toThrow(/raw/);
    expect(changedFields(active, 'x', { diskFormat: 'raw' })).toMatchObject({ diskFormat: 'raw' });
  });

  it('may have a property of any name', () => {
    const json = firstRecord(
      'x',
      { name: 'one', properties: JSON.parse('{"__proto__": "p", "constructor": "c"}') as Record<string, string> },
      now,
    );
    const back = storedRecord(JSON.parse(JSON.stringify(json)) as Record<string, unknown>);
    expect(Object.entries(back.properties)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
  });
});
