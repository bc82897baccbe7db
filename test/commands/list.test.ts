import { describe, expect, it } from 'vitest';
import { commandStage, errorOf, profileVariables, type CommandStage } from './stage.ts';

const stage = commandStage();

interface Listed {
  readonly name: string;
  readonly profile: string;
}
const namesOf = (found: { json(): unknown }): readonly string[] => (found.json() as Listed[]).map(({ name }) => name);
const list = async (on: CommandStage, ...options: readonly string[]): Promise<readonly string[]> =>
  namesOf(await on.ok(['list', ...options, '-o', 'json']));

describe('list', () => {
  it('gives an empty store as an empty result, with 0, in every format', async () => {
    const empty = { json: '[]\n', jsonl: '', yaml: '[]\n', id: '' };
    for (const [format, text] of Object.entries(empty))
      expect((await stage.ok(['list', '-o', format])).stdout, format).toBe(text);
    expect((await stage.ok(['list'])).stdout).toBe('id\tname\tstatus\tvisibility\tdiskFormat\tsizeBytes\tcreatedAt\n');
    expect((await stage.ok(['list', '-o', 'csv'])).stdout).toBe('id,name,status,visibility,diskFormat,sizeBytes,createdAt\r\n');
    const terminal = await stage.ok(['list'], { terminal: true });
    expect(terminal.stderr).toMatch(/^no images\n/);
  });

  it('says how far it is on stderr, where that is asked for, and nothing else', async () => {
    await stage.queued('a');
    await stage.queued('b');
    const { stdout, stderr } = await stage.ok(['list', '-o', 'json', '--progress', 'json']);
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { event: 'start', task: 'list local' },
      { event: 'progress', percent: 0, message: '0 of 2 images' },
      { event: 'done', task: 'list local' },
    ]);
    expect((await stage.ok(['list', '-o', 'json'])).stderr).toBe('');
  });

  it('writes one array, one object a line, one id a line, CSV and YAML', async () => {
    const a = await stage.queued('a,"b"', '--tag', 't');
    const b = await stage.queued('b', '--property', 'os=x y');
    const found = (await stage.ok(['list', '--sort', 'created', '-o', 'json'])).json() as object[];
    expect(found).toMatchObject([
      { profile: 'local', provider: 'local', id: a, name: 'a,"b"', status: 'queued', tags: ['t'], properties: {} },
      { id: b, properties: { os: 'x y' } },
    ]);
    expect(found[0]).not.toHaveProperty('sizeBytes');
    expect(found[0]).not.toHaveProperty('raw');
    const lines = (await stage.ok(['ls', '--sort', 'created', '-o', 'jsonl'])).stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Listed).name)).toEqual(['a,"b"', 'b']);
    expect((await stage.ok(['list', '--sort', 'created', '-o', 'id'])).stdout).toBe(`${a}\n${b}\n`);
    const csv = await stage.ok(['list', '--sort', 'created', '-o', 'csv', '-c', 'id,name']);
    expect(csv.stdout).toBe(`id,name\r\n${a},"a,""b"""\r\n${b},b\r\n`);
    expect((await stage.ok(['list', '--sort', 'created', '-o', 'yaml', '-c', 'name'])).stdout).toBe('- name: a,"b"\n- name: b\n');
    const raw = (await stage.ok(['list', '--raw', '--json'])).json() as { raw: object }[];
    expect(raw.every((image) => Object.keys(image.raw).length > 0)).toBe(true);
  });

  it('shows the columns that were asked for, properties too, and no header where none is wanted', async () => {
    await stage.queued('a', '--property', 'os=debian', '--tag', 'x', '--tag', 'y');
    const shown = await stage.ok(['list', '-c', 'name,properties.os,tags', '--no-header']);
    expect(shown.stdout).toBe('a\tdebian\tx,y\n');
    expect((await stage.ok(['list', '-c', 'name', '--columns', 'properties.none'])).stdout).toBe('name\tproperties.none\na\t\n');
  });

  it('refuses an unknown column before anything is asked, with the nearest names', async () => {
    const refused = await stage.run(['list', '-c', 'nmae', '-o', 'json']);
    expect(refused.exitCode).toBe(2);
    expect(errorOf(refused)).toMatchObject({ code: 'USAGE', message: 'unknown column: nmae', exitCode: 2 });
    expect(errorOf(refused).hint).toMatch(/^Did you mean name\? Columns: profile, provider, id, name, /);
  });

  it('filters by name, tag, property, status, format, size, age and visibility, all ANDed', async () => {
    await stage.queued('web-1', '--tag', 'x', '--tag', 'y', '--property', 'os=debian');
    await stage.queued('web-2', '--tag', 'x', '--property', 'os=debian', '--disk-format', 'qcow2');
    await stage.image('db', '--visibility', 'public');
    expect(await list(stage, '--name', 'web-*', '--sort', 'name')).toEqual(['web-1', 'web-2']);
    expect(await list(stage, '--name', 'web-?', '--tag', 'x', '--tag', 'y')).toEqual(['web-1']);
    expect(await list(stage, '--property', 'os=debian', '--format', 'qcow2')).toEqual(['web-2']);
    expect(await list(stage, '--status', 'active')).toEqual(['db']);
    expect(await list(stage, '--visibility', 'public')).toEqual(['db']);
    expect(await list(stage, '--owner', 'somebody')).toEqual([]);
    expect(await list(stage, '--min-size', '1M', '--max-size', '1MiB')).toEqual(['db']);
    expect(await list(stage, '--min-size', '1048577')).toEqual([]);
    expect(await list(stage, '--older-than', '1h')).toEqual([]);
    expect((await list(stage, '--newer-than', '1h')).length).toBe(3);
    const later = { now: () => Date.now() + 2 * 3_600_000 };
    expect(namesOf(await stage.ok(['list', '--older-than', '1h', '--name', 'db', '-o', 'json'], later))).toEqual(['db']);
  });

  it('leaves hidden images out unless they are wanted', async () => {
    await stage.queued('seen');
    await stage.queued('unseen', '--hide');
    expect(await list(stage)).toEqual(['seen']);
    expect(await list(stage, '--hidden', '--sort', 'name')).toEqual(['seen', 'unseen']);
  });

  it('sorts by several keys, cuts, and begins behind an id', async () => {
    const ids: Record<string, string> = {};
    for (const [name, size] of [
      ['c', '1GiB'],
      ['a', '2GiB'],
      ['b', '2GiB'],
    ] as const)
      ids[name] = await stage.queued(name, '--min-disk', size);
    expect(await list(stage, '--sort', 'minDiskBytes:desc,name')).toEqual(['a', 'b', 'c']);
    expect(await list(stage, '--sort', 'name:desc', '--limit', '2')).toEqual(['c', 'b']);
    expect(await list(stage, '--sort', 'name', '--after', ids.a ?? '')).toEqual(['b', 'c']);
    expect(await list(stage, '--limit', '0')).toEqual([]);
    const behind = await stage.run(['list', '--after', 'nowhere']);
    expect([behind.exitCode, behind.stderr]).toEqual([5, 'imgctl: --after: no such image in this list: nowhere\n']);
  });

  it.each([
    [['--sort', 'creted'], '--sort: unknown field: creted', 'Did you mean created?'],
    [['--sort', 'name:down'], '--sort: "name:down" is not FIELD, FIELD:asc or FIELD:desc', undefined],
    [['--visibility', 'pubic'], '--visibility: "pubic" is not one of public, private, shared, community', undefined],
    [['--property', 'os'], '--property: "os" is not of the form key=value', undefined],
    [['--min-size', 'big'], '--min-size: invalid size: big', expect.stringContaining('512MiB')],
    [['--older-than', '3w'], '--older-than: invalid duration: 3w', expect.stringContaining('30d')],
    [['--limit', '-1'], '--limit: "-1" is not a whole number', undefined],
    [['--limit', '9'.repeat(20)], `--limit: ${'9'.repeat(20)} is more than 999999999`, undefined],
    [
      ['--output', 'jsn'],
      '--output: "jsn" is not one of table, wide, json, jsonl, yaml, csv, markdown, id, junit, sarif, tf-external',
      undefined,
    ],
    [['--nam', 'x'], 'unknown option: --nam', 'Did you mean --name?'],
  ])('refuses %j', async (options, message, hint) => {
    const refused = await stage.run(['--json', 'list', ...options]);
    expect(refused.stdout).toBe('');
    expect(errorOf(refused)).toEqual({ code: 'USAGE', message, exitCode: 2, ...(hint === undefined ? {} : { hint }) });
    expect(refused.exitCode).toBe(2);
  });

  it('refuses a filter of its own that the provider has not, before anything is shown', async () => {
    const refused = await stage.run(['list', '--filter', 'member_status=x', '--json']);
    expect([refused.exitCode, refused.stdout]).toEqual([2, '']);
    expect(errorOf(refused)).toMatchObject({
      code: 'USAGE',
      message: 'unknown filter for local: member_status',
      hint: expect.stringContaining('imgctl list --help'),
      profile: 'local',
    });
  });

  it('ends quietly when nobody reads any more', async () => {
    await stage.queued('a');
    const result = await stage.run(['list', '-o', 'jsonl'], { stdoutClosesAfter: 0 });
    expect([result.exitCode, result.stderr]).toEqual([0, '']);
  });

  // What a cloud says is in test/security: no verb of imgctl sets a name with control characters.
  it('never passes on what a terminal would act upon', async () => {
    await stage.queued('evil\u2028x\u202egnp');
    const shown = await stage.ok(['list', '-c', 'name'], { terminal: true, columns: 200 });
    expect(shown.stdout).toContain('evil\\u2028x\\u202egnp');
    expect((await stage.ok(['list', '-c', 'name', '--no-header'])).stdout).toBe('evil\\u2028x\\u202egnp\n');
  });
});

