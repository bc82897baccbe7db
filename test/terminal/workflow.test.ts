import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { guestDisk, MiB } from '../support/disk-images/guest.ts';
import { openDesk, type Desk } from './desk.ts';

interface Action {
  readonly outputs: { readonly id: { readonly value: string } };
  readonly runs: { readonly steps: readonly { readonly id?: string; readonly shell: string; readonly run: string }[] };
}

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const files = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']): unknown => parse(text));
const isAction = (file: unknown): file is Action => typeof file === 'object' && file !== null && 'runs' in file;
const action = files.find(isAction) as Action;

describe('the composite action in the README', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = openDesk();
  });
  afterEach(() => desk.clear());

  /** Runs the steps as GitHub does, on the local store. Gives the output, absent where a step failed. */
  function runAction(file: string, sha: string): string | undefined {
    const output = desk.write(`output-${sha}`, '');
    const inputs: Readonly<Record<string, string>> = { file, name: 'web' };
    for (const { shell, run } of action.runs.steps) {
      expect(shell).toBe('bash');
      const script = run.replace(/\$\{\{ inputs\.(\w+) \}\}/g, (_all, name: string) => inputs[name] ?? '');
      const env = { ...desk.env, GITHUB_SHA: sha, GITHUB_OUTPUT: output };
      const args = ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', script];
      if (spawnSync('bash', args, { env, cwd: desk.folder, stdio: ['ignore', 'pipe', 'pipe'] }).status !== 0) return undefined;
    }
    return /^id=(.+)$/m.exec(readFileSync(output, 'utf8'))?.[1];
  }

  it('makes an image once for each commit, gives its id, and has it managed, so that prune keeps the three newest', () => {
    const file = desk.write('disk.raw', guestDisk(MiB, 1));
    const ids = ['c1', 'c2', 'c3', 'c4'].map((sha) => runAction(file, sha));
    expect(new Set(ids).size).toBe(4);
    expect(ids).not.toContain(undefined);
    expect(runAction(file, 'c4')).toBe(ids[3]);
    const images = () =>
      JSON.parse(desk.imgctl('list', '--sort', 'created', '-o', 'json')) as { id: string; status: string; properties: object }[];
    // A folder cannot say what is in use, and what may be stays.
    expect(images().map(({ id, status }) => [id, status])).toEqual(ids.map((id) => [id, 'active']));
    expect(images()[3]?.properties).toMatchObject({ commit: 'c4', 'imgctl.managed': 'yes' });
    desk.imgctl('prune', 'web-*', '--keep', '3', '--unused', '--yes');
    expect(images().map(({ status }) => status)).toEqual(['inactive', 'active', 'active', 'active']);
  });

  it('fails where the disk is unsafe, and makes nothing', () => {
    const header = Buffer.alloc(4096);
    header.write('QFI\u00fb', 'latin1');
    header.writeUInt32BE(9, 4);
    expect(runAction(desk.write('odd.qcow2', header), 'c1')).toBeUndefined();
    expect(desk.imgctl('list', '-o', 'id')).toBe('');
  });
});
