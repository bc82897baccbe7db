import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tlsFields } from '../../src/core/field.ts';
import { overNetwork, secretFields, stageOf, type OverNetwork } from '../clouds/index.ts';
import { everyCommand } from '../support/command-lines.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import type { CliResult } from '../support/run-cli.ts';
import { credentialsIn, waysToWrite } from './planted.ts';
import { hasTurn, isWholeSweep } from '../support/sweep.ts';
import { makeBed, type Bed } from '../clouds/bed.ts';

/** Every file below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const found = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(found) : [found];
  });
}

const credentialsSeen = (bed: Bed): readonly string[] =>
  credentialsIn(Object.values(bed.clouds).flatMap((cloud) => cloud.proxy.seen()));

function secretsOf(bed: Bed): readonly string[] {
  const planted = Object.values(bed.clouds).flatMap(({ provider, values }) =>
    secretFields(stageOf(provider).driver).flatMap((name) => values[name] ?? []),
  );
  return [...new Set([...planted.flatMap(waysToWrite), ...credentialsSeen(bed)])];
}

function leaks(bed: Bed, shown: string): readonly string[] {
  return secretsOf(bed).filter((secret) => shown.includes(secret));
}

/** In a whole sweep each line is looked at in two of them, else in one: with the log of what goes over the wire, and without. */
const manners = [[], ['--debug'], ['-o', 'json'], ['--debug', '-o', 'json', '-v']] as const;
/** One in so many lines is run. */
const share = isWholeSweep ? 1 : 3;
const quick = ['--timeout', '2s', '--retries', '1'];

/** Runs every command, and gives the lines whose output holds a secret. */
async function searched(
  bed: Bed,
  stage: OverNetwork,
): Promise<{ readonly leaking: readonly string[]; readonly runs: readonly CliResult[] }> {
  const leaking: string[] = [];
  const runs: CliResult[] = [];
  const file = bed.file('disk.raw', Buffer.alloc(4096, 'x'));
  const place = overNetwork.findIndex(([, other]) => other === stage);
  for (const turn of [0, 1]) {
    const id = await bed.cloud('x').seed('web');
    for (const [index, line] of everyCommand({ stage, profile: 'x', id, file, folder: bed.home.folder }).entries()) {
      // With the log of what goes over the wire here, without it there.
      if (!hasTurn(Math.floor(index / 2) + turn + place, 3)) continue;
      const manner = manners[turn + 2 * (index % 2)] ?? [];
      const result = await bed.run(...line, ...(line.includes('-o') && manner[0] === '-o' ? [] : manner), ...quick);
      runs.push(result);
      const found = leaks(bed, `${result.stdout}\n${result.stderr}`);
      if (found.length > 0) leaking.push(`${[...line, ...manner].join(' ')}: ${found.join(' ')}`);
    }
  }
  return { leaking, runs };
}

describe.each(overNetwork)('secrets of a profile for %s', (provider, stage) => {
  let bed: Bed;
  beforeAll(async () => void (bed = await makeBed({ x: provider })));
  afterAll(() => bed.stop());

  it('are on no output of any command', async () => {
    const { leaking, runs } = await searched(bed, stage);
    expect(leaking).toEqual([]);
    // Both kinds of endings were looked at, and there was something to be seen: of a whole sweep, or of the share of it that has its turn.
    expect(runs.filter(({ exitCode }) => exitCode === 0).length * share).toBeGreaterThan(30);
    expect(runs.filter(({ exitCode }) => exitCode !== 0).length * share).toBeGreaterThan(30);
    expect(credentialsSeen(bed).length * share).toBeGreaterThan(30);
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

  /** What is added to a profile so that its secret field, which every provider has, is there. */
  const common = secretFields({ profile: tlsFields }).map((field) => ({ [field]: 'planted-passphrase-4711' }));
  const profiles = overNetwork.flatMap(([provider, { plantedSecrets }]) =>
    [...plantedSecrets, ...common.map((field) => ({ ...plantedSecrets[0], ...field }))].map((values) => {
      const secret = Object.entries(values).flatMap(([field, value]) => (value.includes('planted-') ? [field] : []));
      return [`${provider}: ${secret.join(', ')}`, provider, values, secret] as const;
    }),
  );

  it('every secret field of every provider is among them', () => {
    for (const [provider, { driver }] of overNetwork) {
      const planted = profiles.flatMap(([, name, , fields]) => (name === provider ? fields : []));
      expect([...new Set(planted)].sort(), provider).toEqual([...secretFields(driver)].sort());
    }
  });

  it.each(profiles)('%s are not shown, however they are quoted', async (_title, provider, values, fields) => {
    const planted = fields.map((field) => values[field as keyof typeof values] ?? '');
    const needles = [...planted, ...planted.map((value) => `KEY:${value}`)].flatMap(waysToWrite);
    const bed = await makeBed({});
    try {
      for (const [turn, way] of ['json', 'html', 'written', 'plain', 'redirect', 'ok'].entries()) {
        const filled = (value: string): string =>
          value.replace('ORIGIN', server.origin).replace('HOST', new URL(server.origin).host).replace('WAY', way);
        const set = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${filled(value)}`]);
        expect((await bed.run('profile', 'add', 'p', '--provider', provider, '--replace', ...set)).exitCode).toBe(0);
        for (const [index, line] of [['list'], ['show', 'x'], ['profile', 'check', 'p'], ['profile', 'show', 'p']].entries())
          for (const at of [0, 2]) {
            if (!hasTurn(Math.floor((index + turn) / 2) + at / 2, 4)) continue;
            const manner = manners[at + ((index + turn) % 2)] ?? [];
            const { stdout, stderr } = await bed.run(...line, ...manner, '-p', 'p', '--retries', '0');
            for (const needle of needles)
              expect(`${stdout}\n${stderr}`, [way, ...line, ...manner].join(' ')).not.toContain(needle);
          }
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
