import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { defineDriver, type Driver } from '../../src/core/driver.ts';
import { operationNames } from '../../src/core/operation-names.ts';
import type { Download } from '../../src/core/operation.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import type { DriverList } from '../../src/engine/context.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What is published now, as it comes and as it is described. */
let published: { bytes: Buffer; facts: Pick<Download, 'encoding' | 'uncompressedDigests'> };

const record = {
  id: 'im-1',
  name: 'noble',
  status: 'active',
  providerStatus: 'ok',
  tags: [],
  properties: {},
  places: [],
  raw: {},
} as const;

/** A publisher of one image. */
const source: Driver = defineDriver({
  name: 'source',
  title: 'A publisher',
  docs: 'https://source.invalid/',
  profile: {},
  example: '',
  ids: /^im-\d+$/,
  connect: () => ({}),
  operations: {
    list: {
      filters: [],
      async *run() {
        yield record;
      },
    },
    show: { run: async () => record },
    download: {
      ranges: false,
      run: async () => ({
        ...published.facts,
        bytes: published.bytes.length,
        async *open() {
          for (let at = 0; at < published.bytes.length; at += 65_536) yield published.bytes.subarray(at, at + 65_536);
        },
      }),
    },
  },
  absent: Object.fromEntries(
    operationNames.filter((name) => !['list', 'show', 'download'].includes(name)).map((verb) => [verb, 'It can only be read.']),
  ),
});
const drivers: DriverList = {
  ...driverList,
  names: ['local', 'source'],
  load: (name) => (name === 'source' ? Promise.resolve(source) : driverList.load(name)),
};

const run = (args: readonly string[]) => stage.run(args, { drivers, env: profileVariables('pub', 'source', {}) });
const ways = (): readonly (readonly string[])[] => [
  ['download', 'pub:noble', stage.file('out.raw'), '--force'],
  ['download', 'pub:noble', stage.file('out.qcow2'), '--disk-format', 'qcow2', '--force'],
  ['download', 'pub:noble', '-'],
  ['copy', 'pub:noble', 'local', '--if-exists', 'rename'],
];

describe('an image of which only the unpacked bytes have a digest', () => {
  it.each([
    ['is taken when they have it', disk, 0],
    ['is left nowhere when they have not', smallDisk(2), 11],
  ])('%s', async (_what, bytes, code) => {
    published = {
      bytes: gzipSync(bytes),
      facts: { encoding: { format: 'raw', compression: 'gzip' }, uncompressedDigests: { sha256: sha256(disk) } },
    };
    for (const way of ways().slice(0, 2)) {
      const result = await run(way);
      expect(result.exitCode, `${way.join(' ')} ${result.stderr}`).toBe(code);
      if (code !== 0) expect(() => stage.read(way[2] ?? '')).toThrow();
    }
  });
});
