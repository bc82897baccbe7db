import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { smallDisk } from '../commands/stage.ts';
import { interruptedAt, type Interruption } from '../support/interrupted-files.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { scaled, tally } from './scale.ts';

const interruption = vi.hoisted((): Interruption => ({}));
vi.mock('node:fs/promises', async (original) => {
  const { interrupted } = await import('../support/interrupted-files.ts');
  return interrupted(await original(), interruption);
});

const codes = (['EIO', 'ENOENT', 'EACCES', 'ENOSPC', 'EMFILE'] as const).slice(0, scaled(5, 1));

let home: CliHome;
beforeAll(async () => {
  home = cliHome();
  writeFileSync(path.join(home.folder, 'disk.raw'), smallDisk());
  const imgctl = (line: string) => home.run(line.split(' '), { env: at('template') });
  expect((await imgctl(`upload ${home.folder}/disk.raw --name img --id img`)).exitCode).toBe(0);
  expect((await imgctl('create queued --id queued')).exitCode).toBe(0);
});
afterAll(() => home.remove());

const at = (name: string) => ({
  XDG_DATA_HOME: path.join(home.folder, name),
  XDG_CACHE_HOME: path.join(home.folder, `${name}-cache`),
  IMGCTL_PROFILE_LOCAL_PLACES: `second=${path.join(home.folder, `${name}-second`)}`,
});

function refusal(code: (typeof codes)[number], syscall: string): Error {
  return Object.assign(new Error(`${code}: refused, ${syscall}`), { code, errno: -constants.errno[code], syscall });
}

const lines: readonly string[] = [
  'create new --id new',
  'upload DISK --name new --id new',
  'upload DISK --into queued',
  'patch img --tag t',
  'delete img --yes',
  'replicate img --to second',
  'download img OUT',
  'convert DISK OUT --disk-format qcow2',
  'inspect DISK',
  'list',
  'show img',
];

describe('a file system that refuses a call', () => {
  it.each(lines)('%s: is no bug, and leaves no half of a file', async (line) => {
    const odd: string[] = [];
    let runs = 0;
    for (const code of codes)
      for (let number = 1; ; number += 1) {
        const name = `${lines.indexOf(line)}-${code}-${number}`;
        const folder = path.join(home.folder, name);
        cpSync(path.join(home.folder, 'template'), folder, { recursive: true });
        const out = path.join(folder, 'out.raw');
        const args = line.replace('DISK', path.join(home.folder, 'disk.raw')).replace('OUT', out).split(' ');
        let called = '';
        const { result, calls } = await interruptedAt(
          interruption,
          number,
          (call) => Promise.reject(refusal(code, (called = call))),
          () => home.run(args, { env: at(name) }),
        );
        if (calls < number) break;
        runs += 1;
        if (result.status === 'rejected') throw result.reason;
        const { exitCode, stderr } = result.value;
        if (exitCode === 1 || exitCode === 2) odd.push(`${code} ${number} ${called}: ${exitCode} ${stderr.trim()}`);
        if (exitCode !== 0 && existsSync(out)) odd.push(`${code} ${number} ${called}: out there, ${exitCode}`);
        if (existsSync(out) && line.startsWith('download')) expect(readFileSync(out).equals(smallDisk())).toBe(true);
        const left = readdirSync(folder).filter((each) => each.endsWith('-part'));
        // What the file system would not let go of may stay, where that is said.
        const isSaid = called === 'rm' && left.every((each) => stderr.includes(each));
        if (left.length > 0 && !isSaid) odd.push(`${code} ${number} ${called}: left ${left.join()}, ${exitCode}`);
        rmSync(folder, { recursive: true });
      }
    tally(`${line}, a call refused`, runs, odd);
    expect(odd).toEqual([]);
  });
});
