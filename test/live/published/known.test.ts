import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driverList } from '../../../src/engine/driver-list.ts';
import { fieldVariable } from '../../../src/profiles/resolve.ts';
import { cliHome, type CliHome } from '../../support/run-cli.ts';
import { missing, startPublishers, type Publishers } from './bed.ts';

/** An image of each publisher that the bed has, where its tree begins there, and what comes before that in the publisher's own address. */
const known: readonly (readonly [image: string, below: string, instead: string, signed: boolean])[] = [
  ['ubuntu:noble', '/ubuntu', '', true],
  ['debian:13', '/debian', '', false],
  ['fedora:44', '/fedora', '/pub/fedora', true],
  ['almalinux:9', '', '', true],
  ['rocky:9', '/rocky', '/pub/rocky', false],
  ['centos-stream:9', '', '', false],
  ['opensuse-leap:16.0', '/opensuse', '', true],
  ['arch:latest', '/arch', '', true],
  ['flatcar:stable', '/flatcar', '', true],
  ['freebsd:15.0', '/freebsd', '', false],
  ['alpine:3.23', '/alpine', '/alpine', false],
  ['fcos:openstack', '/fcos', '', true],
];

describe.skipIf(missing !== undefined)('a publisher that is known by name, on a server of its own shape', () => {
  let bed: Publishers;
  let home: CliHome;
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-known-'));
  beforeAll(async () => {
    bed = await startPublishers();
    home = cliHome();
  });
  afterAll(async () => {
    bed.stop();
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(known)(
    '%s is downloaded without a profile, as it is known but for its server',
    async (image, below, instead, signed) => {
      const name = image.replace(/:.*/, '');
      const { fields = {} } = (await driverList.publishers?.[name]?.load()) ?? {};
      const origin = (bed.at.URL ?? '').replace(/\/$/, '');
      const moved = Object.entries(fields)
        .filter(([, value]) => value.startsWith('https://'))
        .map(
          ([field, value]) => [fieldVariable(name, field), value.replace(/^https:\/\/[^/]+/, '').replace(instead, '')] as const,
        )
        .map(([variable, tail]) => [variable, `${origin}${below}${tail}`] as const);
      const verify = signed ? ['--verify', `gpg:${bed.at.KEYRING}`] : [];
      const result = await home.run(['download', image, path.join(folder, name), ...verify, '-o', 'json'], {
        env: Object.fromEntries(moved),
      });
      expect(result.exitCode, result.stderr).toBe(0);
    },
    60_000,
  );
});
