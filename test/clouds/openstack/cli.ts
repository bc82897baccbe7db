import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { fieldVariable } from '../../../src/profiles/resolve.ts';
import { guestDisk, MiB } from '../../support/disk-images/guest.ts';
import { cliHome, type CliHome, type CliResult, type CliSettings } from '../../support/run-cli.ts';
import { startOpenstack, type OpenstackCloud } from './index.ts';
import { users } from './keystone.ts';
import { fillImage, newImage, type Kept } from './store.ts';
import { projects } from './keystone.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Command lines against a fresh cloud in each test; its users are profiles of their names, in RegionOne. */
export interface OpenstackCli {
  cloud(): OpenstackCloud;
  run(args: readonly string[], settings?: CliSettings): Promise<CliResult>;
  /** As `run`, and it must end with 0. */
  ok(args: readonly string[], settings?: CliSettings): Promise<CliResult>;
  write(name: string, data: Uint8Array): string;
  read(name: string): Buffer;
  file(name: string): string;
  /** An image of demo's with data, whose record has these fields besides. */
  image(name: string, fields?: Fields, data?: Buffer, owner?: string): Kept;
  /** The images of RegionOne as their records stand. */
  wires(): readonly Fields[];
}

export const disk = (seed = 1): Buffer => guestDisk(MiB, seed);

const variables = (cloud: OpenstackCloud): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(users).flatMap((user) => [
      [fieldVariable(user, 'provider'), 'openstack'],
      ...Object.entries(cloud.valuesFor(user)).map(([field, value]) => [fieldVariable(user, field), value]),
    ]),
  );

export function useOpenstackCli(): OpenstackCli {
  let running: OpenstackCloud;
  let home: CliHome;
  beforeEach(async () => {
    running = await startOpenstack();
    home = cliHome();
  });
  afterEach(async () => {
    await home.remove();
    await running.stop();
  });
  const cli: OpenstackCli = {
    cloud: () => running,
    run: (args, settings = {}) => home.run(args, { ...settings, env: { ...variables(running), ...settings.env } }),
    async ok(args, settings) {
      const result = await cli.run(args, settings);
      expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
      return result;
    },
    file: (name) => path.join(home.folder, name),
    write(name, data) {
      writeFileSync(cli.file(name), data);
      return cli.file(name);
    },
    read: (name) => readFileSync(cli.file(name)),
    image(name, fields = {}, data = disk(), owner = projects.demo ?? '') {
      const kept = newImage(running.one.store, owner, {
        name,
        disk_format: 'raw',
        container_format: 'bare',
        visibility: 'private',
      });
      fillImage(kept, data, ['fast']);
      Object.assign(kept.wire, fields);
      return kept;
    },
    wires: () => [...running.one.store.images.values()].map(({ wire }) => wire),
  };
  return cli;
}
