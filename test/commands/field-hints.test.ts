import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver } from '../../src/core/driver.ts';
import { configError } from '../../src/core/errors.ts';
import { placed, setting } from '../../src/engine/account/field-hints.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { publisher } from '../support/publisher.ts';
import { startSignedStreams, type SignedStreams } from '../support/signed-streams.ts';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();
const src = fileURLToPath(new URL('../../src', import.meta.url));
const drivers = await Promise.all(driverList.names.map(async (name): Promise<Driver> => (await driverList.load(name)) as Driver));

/** A value that a field takes, whatever it is. */
const valueOf = (driver: Driver, field: string): string => driver.profile[field]?.choices?.at(-1) ?? 'x';
const fieldsOf = (driver: Driver): readonly string[] => Object.keys(driver.profile);
/** The words of a command line of a shell, where none is quoted. */
const words = (line: string): readonly string[] => line.split(' ').slice(1);
const variablesIn = (line: string): Readonly<Record<string, string>> =>
  Object.fromEntries(words(line).map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]));

describe('what is told to be typed to set fields of a profile', () => {
  it.each(drivers.map((driver) => [driver.name, driver] as const))(
    'works for each field of %s, where it is stored',
    async (name, driver) => {
      const pairs = fieldsOf(driver).map((field) => `${field}=${valueOf(driver, field)}`);
      const first = `${fieldsOf(driver)[0] ?? ''}=${valueOf(driver, fieldsOf(driver)[0] ?? '')}`;
      await stage.ok(['profile', 'add', 'mine', '--provider', name, '--set', first]);
      await stage.ok(words(setting({ name: 'mine', kind: 'stored' }, driver, pairs)));
      const shown = (await stage.ok(['profile', 'show', 'mine', '-o', 'json'])).json() as {
        fields: Record<string, { from: string }>;
      };
      expect(new Set(Object.values(shown.fields).map(({ from }) => from))).toEqual(new Set(['profile']));
    },
  );

  it.each(drivers.map((driver) => [driver.name, driver] as const))(
    'works for each field of %s, where variables make it',
    async (name, driver) => {
      const pairs = fieldsOf(driver).map((field) => `${field}=${valueOf(driver, field)}`);
      const env = {
        IMGCTL_PROFILE_CI_PROVIDER: name,
        ...variablesIn(setting({ name: 'ci', kind: 'environment' }, driver, pairs)),
      };
      const shown = (await stage.ok(['profile', 'show', 'ci', '-o', 'json'], { env })).json() as {
        fields: Record<string, { from: string }>;
      };
      for (const field of fieldsOf(driver)) expect(shown.fields[field]?.from, field).toMatch(/^environment/);
      for (const [field, { env: [theirs] = [] }] of Object.entries(driver.profile))
        if (theirs !== undefined)
          expect(setting({ name: `env:${name}`, kind: 'ambient' }, driver, [`${field}=env:X`])).toBe(`export ${theirs}=…`);
    },
  );

  it('works for the profile that is there without being made', async () => {
    const local = drivers.find(({ name }) => name === driverList.usual) as Driver;
    await stage.ok(words(setting({ name: local.name, kind: 'usual' }, local, [`path=${stage.file('elsewhere')}`])));
    expect((await stage.ok(['profile', 'show', 'local', '-o', 'json'])).stdout).toContain(stage.file('elsewhere'));
  });

  it('works for each field of each publisher', async () => {
    for (const [name, { driver: provider }] of Object.entries(driverList.publishers ?? {})) {
      const driver = drivers.find((one) => one.name === provider) as Driver;
      const line = setting({ name, kind: 'source' }, driver, [`url=https://mirror.example/${name}/`]);
      const shown = (await stage.ok(['sources', name, '-o', 'json'], { env: variablesIn(line) })).json();
      expect(shown).toMatchObject({ address: `https://mirror.example/${name}/` });
    }
  });

  it('is no command about a profile where there is none, whatever the hint of a failure is', () => {
    const driver = drivers.find(({ name }) => name === 'simplestreams') as Driver;
    const home = { env: {}, home: stage.file(''), platform: 'linux' } as const;
    for (const next of ['verify=checksum', 'keyring=FILE', 'signer=FINGERPRINT', 'expiredKeys=accept']) {
      const failed = configError('x', { hint: 'Set it in the profile with:', next: [{ verb: 'profile set', args: [next] }] });
      const { hint = '' } = placed(failed, { name: 'ubuntu', kind: 'source' }, driver, home).circumstances;
      expect(hint).not.toMatch(/profile set|the profile/);
      const [field = '', value = ''] = next.split('=');
      expect(hint).toContain(
        `export IMGCTL_PROFILE_UBUNTU_${field === 'expiredKeys' ? 'EXPIRED_KEYS' : field.toUpperCase()}=${value}`,
      );
      expect(hint).toContain('imgctl sources ubuntu');
      expect(placed(failed, { name: 'mine', kind: 'stored' }, driver, home).circumstances.hint).toContain(
        `imgctl profile set mine ${next}`,
      );
    }
  });
});

