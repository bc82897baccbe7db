import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { diskBytes } from '../support/content.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { copyProgram, type Death, type Ended, type Program } from './program.ts';
import { scaled, tally } from './scale.ts';

let home: CliHome;
let program: Program;
beforeAll(() => {
  home = cliHome();
  program = copyProgram(path.join(home.folder, 'program'));
});
afterAll(() => home.remove());

const imgctl = (args: readonly string[], folder: string, death?: Death): Promise<Ended> =>
  program(args, { HOME: folder, TMPDIR: folder }, death);

const configOf = (folder: string): string => path.join(folder, '.config', 'imgctl', 'config.json');

it('`profile set`, killed before any of its changes to the disk, leaves the old book or the new one', async () => {
  const folder = path.join(home.folder, 'set');
  const set = (region: string, death?: Death): Promise<Ended> =>
    imgctl(['profile', 'set', 'p', `region=${region}`], folder, death);
  const added = await imgctl(['profile', 'add', 'p', '--provider', 'linode', '--set', 'token=t', '--set', 'region=r'], folder);
  expect(added.status).toBe(0);
  const wrong: string[] = [];
  let before = 'r';
  let late = 0;
  let change = 0;
  for (let lives = false; !lives;) {
    change += 1;
    const region = `r${change}`;
    // A lock of the dead counts for 5 s. Most need not wait for it, so as to die while they work and not before.
    if (change % 10 > 0) rmSync(`${configOf(folder)}.lock`, { recursive: true, force: true });
    const { killed, status, stderr } = await set(region, { atAct: change });
    lives = !killed;
    try {
      const book = JSON.parse(readFileSync(configOf(folder), 'utf8')) as {
        profiles: { p: { fields: { region: string; token: string } } };
      };
      const now = book.profiles.p.fields.region;
      if (now !== before && now !== region) wrong.push(`#${change}: the region is ${now}, neither ${before} nor ${region}`);
      if (book.profiles.p.fields.token !== 't') wrong.push(`#${change}: the token is gone`);
      if (lives && (status !== 0 || now !== region))
        wrong.push(`#${change}: it ended by itself (${status}), and the region is ${now}: ${stderr}`);
      late += Number(killed && now === region);
      before = now;
    } catch (error) {
      wrong.push(`#${change}: ${String(error)}`);
    }
  }
  const after = await set('last');
  if (after.status !== 0) wrong.push(`afterwards: ${after.stderr}`);
  const left = readdirSync(path.dirname(configOf(folder))).filter((name) => name !== 'config.json');
  if (left.length > 0) wrong.push(`left over: ${left.join(', ')}`);
  tally(`profile set, SIGKILL (${late} after the change)`, change - 1, wrong);
  expect(wrong).toEqual([]);
  // It died before the book was written, and after.
  expect([late > 0, change - 1 > late]).toEqual([true, true]);
});

it('`download`, killed before any of its changes to the disk, leaves no file or the whole one', async () => {
  const cloud = await startOpenstack();
  const folder = path.join(home.folder, 'download');
  try {
    const data = diskBytes('raw', 24 * 1024 * 1024, 5);
    await cloud.seed([{ name: 'web', data }]);
    const set = Object.entries(cloud.values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    expect((await imgctl(['profile', 'add', 'p', '--provider', 'openstack', ...set], folder)).status).toBe(0);
    const out = path.join(folder, 'out.raw');
    const download = (death?: Death): Promise<Ended> =>
      imgctl(['download', 'web', out, '-p', 'p', '--force', '--resume', '-q'], folder, death);
    const wrong: string[] = [];
    let killed = 0;
    for (let lives = false, change = 1; !lives; change += 1) {
      const { killed: died, status, stderr } = await download({ atAct: change });
      lives = !died;
      killed += Number(died);
      if (existsSync(out) && !readFileSync(out).equals(data)) wrong.push(`#${change}: the file is not whole`);
      if (lives && status !== 0) wrong.push(`#${change}: it ended by itself with ${status}: ${stderr}`);
    }
    const after = await download();
    if (after.status !== 0 || !readFileSync(out).equals(data)) wrong.push(`afterwards: ${after.status} ${after.stderr}`);
    const left = readdirSync(folder).filter((name) => name.includes('imgctl-part'));
    if (left.length > 0) wrong.push(`left over after a run that succeeded: ${left.join(', ')}`);
    tally('download, SIGKILL', killed, wrong);
    expect(wrong).toEqual([]);
    expect(killed).toBeGreaterThan(5);
  } finally {
    await cloud.stop();
  }
});

it('20 processes change one book of profiles at once, and no change is lost', async () => {
  const folder = path.join(home.folder, 'many');
  const names = Array.from({ length: scaled(60, 20) }, (_, number) => `p${number}`);
  const rounds = Array.from({ length: Math.ceil(names.length / 20) }, (_, round) => names.slice(round * 20, round * 20 + 20));
  const wrong: string[] = [];
  for (const round of rounds) {
    const ended = await Promise.all(
      round.map((name) => imgctl(['profile', 'add', name, '--provider', 'local', '--set', `path=/srv/${name}`], folder)),
    );
    wrong.push(...ended.flatMap(({ status, stderr }, at) => (status === 0 ? [] : [`${round[at]}: ${status} ${stderr}`])));
  }
  const book = JSON.parse(readFileSync(configOf(folder), 'utf8')) as { profiles: Record<string, unknown> };
  wrong.push(...names.filter((name) => !book.profiles[name]).map((name) => `${name} is lost`));
  tally('20 processes on one book of profiles', names.length, wrong);
  expect(wrong).toEqual([]);
});
