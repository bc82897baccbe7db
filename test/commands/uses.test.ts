import { beforeEach, describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import type { CliResult } from '../support/run-cli.ts';

const cli = useOpenstackCli();
const project = projects.demo ?? '';
let id = '';
let first = '';
beforeEach(() => {
  id = String(cli.image('web').wire.id);
  first = cli.cloud().nova.boot({ name: 'web-1', image: id, project });
  cli.cloud().nova.boot({ name: 'web-2', image: id, project });
  cli.cloud().cinder.create({ name: 'data', image: id, project });
});

const toServices = (): readonly string[] =>
  cli
    .cloud()
    .requests()
    .map(({ path }) => path)
    .filter((path) => /^\/(compute|volume)\//.test(path));
const failing = (status: number, where: RegExp): void =>
  cli.cloud().fail({ kind: 'answer', status, body: '', times: 99, on: ({ path }) => where.test(path) });
const errorsOf = ({ stderr }: CliResult): readonly { readonly code: string; readonly message: string }[] =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { error: { code: string; message: string } }).error);

describe('uses', () => {
  it('lists what uses an image, and nothing of one that nothing uses', async () => {
    const shown = (await cli.ok(['uses', 'demo:web'])).stdout.split('\n');
    expect(shown[0]).toBe('kind\tid\tname\tstatus\tplace\towner');
    expect(shown).toContain(`instance\t${first}\tweb-1\tACTIVE\tnova\t${project}`);
    expect((await cli.ok(['uses', 'demo:web', '-o', 'json'])).json()).toContainEqual({
      profile: 'demo',
      image: id,
      kind: 'instance',
      id: first,
      name: 'web-1',
      status: 'ACTIVE',
      place: 'nova',
      owner: project,
    });
    cli.image('idle');
    expect((await cli.ok(['uses', 'demo:idle', '-o', 'json'])).json()).toEqual([]);
    expect((await cli.ok(['uses', 'demo:idle'], { terminal: true })).stderr).toContain('no known uses');
  });

  it('asks for the images of an account together, and says of each use which image it is of', async () => {
    const other = String(cli.image('db').wire.id);
    cli.cloud().nova.boot({ name: 'db-1', image: other, project });
    const result = await cli.ok(['uses', 'demo:web', 'demo:db', `demo:${other}`, '-o', 'json']);
    const rows = result.json() as readonly { image: string; name: string }[];
    expect(rows.map(({ image, name }) => `${image === id ? 'web' : 'db'} ${name}`).sort()).toEqual([
      'db db-1',
      'web data',
      'web web-1',
      'web web-2',
    ]);
    expect(toServices().filter((path) => path.includes('/volumes/detail')).length).toBe(1);
    expect((await cli.ok(['uses', 'demo:web', 'demo:db'])).stdout).toMatch(/^profile\timage\tkind\t/);
  });

  it('says on stderr what could not be asked, gives the rest, and ends with 12', async () => {
    failing(403, /\/volumes\/detail/);
    const result = await cli.run(['uses', 'demo:web', '-o', 'id']);
    expect([result.exitCode, result.stdout.split('\n').length]).toEqual([12, 3]);
    expect(result.stderr).toContain('web: could not check volumes: ');
    const json = await cli.run(['uses', 'demo:web', '-o', 'json']);
    expect(errorsOf(json)).toMatchObject([
      { code: 'PARTIAL', message: expect.stringContaining('could not check volumes') as unknown },
    ]);
    cli.cloud().missing = ['compute', 'volumev3'];
    const none = await cli.run(['uses', 'demo:web', '-o', 'json']);
    expect([none.exitCode, none.json()]).toEqual([12, []]);
    expect(errorsOf(none).map(({ message }) => message)).toEqual([
      'demo:web: could not check instances: the catalogue has no compute service in region RegionOne',
      'demo:web: could not check volumes: the catalogue has no block storage service in region RegionOne',
    ]);
  });

  it('tells of an image that is not there, and of the uses of the others', async () => {
    expect((await cli.run(['uses', 'demo:nope'])).exitCode).toBe(5);
    const result = await cli.run(['uses', 'demo:nope', 'demo:web', '-o', 'id']);
    expect([result.exitCode, result.stdout.split('\n').length]).toEqual([12, 4]);
    expect(result.stderr).toContain('nope');
    expect(result.stderr).toContain('1 of 2 images failed');
  });

  it('is refused where the provider does not know, and fails where nobody can sign in', async () => {
    const refused = await cli.run(['uses', 'local:web']);
    expect([refused.exitCode, refused.stderr]).toEqual([7, expect.stringMatching(/Supported by: .*openstack/)]);
    failing(401, /\/auth\/tokens/);
    expect((await cli.run(['uses', 'demo:web'])).exitCode).toBe(4);
  });
});

