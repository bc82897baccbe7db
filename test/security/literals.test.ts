import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver } from '../../src/core/driver.ts';
import { configError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { overNetwork } from '../clouds/index.ts';
import { profileVariables } from '../commands/stage.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import type { DriverList } from '../../src/engine/context.ts';

type Texts = Readonly<Record<string, string>>;

const foreignFiles = overNetwork.flatMap(([provider, { wire }]) => (wire.foreignFile ? [{ provider, ...wire.foreignFile }] : []));

let home: CliHome;
let opened: Texts | undefined;

beforeEach(() => {
  home = cliHome();
  opened = undefined;
});
afterEach(() => home.remove());

const plain = (value: string | Secret | undefined): string => (value instanceof Secret ? value.reveal() : (value ?? ''));

/** The real drivers, up to the moment in which they would speak to somebody: what they are handed then is noted. */
const listening: DriverList = {
  ...driverList,
  load: (name) =>
    driverList.load(name)?.then((driver): Driver => ({
      ...driver,
      open(values) {
        opened = Object.fromEntries(Object.entries(values).map(([field, value]) => [field, plain(value)]));
        throw configError('far enough');
      },
    })),
};

const mark = (): string => path.join(home.folder, 'MARK');

function write(name: string, content: string): void {
  const file = path.join(home.folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Values that would be followed if they were ours. */
function baits(): readonly string[] {
  write('.ssh/id_rsa', 'planted-key-4711');
  return [
    `cmd:touch ${mark()}; echo x`,
    `file:${home.folder}/.ssh/id_rsa`,
    'env:prod-2024',
    'literal:env:prod-2024',
    'literal:x',
  ];
}

async function openedBy(profile: string, env: Texts): Promise<Texts | undefined> {
  opened = undefined;
  const { stderr } = await home.run(['list', '-p', profile], { env, drivers: listening });
  expect(stderr).not.toContain('planted-key');
  expect(existsSync(mark()), 'a command was run').toBe(false);
  return opened;
}

describe('what another tool keeps', () => {
  it.each(foreignFiles)(
    'is handed to $provider as it stands in $path',
    async ({ provider, path: file, env, content, fields }) => {
      for (const value of baits()) {
        write(file, content(value));
        expect(await openedBy(`env:${provider}`, { ...env }), value).toMatchObject(fields(value));
      }
    },
  );

  it.each(foreignFiles)(
    'is kept as it stands when it is imported from $path',
    async ({ path: file, name, env, content, fields }) => {
      for (const value of baits()) {
        write(file, content(value));
        const imported = await home.run(['profile', 'import', name, '--replace'], { env: { ...env } });
        expect(imported.exitCode, imported.stderr).toBe(0);
        expect(imported.stderr + imported.stdout).not.toContain('planted-key');
        expect(await openedBy(name, { IMGCTL_PROFILE_REGISTRY_EXAMPLE_REPOSITORY: 'a/b' }), value).toMatchObject(fields(value));
      }
    },
  );
});

it("what a provider's usual variables hold is handed to its driver as it is", async () => {
  const readAsFile = new Set(['caBundle', 'serverCert', 'clientCert', 'clientKey']);
  for (const [, { driver }] of overNetwork) {
    const declared = Object.entries(driver.profile).flatMap(([field, facts]): [string, readonly string[]][] =>
      facts.env && !readAsFile.has(field) && !facts.choices ? [[field, facts.env]] : [],
    );
    const rounds = Math.max(...declared.map(([, names]) => names.length));
    for (const value of baits())
      for (let round = 0; round < rounds; round += 1) {
        const env = Object.fromEntries(declared.map(([, names]) => [names[Math.min(round, names.length - 1)] ?? '', value]));
        const got = Object.entries((await openedBy(`env:${driver.name}`, env)) ?? {});
        const ofVariables = got.filter(([field, text]) => declared.some(([name]) => name === field) && text !== '');
        // Oddity: linode-cli's variable for the API's host has no scheme.
        const literal = ofVariables.filter(([, text]) => text === value || text === `https://${value}`);
        // Names further on may be those of other clients, to which the others' variables say nothing.
        expect(literal.length, `${driver.name} ${Object.keys(env).join(' ')}`).toBeGreaterThan(round === 0 ? 1 : 0);
      }
  }
});

it('a file of certificates that another tool names is looked for under that very name', async () => {
  for (const value of baits()) {
    const env = { OS_AUTH_URL: 'http://127.0.0.1:9', OS_USERNAME: 'u', OS_PASSWORD: 'p', OS_CACERT: value };
    const { stderr, exitCode } = await home.run(['list', '-p', 'env:openstack'], { env, drivers: listening });
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining(`cannot read ${value}`)]);
    expect(existsSync(mark())).toBe(false);
  }
});

describe('references of our own', () => {
  it('are followed in the store, by --set and in IMGCTL_PROFILE variables', async () => {
    write('key', 'from-file\n');
    for (const [reference, value] of [
      ['env:MINE', 'from-variable'],
      [`file:${home.folder}/key`, 'from-file'],
      ['cmd:echo from-command', 'from-command'],
      ['literal:cmd:echo x', 'cmd:echo x'],
      ['plain', 'plain'],
    ] as const) {
      const env = { MINE: 'from-variable' };
      const args = ['profile', 'add', 'p', '--provider', 'linode', '--set', `token=${reference}`, '--replace'];
      expect((await home.run(args, { env })).exitCode).toBe(0);
      expect(await openedBy('p', env), reference).toMatchObject({ token: value });
      const ofVariables = profileVariables('q', 'linode', { token: reference });
      expect(await openedBy('q', { ...env, ...ofVariables }), reference).toMatchObject({ token: value });
    }
  });

  it('a literal that looks like one is shown so that it can be typed again', async () => {
    const args = ['profile', 'add', 'p', '--provider', 'linode', '--set', 'token=literal:env:X', '--set', 'region=literal:cmd:y'];
    await home.run(args);
    const shown = await home.run(['profile', 'show', 'p', '-o', 'json']);
    expect(shown.json()).toMatchObject({ fields: { token: { value: '•••' }, region: { value: 'literal:cmd:y' } } });
  });
});
