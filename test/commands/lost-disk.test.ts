import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const hex = createHash('sha256').update(disk).digest('hex');
const env = (): Readonly<Record<string, string>> =>
  profileVariables('here', 'local', { path: stage.file('here'), places: `second=${stage.file('second')}` });
const blob = (store: string): string => stage.file(path.join(store, 'blobs', 'sha256', hex));
const run = (...args: readonly string[]) => stage.run(args, { env: env() });
const ok = (...args: readonly string[]) => stage.ok(args, { env: env() });

/** What a look at its length tells of a disk, without reading it. */
const losses: Readonly<Record<string, (file: string) => void>> = {
  'that is gone': (file) => rmSync(file),
  'that is cut short': (file) => truncateSync(file, disk.length - 1),
  'of no byte': (file) => truncateSync(file, 0),
  'that is too long': (file) => appendFileSync(file, 'x'),
  'in whose place a folder lies': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
};

/** What verbs print of one image. */
interface Shown {
  readonly status: string;
  readonly providerStatus: string;
  readonly places: readonly { readonly name: string; readonly status: string }[];
  readonly progress: { readonly message: string };
}
const shown = async (...args: readonly string[]): Promise<Shown> => [(await ok(...args, '-o', 'json')).json()].flat()[0] as Shown;

async function image(): Promise<void> {
  await ok('upload', stage.write('seed', disk), '--name', 'here:one', '--id', 'one');
}

describe.each(Object.entries(losses))('an image with a disk %s', (_what, lose) => {
  it('is active to no verb, which says why, and is deleted with all that is left of it', async () => {
    await image();
    lose(blob('here'));
    for (const line of [
      ['list', '-p', 'here'],
      ['show', 'here:one'],
      ['patch', 'here:one', '--tag', 't'],
    ]) {
      const found = await shown(...line);
      expect(found).toMatchObject({
        status: 'failed',
        providerStatus: 'damaged',
        places: [{ name: 'home', status: 'failed' }],
        progress: { message: expect.stringContaining(hex) },
      });
    }
    expect((await ok('list', '-p', 'here', '--status', 'active', '-o', 'id')).stdout).toBe('');
    const waited = await run('wait', 'here:one', '--for', 'active', '-o', 'json');
    expect([waited.exitCode, errorOf(waited).message]).toEqual([10, expect.stringContaining(hex)]);
    expect((await run('reactivate', 'here:one')).exitCode).toBe(10);
    expect((await run('resolve', 'here:one', '--latest')).exitCode).not.toBe(0);
    expect((await run('download', 'here:one', stage.file('out'))).exitCode).toBe(11);
    await run('deactivate', 'here:one');
    expect((await shown('show', 'here:one')).status).toBe('failed');
    await ok('delete', 'here:one', '--yes');
    expect((await ok('list', '-p', 'here')).stderr).toBe('');
    expect((await run('show', 'here:one')).exitCode).toBe(5);
  });

  it('in a place is not there for who waits for that, and is whole at home', async () => {
    await image();
    await ok('replicate', 'here:one', '--to', 'second');
    lose(blob('second'));
    for (const line of [
      ['show', 'here:one'],
      ['list', '-p', 'here'],
    ]) {
      const { status, places } = await shown(...line);
      expect([status, ...places.map((place) => `${place.name} ${place.status}`)]).toEqual([
        'active',
        'home active',
        'second failed',
      ]);
    }
    expect((await run('wait', 'here:one', '--for', 'replicated=second')).exitCode).toBe(10);
    await ok('delete', 'here:one', '--yes');
    expect((await ok('list', '-p', 'here', '-o', 'id')).stdout).toBe('');
  });
});