describe('list over several profiles', () => {
  const twoLabs = () => ({
    ...profileVariables('laba', 'local', { path: stage.file('a') }),
    ...profileVariables('labb', 'local', { path: stage.file('b') }),
  });
  // A port of loopback that nobody listens at.
  const dead = () => profileVariables('dead', 'rancher', { url: 'http://127.0.0.1:1/v1/projects/1a5' });

  it('shows the rows of each with its profile, in the order of the profiles', async () => {
    const env = twoLabs();
    await stage.ok(['create', 'labb:two'], { env });
    await stage.ok(['create', 'laba:one'], { env });
    await stage.ok(['create', 'three', '-p', 'laba'], { env });
    const shown = await stage.ok(['list', '-p', 'labb', '-p', 'laba', '-c', 'profile,name', '--no-header'], { env });
    expect(shown.stdout).toBe('labb\ttwo\nlaba\tone\nlaba\tthree\n');
    const globbed = (await stage.ok(['list', '-p', 'lab*', '-o', 'json'], { env })).json() as Listed[];
    expect(globbed.map(({ profile, name }) => `${profile}:${name}`)).toEqual(['laba:one', 'laba:three', 'labb:two']);
    const sorted = await stage.ok(['list', '-A', '--sort', 'name', '-c', 'name', '--no-header', '--limit', '2'], { env });
    expect(sorted.stdout).toBe('one\nthree\n');
    expect((await stage.ok(['list', '-p', 'laba', '-p', 'lab?'], { env })).stdout).toMatch(/^profile\tid\tname\t/);
  });

  it('includes the current profile in -A, also where it is the store that needs none', async () => {
    await stage.queued('here');
    await stage.ok(['create', 'there', '-p', 'laba'], { env: twoLabs() });
    const all = (await stage.ok(['list', '-A', '-o', 'json'], { env: twoLabs() })).json() as Listed[];
    expect(all.map(({ profile, name }) => `${profile}:${name}`).sort()).toEqual(['laba:there', 'local:here']);
    expect((await stage.ok(['list', '-A', '-c', 'profile', '--no-header'])).stdout).toBe('local\n');
  });

  it('prints what it got, one error for the dead one, and ends with 12', async () => {
    const env = { ...twoLabs(), ...dead() };
    await stage.ok(['create', 'laba:one'], { env });
    const result = await stage.run(['list', '-A', '-o', 'json', '--retries', '0'], { env });
    expect(result.exitCode).toBe(12);
    expect((result.json() as Listed[]).map(({ name }) => name)).toEqual(['one']);
    const [silent = '', last = '', ...more] = result.stderr.trimEnd().split('\n');
    expect([JSON.parse(last), more]).toMatchObject([{ error: { code: 'PARTIAL', exitCode: 12 } }, []]);
    expect((JSON.parse(silent) as { error: object }).error).toMatchObject({
      code: 'NETWORK',
      profile: 'dead',
      provider: 'rancher',
      exitCode: 9,
    });
    const text = await stage.run(['list', '-A', '--retries', '0'], { env });
    expect(text.exitCode).toBe(12);
    expect(text.stderr).toMatch(/^imgctl: .*127\.0\.0\.1:1/);
  });

  it('ends with 9, not with 12, where the dead one is the only one', async () => {
    const result = await stage.run(['list', '-p', 'dead', '--retries', '0'], { env: dead() });
    expect([result.exitCode, result.stdout]).toEqual([9, '']);
  });

  it('refuses a pattern that fits no profile, and a name that is none, with the nearest', async () => {
    const env = twoLabs();
    const none = await stage.run(['list', '-p', 'prod-*', '--json'], { env });
    expect(errorOf(none)).toMatchObject({ code: 'CONFIG', message: 'no profile matches "prod-*"', exitCode: 3 });
    const near = await stage.run(['list', '-p', 'lab', '--json'], { env });
    expect(errorOf(near)).toMatchObject({
      code: 'CONFIG',
      message: 'no such profile: lab',
      hint: 'Did you mean laba or labb?',
    });
    expect(near.exitCode).toBe(3);
  });
});
