import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { contentIdProperty, imageFields, statuses, visibilities } from '../../src/core/image.ts';
import { jsonText } from '../../src/ui/sanitize.ts';
import { imageView } from '../../src/ui/views/image.ts';
import { debian, image, ubuntu } from './samples.ts';

const schema = JSON.parse(readFileSync(new URL('../../schema/image.schema.json', import.meta.url), 'utf8')) as {
  properties: Record<string, { enum?: string[] }>;
  $defs: { status: { enum: string[] } };
};
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

const full = image({
  description: 'd',
  visibility: 'shared',
  owner: 'o',
  protected: false,
  hidden: true,
  diskFormat: 'vmdk',
  containerFormat: 'bare',
  architecture: 'x86_64',
  sizeBytes: 0,
  virtualBytes: 1,
  minDiskBytes: 2,
  minRamBytes: 3,
  checksums: { md5: 'ab' },
  tags: ['t'],
  properties: { [contentIdProperty]: 'x' },
  places: [
    {
      name: 'p',
      status: 'failed',
      providerStatus: 'gone',
      message: 'why',
    },
  ],
  createdAt: '2026-11-21T08:00:00Z',
  updatedAt: '2026-11-21T08:00:00.123456Z',
  expiresAt: '2027-01-01T00:00:00Z',
  progress: {
    percent: 40.5,
    message: 'm',
  },
  contentId: `blocks-sha256:${'0'.repeat(64)}`,
  raw: { anything: [1] },
});

describe('the schema of an image', () => {
  it.each([
    ['usual', ubuntu, false],
    ['pending', debian, true],
    ['whole', full, true],
  ] as const)('takes what is printed: %s', (_name, one, raw) => {
    validate(JSON.parse(jsonText(imageView.json(one, { raw }))));
    expect(validate.errors).toBeNull();
  });

  it('names the fields, statuses and visibilities of the code', () => {
    // The route is told of a copy only.
    expect(Object.keys(schema.properties)).toEqual([...imageFields, 'route', 'raw']);
    expect(schema.$defs.status.enum).toEqual([...statuses]);
    expect(schema.properties.visibility?.enum).toEqual([...visibilities]);
  });

  it.each([
    ['a field too many', { size: 1 }],
    ['an unknown status', { status: 'available' }],
    ['a time without zone', { createdAt: '2026-11-21T08:00:00' }],
    ['a number as id', { id: 7 }],
    ['a size that is no whole number', { sizeBytes: 1.5 }],
    ['null for not given', { owner: null }],
    ['a property that is no text', { properties: { a: 1 } }],
  ])('refuses %s', (_name, fault) => {
    expect(validate({ ...(imageView.json(ubuntu, { raw: false }) as object), ...fault })).toBe(false);
  });
});
