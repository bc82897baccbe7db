import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { guestDisk, MiB } from '../support/disk-images/guest.ts';
import { cliHome, type CliHome, type CliResult, type CliSettings } from '../support/run-cli.ts';
import { elsewhere, untypable } from '../support/typed-hints.ts';

/** A fresh home for each test, and short ways to do what most tests begin with. */
export interface CommandStage {
  run(args: readonly string[], settings?: CliSettings): Promise<CliResult>;
  /** As `run`, and it must end with 0. */
  ok(args: readonly string[], settings?: CliSettings): Promise<CliResult>;
  /** Path of a file in the home. */
  file(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  read(name: string): Buffer;
  /** Makes a queued record in the local store; `more` are further options. Gives its id. */
  queued(name: string, ...more: readonly string[]): Promise<string>;
  /** Uploads a small raw disk to the local store. Gives its id. */
  image(name: string, ...more: readonly string[]): Promise<string>;
  /** Fills a queued record of the local store with a small disk: then it is active. */
  fill(id: string): Promise<string>;
  /** Names of the images in the local store, sorted. */
  names(): Promise<readonly string[]>;
}

/** A raw disk of 1 MiB; another seed gives other bytes. */
export const smallDisk = (seed = 1): Buffer => guestDisk(MiB, seed);

/** Call at the top of a file: every test gets a home of its own. `env` is set in all of them. */
export function commandStage(env: Readonly<Record<string, string>> = {}): CommandStage {
  let home: CliHome;
  beforeEach(() => {
    home = cliHome();
  });
  afterEach(() => home.remove());
  const stage: CommandStage = {
    async run(args, settings = {}) {
      const result = await home.run(args, { ...settings, env: { ...env, ...settings.env } });
      // Whatever the test is about: what is told to be typed can be typed.
      expect([...untypable(result.stderr), ...elsewhere(result.stderr, args)], args.join(' ')).toEqual([]);
      return result;
    },
    async ok(args, settings) {
      const result = await stage.run(args, settings);
      expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
      return result;
    },
    file: (name) => path.join(home.folder, name),
    write(name, content) {
      const file = stage.file(name);
      writeFileSync(file, content);
      return file;
    },
    read: (name) => readFileSync(stage.file(name)),
    queued: async (name, ...more) => idOf(await stage.ok(['create', name, ...more, '-o', 'json'])),
    async image(name, ...more) {
      const file = stage.write('seed.raw', smallDisk());
      return idOf(await stage.ok(['upload', file, '--name', name, ...more, '-o', 'json']));
    },
    async fill(id) {
      await stage.ok(['upload', stage.write('seed.raw', smallDisk()), '--into', `local:${id}`]);
      return id;
    },
    names: async () =>
      ((await stage.ok(['list', '-p', 'local', '--hidden', '-o', 'json'])).json() as { name: string }[])
        .map(({ name }) => name)
        .sort(),
  };
  return stage;
}

const idOf = (result: CliResult): string => (result.json() as { id: string }).id;

/** The variables that define a profile without any file. */
export function profileVariables(
  name: string,
  provider: string,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const fields = Object.entries(values).map(([field, value]) => [fieldVariable(name, field), value]);
  return { [`IMGCTL_PROFILE_${name.toUpperCase()}_PROVIDER`]: provider, ...Object.fromEntries(fields) };
}

/** The error object that stands on stderr with `-o json`. */
export function errorOf(result: CliResult): {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly [name: string]: unknown;
} {
  const line = result.stderr.trim().split('\n').at(-1) ?? '';
  return (JSON.parse(line) as { error: { code: string; message: string } }).error;
}
