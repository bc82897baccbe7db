import { describe, expect, it } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import { renderOne, type RenderOptions } from '../../src/ui/render.ts';
import { imageView } from '../../src/ui/views/image.ts';
import { fakeIo } from '../support/fake-io.ts';
import { now, ubuntu } from './samples.ts';

const full: Image = {
  ...ubuntu,
  checksums: { md5: 'cd' },
  tags: ['a', 'b'],
  properties: { hw: 'scsi', 'e\u001bvil': 'a\nb' },
  places: [
    { name: 'us-ord', status: 'active' },
    { name: 'us-east', status: 'pending', providerStatus: 'replicating', message: 'half' },
  ],
  raw: { id: 7, deep: { a: 1 } },
};
const table: RenderOptions = { format: 'table', header: true, raw: false };

describe('one image', () => {
  it('is a sheet on a terminal: human and exact, nested, nothing cut', async () => {
    const io = fakeIo({ terminal: true, columns: 40, now: () => now });
    await renderOne(imageView, full, { ...table, raw: true }, io);
    expect(io.out).toBe(`profile         lab
provider        acme
id              7d0c6a1e-0f6b-4f5e-9a57-1f0e4f3c2b11
name            ubuntu-24.04
status          active
providerStatus  active
visibility      private
diskFormat      qcow2
sizeBytes       612.0 MiB (641728512 bytes)
checksums
  md5           cd
tags            a, b
properties
  hw            scsi
  e\\u001bvil    a\\nb
places
  us-ord        active
  us-east       pending (replicating) half
createdAt       2026-11-18T08:00:00Z (3 days ago)
raw
  id            7
  deep          a=1
`);
  });

  it('is a field and a value a line in a pipe', async () => {
    const io = fakeIo();
    await renderOne(imageView, full, { ...table, columns: ['size', 'tags', 'properties', 'places.us-east', 'raw.deep.a'] }, io);
    expect(io.out).toBe(
      'sizeBytes\t641728512\ntags\ta,b\nproperties.hw\tscsi\nproperties.e\\u001bvil\ta\\nb\nplaces.us-east\tpending\nraw.deep.a\t1\n',
    );
  });

  it.each([
    ['json', '{\n  "id": "7d0c6a1e-0f6b-4f5e-9a57-1f0e4f3c2b11",\n  "properties.hw": "scsi"\n}\n'],
    ['jsonl', '{"id":"7d0c6a1e-0f6b-4f5e-9a57-1f0e4f3c2b11","properties.hw":"scsi"}\n'],
    ['yaml', 'id: 7d0c6a1e-0f6b-4f5e-9a57-1f0e4f3c2b11\nproperties.hw: scsi\n'],
    ['csv', 'id,properties.hw\r\n7d0c6a1e-0f6b-4f5e-9a57-1f0e4f3c2b11,scsi\r\n'],
    ['id', '7d0c6a1e-0f6b-4f5e-9a57-1f0e4f3c2b11\n'],
  ] as const)('is one document of the columns asked for as %s', async (format, text) => {
    const io = fakeIo();
    await renderOne(imageView, full, { ...table, format, columns: ['id', 'properties.hw'] }, io);
    expect(io.out).toBe(text);
  });

  it('has its raw record in JSON only when that is asked for', async () => {
    for (const raw of [true, false]) {
      const io = fakeIo();
      await renderOne(imageView, full, { ...table, format: 'json', raw }, io);
      expect((JSON.parse(io.out) as Partial<Image>).raw).toEqual(raw ? full.raw : undefined);
    }
  });
});
