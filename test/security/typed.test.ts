import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalText } from '../support/killed-run.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';

let home: CliHome;
beforeAll(() => void (home = cliHome()));
afterAll(() => home.remove());

const secret = 'planted-4711';
const address = `https://me:${secret}@127.0.0.1:9/disk?X-Amz-Signature=${secret}&sig=${secret}&name=kept`;
const quick = ['--retries', '0'];

describe('secrets that were typed', () => {
  it.each([
    ['profile', 'add', 'b', '--provider', 'linode', `token=${secret}`],
    ['profile', 'add', 'b', '--provider', 'linode', '--set', secret],
    ['profile', 'add', 'b', '--provider', 'linode', '--set', `tokn=${secret}`],
    ['profile', 'add', 'b', '--provider', 'linode', `--token=${secret}`],
    ['profile', 'add', 'b', '--provider', 'linode', '--set', `token=${secret}`, '--dry-run'],
    ['profile', 'add', 'a', '--provider', 'linode', '--set', `token=${secret}`, '-o', 'json'],
    ['profile', 'set', 'a', 'region=us-ord', secret],
    ['profile', 'set', 'a', `token=${secret}`],
    ['profile', 'set', 'a', `endpoint=https://me:${secret}@127.0.0.1:9/`],
    ['profile', 'show', 'a'],
    ['profile', 'show', 'a', '-o', 'yaml'],
    ['profile', 'list', '-o', 'json'],
    ['profile', 'check', 'a', ...quick],
    ['list', '-p', 'a', '--debug', ...quick],
    ['create', 'x', '--from-disk', '5', '-p', 'a', '--dry-run', ...quick],
    ['upload', address, '--name', 'x', '-p', 'a', '--debug', ...quick],
    ['upload', address, '--name', 'x', '-p', 'a', '--dry-run', ...quick],
    ['upload', address.replace('https', 'ftp'), '--name', 'x', '-p', 'local'],
    ['inspect', address, '-v', ...quick],
    ['import', 'x', '--url', address, '-p', 'local', '--disk-format', 'raw', '--debug', ...quick],
    ['import', 'x', '--url', address, '-p', 'local', '--dry-run'],
    ['import', 'x', `--url=${address}`, '-p', 'local', '--dry-run', '-o', 'json'],
    ['import', 'x', '--url', address.replace('https', 'ftp'), '-p', 'local'],
    ['import', 'x', '--url', address.replace('https', 'http'), '-p', 'local', '--disk-format', 'raw', ...quick],
    ['list', '--ca-bundle', address],
  ])('%j are not repeated', async (...line) => {
    const { stdout, stderr, exitCode } = await home.run(line);
    expect(exitCode, stderr).not.toBe(1);
    expect(stdout + stderr).not.toContain(secret);
    expect(journalText(home.folder)).not.toContain(secret);
  });

  it('are warned of, where a reference would have kept them off the list of processes', async () => {
    const add = (value: string): readonly string[] => [
      'profile',
      'add',
      'w',
      '--provider',
      'linode',
      '--replace',
      '--set',
      value,
    ];
    const typed = await home.run(add(`token=${secret}`));
    expect(typed.stderr).toMatch(
      /^warning: --set token=… is visible in the process list and shell history.*env:NAME, file:PATH or cmd:COMMAND/,
    );
    for (const value of ['token=env:TOKEN', 'token=file:/run/token', 'token=cmd:pass show x', 'region=us-ord'])
      expect((await home.run(add(value))).stderr, value).toBe('');
    expect((await home.run(['profile', 'set', 'w', `token=${secret}`])).stderr).toContain('warning: --set token=…');
    expect((await home.run(['profile', 'set', 'w', 'token='])).stderr).toBe('');
  });
});
