import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appCredential } from '../clouds/openstack/keystone.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import type { CliResult } from '../support/run-cli.ts';
import { waysToWrite } from './planted.ts';
import { makeBed, type Bed } from '../torture/bed.ts';

const secretFields = ['token', 'password', 'applicationCredentialSecret', 'secretKey'];
const fields: Readonly<Record<string, readonly string[]>> = {
  openstack: ['password'],
  linode: ['token'],
  rancher: ['secretKey'],
};

/** Every file below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const found = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(found) : [found];
  });
}

/** Whatever has gone over the wire as a credential: header values, the parts of Basic, the queries of signed addresses. */
function credentialsSeen(bed: Bed): readonly string[] {
  const requests = Object.values(bed.clouds).flatMap((cloud) => cloud.proxy.seen());
  return requests.flatMap(({ headers, path: asked, method }) => {
    const authorization = headers.authorization?.replace(/^\w+ /, '');
    const basic = authorization && Buffer.from(authorization, 'base64').toString('utf8').split(':')[1];
    const signed = method === 'PUT' && /signature/i.test(asked) ? asked : undefined;
    return [headers['x-auth-token'], authorization, basic, signed].filter(
      (found) => found !== undefined && found.length > 5,
    ) as string[];
  });
}

function secretsOf(bed: Bed): readonly string[] {
  const planted = Object.values(bed.clouds).flatMap(({ values }) => secretFields.flatMap((name) => values[name] ?? []));
  return [...new Set([...[...planted, appCredential.secret].flatMap(waysToWrite), ...credentialsSeen(bed)])];
}

function leaks(bed: Bed, shown: string): readonly string[] {
  return secretsOf(bed).filter((secret) => shown.includes(secret));
}

const verbs = (profile: string, file: string, folder: string): readonly (readonly string[])[] => [
  ['list'],
  ['list', '--raw', '-o', 'json'],
  ['show', 'web', '--raw', '-o', 'yaml'],
  ['show', 'nothing-of-the-kind'],
  ['create', 'made'],
  ['create', 'made', '--from-disk', '5', '--wait-timeout', '1s'],
  ['create', 'made', '--dry-run'],
  ['patch', 'web', '--description', 'told'],
  ['patch', 'web', '--description', 'told', '--dry-run', '-o', 'json'],
  ['deactivate', 'web'],
  ['reactivate', 'web'],
  ['upload', file, '--name', 'up', '--wait-timeout', '2s'],
  ['upload', file, '--name', 'up', '--dry-run'],
  ['upload', file, '--name', 'up', '--if-exists', 'rename', '--wait-timeout', '2s'],
  ['download', 'web', path.join(folder, 'down.raw'), '--force'],
  [
    'import',
    'imp',
    '--url',
    'https://user:hunter2@site.example/disk?token=abcdef',
    '--disk-format',
    'raw',
    '--wait-timeout',
    '1s',
  ],
  ['replicate', 'web', '--to', 'us-iad', '--wait-timeout', '1s'],
  ['share', 'web', '--with', 'somebody'],
  ['places'],
  ['resolve', 'w*'],
  ['wait', 'web', '--wait-timeout', '1s'],
  ['delete', 'web', '--yes', '--wait-timeout', '1s'],
  ['profile', 'show', profile],
  ['profile', 'show', profile, '-o', 'json'],
  ['profile', 'list', '-o', 'json'],
  ['profile', 'check', profile],
  ['profile', 'set', profile, 'nosuchfield=something'],
  ['providers', profile],
  ['list', '--filter', 'nosuch=filter'],
  ['nosuchverb'],
];
const manners = [[], ['--debug'], ['-o', 'json'], ['--debug', '-o', 'json', '-v']];
const quick = ['--timeout', '2s', '--retries', '1'];
const quickly = (line: readonly string[]): readonly string[] =>
  line.includes('--wait-timeout') ? ['--poll-interval', '20ms'] : [];

/** Runs every line in every manner, and gives the lines whose output holds a secret. */
async function searched(
  bed: Bed,
  profile: string,
): Promise<{ readonly leaking: readonly string[]; readonly runs: readonly CliResult[] }> {
  const leaking: string[] = [];
  const runs: CliResult[] = [];
  const file = bed.file('disk.raw', Buffer.alloc(4096, 'x'));
  for (const manner of manners) {
    await bed.cloud(profile).seed('web');
    for (const line of verbs(profile, file, bed.home.folder)) {
      const result = await bed.run(...line, ...manner, ...quick, ...quickly(line), '-p', profile);
      runs.push(result);
      const found = leaks(bed, `${result.stdout}\n${result.stderr}`);
      if (found.length > 0) leaking.push(`${[...line, ...manner].join(' ')}: ${found.join(' ')}`);
    }
  }
  return { leaking, runs };
}

describe.each(Object.keys(fields))('secrets of a profile for %s', (provider) => {
  let bed: Bed;
  beforeAll(async () => void (bed = await makeBed({ x: provider })));
  afterAll(() => bed.stop());

  it('are on no output of any command', async () => {
    const { leaking, runs } = await searched(bed, 'x');
    expect(leaking).toEqual([]);
    // Both kinds of endings were looked at, and there was something to be seen.
    expect(runs.filter(({ exitCode }) => exitCode === 0).length).toBeGreaterThan(20);
    expect(runs.filter(({ exitCode }) => exitCode !== 0).length).toBeGreaterThan(20);
    expect(credentialsSeen(bed).length).toBeGreaterThan(20);
  });

  it('are in no file that is left', () => {
    for (const file of filesBelow(bed.home.folder)) expect(leaks(bed, readFileSync(file, 'latin1')), file).toEqual([]);
  });
});