/** Files of what raises failures without knowing whose account they are of. */
const raising = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll(path.sep, '/'))
  .filter((file) => /^(core|drivers|http|transfer|engine)\/.*\.ts$/.test(file));

describe('a hint about a field', () => {
  it('says "in the profile", for which something else is said where there is none', () => {
    const odd = raising.flatMap((file) =>
      [
        ...readFileSync(path.join(src, file), 'utf8').matchAll(
          /^(?! *(?:\*|\/\/|\/\*)).*['"`].*\b(?:of|from|into|for|your) (?:the|its|this)? ?profile\b(?!s).*$/gm,
        ),
      ]
        .map(([line]) => `${file}: ${line.trim()}`)
        .filter((line) => !/: message: /.test(line)),
    );
    expect(odd).toEqual([]);
  });
});

describe('a failure at a publisher', () => {
  let server: SignedStreams;
  beforeEach(async () => {
    server = await startSignedStreams([{ arch: 'amd64', serial: '20260102', data: Buffer.alloc(1024) }]);
  });
  afterEach(() => server.stop());
  const failing: readonly (readonly [string, () => Readonly<Record<string, string>>])[] = [
    ['is nowhere', () => ({ IMGCTL_PROFILE_UBUNTU_URL: 'http://127.0.0.1:9/' })],
    ['has nothing there', () => ({ IMGCTL_PROFILE_UBUNTU_URL: `${server.origin}/nothing/` })],
    ['has no address', () => ({ IMGCTL_PROFILE_UBUNTU_URL: 'ftp://x' })],
    [
      'is signed by nobody who is trusted',
      () => ({ ...server.env('ubuntu'), IMGCTL_PROFILE_UBUNTU_KEYRING: publisher('X').key }),
    ],
    ['is signed by another signer', () => ({ ...server.env('ubuntu'), IMGCTL_PROFILE_UBUNTU_SIGNER: 'A'.repeat(40) })],
    ['has a keyring that is no file', () => ({ ...server.env('ubuntu'), IMGCTL_PROFILE_UBUNTU_KEYRING: '/nowhere/keys' })],
    ['has a signer that is none', () => ({ ...server.env('ubuntu'), IMGCTL_PROFILE_UBUNTU_SIGNER: 'x' })],
    ['has a certificate that is no file', () => ({ ...server.env('ubuntu'), IMGCTL_PROFILE_UBUNTU_CA_BUNDLE: '/nowhere' })],
  ];

  it.each(failing)('that %s is told without a word of a profile that there is not', async (_what, env) => {
    for (const line of [
      ['list', 'ubuntu:'],
      ['show', 'ubuntu:noble'],
      ['copy', 'ubuntu:noble', 'local:x'],
      ['profile', 'check', 'ubuntu'],
    ]) {
      const failed = await stage.run([...line, '--retries', '0', '--json'], { env: env() });
      expect(failed.exitCode, line.join(' ')).toBeGreaterThan(2);
      expect(failed.stderr).not.toMatch(/profile (?:set|ubuntu\b)|(?:the|its) profile/);
    }
  });

  it('that is signed by somebody else says where its keys and its signers come from', async () => {
    const other = publisher('Other');
    stage.write('both.asc', `${server.by.key}\n${other.key}`);
    const env = {
      ...server.env('ubuntu'),
      IMGCTL_PROFILE_UBUNTU_KEYRING: stage.file('both.asc'),
      IMGCTL_PROFILE_UBUNTU_SIGNER: other.fingerprint,
    };
    const { hint = '' } = errorOf(await stage.run(['list', 'ubuntu:', '--json'], { env }));
    expect(hint).toContain('signer comes from environment (IMGCTL_PROFILE_UBUNTU_SIGNER)');
    expect(hint).toContain('keyring comes from environment (IMGCTL_PROFILE_UBUNTU_KEYRING)');
    const line = /export [^\n]*/.exec(hint)?.[0] ?? '';
    const mended = { ...env, ...variablesIn(line.replace('FINGERPRINT', server.by.fingerprint)) };
    expect((await stage.ok(['list', 'ubuntu:', '-o', 'id'], { env: mended })).stdout).not.toBe('');
  });

  it('can be checked like a profile', async () => {
    expect((await stage.ok(['profile', 'check', 'ubuntu', '-o', 'json'], { env: server.env('ubuntu') })).stdout).toContain(
      'ubuntu',
    );
  });
});
