import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { defineDriver, type Driver } from '../../src/core/driver.ts';
import { sourceFields } from '../../src/core/field.ts';
import { operationNames } from '../../src/core/operation-names.ts';
import type { Download } from '../../src/core/operation.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import type { DriverList } from '../../src/engine/context.ts';
import { publisher } from '../support/publisher.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const [ours, stranger] = [publisher('Images'), publisher('Somebody')];
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What is published now, as it comes and as it is described. */
let published: { bytes: Buffer; facts: Pick<Download, 'encoding' | 'digests' | 'uncompressedDigests' | 'signature'> };
beforeEach(() => {
  published = { bytes: disk, facts: { encoding: { format: 'raw' }, signature: ours.detached(disk) } };
  stage.write('keys.asc', ours.key);
  stage.write('strange.asc', stranger.key);
});

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

/** A publisher of one image, whose data itself is signed. */
const source: Driver = defineDriver({
  name: 'source',
  title: 'A publisher',
  docs: 'https://source.invalid/',
  profile: { ...sourceFields },
  example: '--set keyring=FILE',
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

const run = (args: readonly string[], fields: Readonly<Record<string, string>>) =>
  stage.run(args, { drivers, env: profileVariables('pub', 'source', fields) });
const ways = (): readonly (readonly string[])[] => [
  ['download', 'pub:noble', stage.file('out.raw'), '--force'],
  ['download', 'pub:noble', stage.file('out.qcow2'), '--disk-format', 'qcow2', '--force'],
  ['download', 'pub:noble', '-'],
  ['copy', 'pub:noble', 'local', '--if-exists', 'rename'],
];
const keyring = (): Readonly<Record<string, string>> => ({ keyring: stage.file('keys.asc') });

describe('an image whose data is signed', () => {
  it('is judged on every way by the keys of its profile', async () => {
    for (const way of ways()) {
      const good = await run(way, keyring());
      expect(`${good.exitCode} ${good.stderr}`, way.join(' ')).toMatch(/^0 /);
      expect(good.stderr).toContain(ours.fingerprint);
      expect(good.stderr).not.toContain('not verified');
    }
    expect((await stage.run(['show', 'local:noble', '-o', 'json'])).json()).toMatchObject({
      properties: { 'imgctl.source.signer': ours.fingerprint },
    });
  });

  it('is left nowhere when other bytes come, or somebody else has signed', async () => {
    const wrong = [
      { bytes: smallDisk(2), facts: published.facts },
      { bytes: disk, facts: { ...published.facts, signature: stranger.detached(disk) } },
    ];
    for (published of wrong)
      for (const way of ways()) {
        const bad = await run(way, keyring());
        expect([bad.exitCode, bad.stdout], way.join(' ')).toEqual([11, '']);
        expect(bad.bytes.length, 'standard output never has the whole').toBeLessThan(disk.length);
        expect(() => stage.read(way[2] ?? ''), way.join(' ')).toThrow();
        expect(await stage.names()).toEqual([]);
      }
  });

  it('--verify wins over the profile', async () => {
    const [way = []] = ways();
    expect((await run([...way, '--verify', `gpg:${stage.file('strange.asc')}`], keyring())).exitCode).toBe(11);
    expect((await run([...way, '--verify', 'none'], { keyring: stage.file('strange.asc') })).exitCode).toBe(0);
    expect((await run(way, { ...keyring(), verify: 'gpg' })).exitCode).toBe(0);
    expect((await run(way, { ...keyring(), signer: stranger.fingerprint })).exitCode).toBe(3);
  });

  it('is said to be unverified where its profile names no keys', async () => {
    const [way = []] = ways();
    const trusting = await run(way, {});
    expect(trusting.exitCode, trusting.stderr).toBe(0);
    expect(trusting.stderr).toContain('noble is signed');
    expect((await run(way, { verify: 'none' })).stderr).not.toContain('noble is signed');
  });

  it.each([
    ['verify', 'yes'],
    ['signer', 'ABCD'],
    ['keyring', '/nowhere/keys.asc'],
  ])('a profile whose %s is "%s" is a mistake of the settings', async (field, value) => {
    const [way = []] = ways();
    const bad = await run(way, { ...keyring(), [field]: value });
    expect(bad.exitCode, bad.stderr).toBe(3);
  });
});

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
      const result = await run(way, keyring());
      expect(result.exitCode, `${way.join(' ')} ${result.stderr}`).toBe(code);
      if (code !== 0) expect(() => stage.read(way[2] ?? '')).toThrow();
    }
  });
});