/** What stands behind an `Authorization` or a token's header: itself, and what is in it where it is Basic. */
function basicOf(headers: Readonly<Record<string, string>>): readonly string[] {
  const [scheme, value = ''] = (headers.authorization ?? '').split(' ');
  const pair = scheme === 'Basic' ? Buffer.from(value, 'base64').toString('utf8') : '';
  return [value, pair, pair.replace(/^[^:]*:/, ''), headers['x-auth-token'] ?? ''].filter((text) => text !== '');
}

describe('a provider that quotes what it was sent', () => {
  let server: FakeServer;
  beforeAll(async () => {
    server = await startFakeServer(({ method, path: asked, headers, body }) => {
      const all = `${method} ${asked} ${JSON.stringify(headers)} ${body}`;
      if (asked.includes('json')) return { status: 500, body: { message: all, errors: [{ reason: all }] } };
      if (asked.includes('html'))
        return {
          status: 400,
          headers: { 'content-type': 'text/html' },
          body: `<html><title>${all}</title><body>${all}</body></html>`,
        };
      // As those do who quote one text inside another: in URLs, in HTML, in JSON within JSON, as Python prints it.
      const sent = [...(body.match(/"[^"]*(?:\\.[^"]*)*"/g) ?? []).map((text) => String(JSON.parse(text))), ...basicOf(headers)];
      if (asked.includes('written'))
        return {
          status: 500,
          body: { message: sent.flatMap(waysToWrite).join(' '), errors: [{ reason: sent.flatMap(waysToWrite).join(' ') }] },
        };
      if (asked.includes('plain')) return { status: 403, body: all };
      if (asked.includes('redirect'))
        return { status: 302, headers: { location: `http://127.0.0.1:1/?all=${encodeURIComponent(all)}` } };
      return { status: 200, body: all };
    });
  });
  afterAll(() => server.stop());

  const secret = `planted-"secret"-4711/ü+x&<'y'> %!*`;
  const profiles: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['linode', { token: 'planted-secret-4711-abc', endpoint: 'AT' }],
    ['rancher', { url: 'AT/v1', accessKey: 'KEY', secretKey: secret }],
    ['openstack', { authUrl: 'AT/v3', username: 'me', password: secret, project: 'p', userDomain: 'd' }],
    ['openstack', { authUrl: 'AT/v3', applicationCredentialId: 'id', applicationCredentialSecret: secret }],
    ['openstack', { imageEndpoint: 'AT', token: 'planted-secret-4711-abc' }],
  ];

  for (const [provider, values] of profiles)
    for (const way of ['json', 'html', 'written', 'plain', 'redirect', 'ok'])
      it(`${provider} with ${Object.keys(values).join(', ')}: ${way}`, async () => {
        const bed = await makeBed({});
        const set = Object.entries(values).flatMap(([name, value]) => [
          '--set',
          `${name}=${value.replace('AT', `${server.origin}/${way}`)}`,
        ]);
        expect((await bed.run('profile', 'add', 'p', '--provider', provider, ...set)).exitCode).toBe(0);
        const planted = Object.entries(values)
          .filter(([name]) => secretFields.includes(name))
          .map(([, value]) => value);
        const needles = [...planted.flatMap(waysToWrite), ...planted.flatMap((value) => waysToWrite(`KEY:${value}`))];
        try {
          for (const manner of manners)
            for (const line of [['list'], ['show', 'x'], ['profile', 'check', 'p'], ['profile', 'show', 'p']]) {
              const { stdout, stderr } = await bed.run(...line, ...manner, '-p', 'p', '--retries', '0');
              for (const needle of needles) expect(`${stdout}\n${stderr}`, [...line, ...manner].join(' ')).not.toContain(needle);
            }
        } finally {
          await bed.stop();
        }
      });
});

describe('files with secrets', () => {
  it('are for their owner only', async () => {
    const bed = await makeBed({});
    try {
      await bed.run('profile', 'add', 'p', '--provider', 'linode', '--set', 'token=planted-secret-4711');
      await bed.run('profile', 'set', 'p', 'region=us-ord');
      const store = path.join(bed.home.folder, '.config', 'imgctl');
      expect(statSync(path.join(store, 'config.json')).mode & 0o777).toBe(0o600);
      expect(statSync(store).mode & 0o777).toBe(0o700);
    } finally {
      await bed.stop();
    }
  });

  it('come from references that are shown as such, never as what is behind them', async () => {
    const bed = await makeBed({});
    try {
      const file = bed.file('secret', Buffer.from('planted-secret-4711\n'));
      for (const value of [`file:${file}`, 'env:PLANTED', 'cmd:echo planted-secret-4711'].slice(0, 2)) {
        await bed.run('profile', 'add', 'p', '--provider', 'linode', '--set', `token=${value}`, '--replace');
        const { stdout } = await bed.home.run(['profile', 'show', 'p', '-o', 'json'], {
          env: { PLANTED: 'planted-secret-4711' },
        });
        expect(stdout).toContain(value.slice(0, 4));
        expect(stdout).not.toContain('planted-secret');
      }
      // A command that fails may have printed the secret already.
      await bed.run(
        'profile',
        'add',
        'p',
        '--provider',
        'linode',
        '--set',
        'token=cmd:echo planted$((4711)); echo planted$((4711)) >&2; exit 3',
        '--replace',
      );
      const { stderr, exitCode } = await bed.home.run(['list', '-p', 'p', '--debug'], {});
      expect(exitCode).toBe(3);
      expect(stderr).not.toContain('planted4711');
    } finally {
      await bed.stop();
    }
  });
});
