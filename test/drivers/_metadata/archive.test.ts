import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { metadataArchive } from '../../../src/drivers/_metadata/archive.ts';

const metadata = { architecture: 'x86_64', created: 1, properties: { name: 'größe' } };

it('is an archive of one file, the same bytes each time', () => {
  const archive = metadataArchive(metadata);
  expect(archive).toEqual(metadataArchive(metadata));
  expect([archive.length, archive.length % 512]).toEqual([2048, 0]);
  const { stdout } = spawnSync('tar', ['-xOf', '-', 'metadata.yaml'], { input: archive, encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual({ architecture: 'x86_64', creation_date: 1, properties: { name: 'größe' } });
});

it('has room for any number of properties', () => {
  const properties = Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`property-${number}`, 'x'.repeat(50)]));
  const { stdout } = spawnSync('tar', ['-xOf', '-', 'metadata.yaml'], {
    input: metadataArchive({ ...metadata, properties }),
    encoding: 'utf8',
  });
  expect((JSON.parse(stdout) as { properties: object }).properties).toEqual(properties);
});
