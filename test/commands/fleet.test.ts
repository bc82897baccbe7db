import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const labs = (...names: readonly string[]): Record<string, string> =>
  Object.assign({}, ...names.map((name) => profileVariables(name, 'local', { path: stage.file(name) })));

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});
/** A server that takes every request and never answers. */
async function silent(): Promise<string> {
  server = createServer(() => {});
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/projects/1a5`;
}

interface Group {
  readonly group: string;
  readonly images: readonly { readonly profile: string }[];
  readonly [standing: string]: unknown;
}

describe('a profile that never answers', () => {
  it('holds the others only for its own time', async () => {
    const env = { ...labs('laba'), ...profileVariables('stuck', 'rancher', { url: await silent() }) };
    await stage.ok(['create', 'laba:one'], { env });
    // Time enough for the others; without it the list would wait for 30 s, which each request has.
    const start = Date.now();
    const result = await stage.run(['list', '-A', '--profile-timeout', '2s', '-o', 'json'], { env });
    expect(Date.now() - start).toBeLessThan(20_000);
    expect(result.exitCode).toBe(12);
    expect(result.json()).toMatchObject([{ profile: 'laba', name: 'one' }]);
    expect(errorOf(result)).toMatchObject({ code: 'PARTIAL', exitCode: 12 });
    const [first = ''] = result.stderr.split('\n').filter((line) => line.startsWith('{"error"'));
    expect((JSON.parse(first) as { error: object }).error).toMatchObject({
      code: 'NETWORK',
      profile: 'stuck',
      hint: expect.stringContaining('--profile-timeout'),
    });
  });
});

describe('the summary', () => {
  it('stands on stderr of a terminal, and nowhere else', async () => {
    const env = {
      ...labs('laba', 'labb'),
      ...profileVariables('dead', 'rancher', { url: 'http://127.0.0.1:1/v1/projects/1a5' }),
    };
    await stage.ok(['create', 'laba:one'], { env });
    await stage.ok(['create', 'labb:two'], { env });
    const shown = await stage.run(['list', '-p', 'lab*'], { env, terminal: true, columns: 100 });
    expect(shown.stderr).toBe('2 images in 2 profiles\n');
    const failing = await stage.run(['list', '-A', '--retries', '0'], { env, terminal: true, columns: 100 });
    expect(failing.stderr).toMatch(/\n2 images in 4 profiles, 1 failed\n$/);
    expect((await stage.run(['list', '-p', 'lab*'], { env })).stderr).toBe('');
    expect((await stage.run(['list', '-p', 'lab*', '-o', 'json'], { env, terminal: true })).stderr).toBe('');
  });
});

describe('list --group-by', () => {
  /** The same disk in laba and labb (there as qcow2), an older one in labc, nothing in labd. */
  async function fleet(): Promise<Record<string, string>> {
    const env = labs('laba', 'labb', 'labc', 'labd');
    const old = stage.write('old.raw', smallDisk(1));
    const fresh = stage.write('fresh.raw', smallDisk(2));
    await stage.ok(['upload', old, '--name', 'labc:web'], { env });
    await stage.ok(['upload', fresh, '--name', 'laba:web'], { env });
    await stage.ok(['upload', fresh, '--name', 'labb:web', '--disk-format', 'qcow2'], { env });
    await stage.ok(['create', 'labd:db'], { env });
    return env;
  }
  const groups = async (by: string, env: Record<string, string>, ...more: readonly string[]): Promise<readonly Group[]> =>
    (await stage.ok(['list', '-p', 'lab*', '--group-by', by, '-o', 'json', ...more], { env })).json() as Group[];

  it('by name: who has the newest disk, in whatever format, and who lags behind', async () => {
    const env = await fleet();
    const found = await groups('name', env, '--sort', 'name:desc');
    expect(found.map(({ group }) => group)).toEqual(['web', 'db']);
    expect(found[0]).toMatchObject({
      by: 'name',
      same: ['laba', 'labb'],
      behind: ['labc'],
      ahead: [],
      missing: ['labd'],
      unknown: [],
    });
    expect(found[0]?.images.map(({ profile }) => profile).sort()).toEqual(['laba', 'labb', 'labc']);
    expect(found[1]).toMatchObject({ same: ['labd'], missing: ['laba', 'labb', 'labc'] });
    const table = await stage.ok(
      [
        'list',
        '-p',
        'lab*',
        '--group-by',
        'name',
        '--sort',
        'name:desc',
        '--limit',
        '1',
        '--no-header',
        '-c',
        'group,same,behind,missing',
      ],
      { env },
    );
    expect(table.stdout).toBe('web\tlaba,labb\tlabc\tlabd\n');
  });

  it('by content: one line for each disk; what has no content id is in none', async () => {
    const env = await fleet();
    const found = await groups('contentId', env, '--sort', 'created:desc');
    expect(found.length).toBe(2);
    expect(found[0]).toMatchObject({ by: 'contentId', same: ['laba', 'labb'], behind: ['labc'], missing: ['labd'] });
    expect(found[1]).toMatchObject({ same: ['labc'], ahead: ['laba', 'labb'], missing: ['labd'] });
    expect(found.every(({ group }) => /^blocks-sha256:[0-9a-f]{64}$/.test(group))).toBe(true);
    const told = await stage.ok(['list', '-p', 'lab*', '--group-by', 'contentId'], { env });
    expect(told.stderr).toBe('1 image has no contentId and is not shown\n');
  });

  it('counts a profile that failed as unknown, and ends with 12', async () => {
    const env = { ...labs('laba'), ...profileVariables('dead', 'rancher', { url: 'http://127.0.0.1:1/v1/projects/1a5' }) };
    await stage.ok(['create', 'laba:one'], { env });
    const result = await stage.run(['list', '-p', 'laba', '-p', 'dead', '--group-by', 'name', '-o', 'json', '--retries', '0'], {
      env,
    });
    expect(result.exitCode).toBe(12);
    expect(result.json()).toMatchObject([{ group: 'one', same: ['laba'], missing: [], unknown: ['dead'] }]);
  });
});
