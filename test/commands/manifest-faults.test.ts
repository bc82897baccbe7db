import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimplestreams, type RunningStreams } from '../clouds/simplestreams/index.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { publishedDisk } from '../support/published-disk.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const env = () => profileVariables('lab', 'local', { path: stage.file('lab') });
const bom = '\ufeff';
const write = (image: object, mark = ''): string =>
  stage.write(
    'images.json',
    mark + JSON.stringify({ manifest: 'fleet', images: [{ name: 'web', source: './disk.raw', targets: ['lab'], ...image }] }),
  );
const plan = (image: object, ...more: readonly string[]) =>
  stage.run(['plan', '-f', write(image), '--json', ...more], { env: env() });

describe('a manifest with a fault', () => {
  it.each([{ displayName: '' }, { arch: '' }, { tags: [''] }, { targets: [''] }, { channel: '' }, { verify: '' }])(
    '%o ends with exit status 3, and names its place',
    async (fault) => {
      stage.write('disk.raw', smallDisk(1));
      const { exitCode, stderr } = await plan(fault);
      expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/images\[0\]\.\w+/)]);
    },
  );
});

describe('a source that is no plain file', () => {
  const kinds: Readonly<Record<string, (file: string) => void>> = {
    folder: (file) => void mkdirSync(file),
    FIFO: (file) => void execFileSync('mkfifo', [file]),
  };
  it.each(Object.keys(kinds))('is told as what it is: a %s', async (kind) => {
    kinds[kind]?.(stage.file('odd'));
    const { exitCode, stderr } = await plan({ source: './odd' });
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining(kind === 'folder' ? 'odd is a folder' : 'odd is no regular')]);
    expect(stderr).not.toContain('no such file');
  });

  it('is a device', async () => {
    const { stderr } = await plan({ source: '/dev/null' });
    expect(stderr).toContain('/dev/null is no regular file');
  });
});

describe('a source that is surely not there', () => {
  let server: FakeServer;
  let streams: RunningStreams;
  beforeAll(async () => {
    server = await startFakeServer(() => ({ status: 404, body: '' }));
    streams = await startSimplestreams();
    publishedDisk(streams).publish('20261101', smallDisk(1));
  });
  afterAll(async () => {
    await server.stop();
    await streams.stop();
  });
  const kinds: Readonly<Record<string, () => object>> = {
    'a file': () => ({ source: './missing.raw' }),
    'a URL': () => ({ source: `${server.origin}/missing.raw`, checksum: `sha256:${'0'.repeat(64)}` }),
    'a checksum file': () => ({ source: `${server.origin}/missing.raw`, checksum: `${server.origin}/SUMS` }),
    'an image of a profile': () => ({ source: 'lab:missing' }),
    'an image of a publisher': () => ({ source: 'pub:missing' }),
    'a profile': () => ({ source: 'nowhere:web' }),
  };

  it.each(Object.keys(kinds))('is told as that, once, and the rest is done: %s', async (kind) => {
    stage.write('disk.raw', smallDisk(1));
    const gone = { name: 'gone', targets: ['lab', 'other'], ...kinds[kind]?.() };
    const images = [gone, { name: 'web', source: './disk.raw', targets: ['lab'] }];
    const file = stage.write('images.json', JSON.stringify({ manifest: 'fleet', images }));
    const home = {
      ...env(),
      ...profileVariables('other', 'local', { path: stage.file('other') }),
      ...profileVariables('pub', 'simplestreams', streams.values),
    };
    const run = async (...args: readonly string[]) => {
      const { exitCode, stderr, json } = await stage.run([...args, '-o', 'json', '--retries', '0'], { env: home });
      const rows = json() as readonly {
        readonly image: string;
        readonly action: string;
        readonly result?: string;
        readonly code?: string;
      }[];
      const codes = stderr.split('\n').flatMap((line) => /"code":"(\w+)"/.exec(line)?.[1] ?? []);
      return {
        exitCode,
        codes,
        told: rows.map(({ image, action, result = '', code = '' }) => `${image} ${action} ${result}${code}`.trim()),
      };
    };
    const planned = { exitCode: 5, codes: ['NOT_FOUND'], told: ['gone blocked NOT_FOUND', 'gone blocked NOT_FOUND', 'web add'] };
    expect(await run('plan', '-f', file)).toEqual(planned);
    expect(await run('plan', '-f', file, '--check')).toEqual(planned);
    expect(await run('apply', '-f', file, '--dry-run')).toEqual(planned);
    expect(await run('apply', '-f', file, '--yes')).toEqual({
      exitCode: 12,
      codes: ['NOT_FOUND', 'PARTIAL'],
      told: ['gone blocked failedNOT_FOUND', 'gone blocked failedNOT_FOUND', 'web add ok'],
    });
  });
});

describe('the mark that editors of Windows put before a text', () => {
  it('is no fault in a manifest, nor in a plan', async () => {
    stage.write('disk.raw', smallDisk(1));
    const file = stage.file('plan.json');
    await stage.ok(['plan', '-f', write({}, bom), '--out', file], { env: env() });
    stage.write('plan.json', `${bom}${stage.read('plan.json').toString()}`);
    await stage.ok(['apply', file, '--yes'], { env: env() });
    const rules = stage.write('rules.yaml', `${bom}version: 1\nrules:\n  - id: named\n    require: { name: web }\n`);
    await stage.ok(['policy', 'check', '--rules', rules, '-p', 'lab'], { env: env() });
    const merge = stage.write('patch.json', `${bom}{"description":"x"}`);
    await stage.ok(['patch', 'lab:web', '--merge-patch', merge], { env: env() });
    await stage.ok(['patch', 'lab:web', '--merge-patch', '-'], { env: env(), stdin: `${bom}{"description":"y"}` });
  });
});

describe('what keep is about', () => {
  it('says why nothing is retired where nobody can be asked what is used', async () => {
    const apply = (image: object, ...more: readonly string[]) =>
      stage.run(['apply', '-f', write(image), '--yes', ...more], { env: env() });
    for (const seed of [1, 2]) {
      stage.write('disk.raw', smallDisk(seed));
      await apply({});
    }
    const kept = await stage.run(['plan', '-f', write({ keep: 1 })], { env: env() });
    expect(kept.stderr).toContain('web in lab: 1 version stays beyond keep');
    expect(kept.stderr).toContain('--unused');
    expect((await stage.run(['plan', '-f', write({ keep: 1 }), '--unused'], { env: env() })).stderr).not.toContain('--unused');
  });

  it('is told of an image that is taken over', async () => {
    const disk = stage.write('disk.raw', smallDisk(1));
    await stage.ok(['upload', disk, '--name', 'lab:web'], { env: env() });
    const reasons = async (image: object) =>
      ((await plan(image)).json() as readonly { readonly reason: string }[]).map(({ reason }) => reason).join();
    expect(await reasons({ keep: 1 })).toContain('retired, and later deleted, when newer ones replace it');
    expect(await reasons({})).toBe('it is there, and not marked yet');
  });
});