describe('before an image goes', () => {
  const used = /used by 2 instances \(web-[12], web-[12]\), 1 volume \(data\)/;
  const files = () => ({ raw: cli.write('disk.raw', disk(2)) });

  it('whoever deletes it on a terminal sees what uses it, before the answer', async () => {
    const result = await cli.run(['delete', 'demo:web'], { terminal: true, answers: ['n'] });
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toMatch(used);
    expect(result.stderr.search(used)).toBeLessThan(result.stderr.indexOf('Delete'));
    failing(503, /\/volumes\/detail/);
    const unknown = await cli.run(['delete', 'demo:web', '--retries', '0'], { terminal: true, answers: ['n'] });
    expect(unknown.stderr).toMatch(/used by 2 instances \(web-[12], web-[12]\); could not check volumes/);
    cli.image('idle');
    const idle = await cli.run(['delete', 'demo:idle', 'demo:web', '--retries', '0'], { terminal: true, answers: ['n'] });
    expect(idle.stderr).toMatch(/^web: used by /m);
    expect(idle.stderr).toMatch(/^idle: could not check volumes$/m);
  });

  it('and so does who replaces it', async () => {
    const line = ['upload', files().raw, '--name', 'demo:web', '--if-exists', 'replace'];
    const result = await cli.run(line, { terminal: true, answers: ['n'] });
    expect([result.exitCode, result.stderr]).toEqual([130, expect.stringMatching(used)]);
  });

  it.each([
    ['delete', () => ['delete', 'demo:web']],
    ['deactivate', () => ['deactivate', 'demo:web']],
    ['upload', () => ['upload', files().raw, '--name', 'demo:web', '--if-exists', 'replace']],
    ['copy', () => ['copy', 'demo:other', 'demo:web', '--if-exists', 'replace']],
    ['import', () => ['import', 'demo:web', '--url', 'https://site.example/x', '--disk-format', 'raw', '--if-exists', 'replace']],
  ])('a dry run of %s says what uses it', async (_verb, line) => {
    cli.image('other', {}, disk(3));
    cli.cloud().missing = ['volumev3'];
    expect((await cli.ok([...line(), '--dry-run'])).stdout).toMatch(
      /used by 2 instances \(web-[12], web-[12]\); could not check volumes/,
    );
    const plan = (await cli.ok([...line(), '--dry-run', '-o', 'json'])).json() as object;
    expect([plan].flat()[0]).toMatchObject({
      uses: [
        { kind: 'instance', name: expect.stringMatching(/^web-/) as unknown },
        { kind: 'instance', name: expect.stringMatching(/^web-/) as unknown },
      ],
      unasked: [{ kind: 'volume', reason: 'the catalogue has no block storage service in region RegionOne' }],
    });
  });

  it('what does not take it away asks nobody, nor does a run that nobody confirms', async () => {
    for (const line of [
      ['patch', 'demo:web', '--tag', 'x', '--dry-run'],
      ['reactivate', 'demo:web', '--dry-run'],
      ['deactivate', 'demo:web'],
      ['deactivate', 'demo:web', '--dry-run'],
      ['upload', files().raw, '--name', 'demo:web', '--if-exists', 'replace', '--yes'],
      ['delete', 'demo:web', '--yes'],
    ])
      await cli.ok(line);
    expect(toServices()).toEqual([]);
  });

  it('names of others cannot write on the terminal', async () => {
    cli.cloud().nova.boot({ name: 'x\u001b[2J\nDelete? yes', image: id, project });
    for (const line of [
      ['delete', 'demo:web'],
      ['uses', 'demo:web'],
      ['delete', 'demo:web', '--dry-run'],
    ]) {
      const { stdout, stderr } = await cli.run(line, { terminal: true, answers: ['n'] });
      expect(`${stdout}${stderr}`).toContain('[2J');
      expect(`${stdout}${stderr}`).not.toMatch(/\u001b\[2J|^Delete\? yes/m);
    }
  });
});
