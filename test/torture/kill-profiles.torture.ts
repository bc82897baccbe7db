import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { diskBytes } from '../support/content.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { copyProgram, lengthOf, type Ended, type Program } from './program.ts';
import { dice, scaled, seed, tally, untilKilled } from './scale.ts';

let home: CliHome;
let program: Program;
beforeAll(() => {
  home = cliHome();
  program = copyProgram(path.join(home.folder, 'program'));
});
afterAll(() => home.remove());

const imgctl = (args: readonly string[], folder: string, killAfterMs?: number): Promise<Ended> =>
  program(args, { HOME: folder, TMPDIR: folder }, killAfterMs);

const configOf = (folder: string): string => path.join(folder, '.config', 'imgctl', 'config.json');

/** Kills `profile set` over and over, each time at another moment. */
async function killSet(folder: string, kills: number, roll: () => number): Promise<{ late: number; wrong: string[] }> {
  const set = (region: string, killAfterMs?: number): Promise<Ended> =>
    imgctl(['profile', 'set', 'p', `region=${region}`], folder, killAfterMs);
  const added = await imgctl(['profile', 'add', 'p', '--provider', 'linode', '--set', 'token=t', '--set', 'region=r'], folder);
  expect(added.status).toBe(0);
  /** About when the book is written: it is aimed at, wherever the load of the machine moves it. */
  let aim = await lengthOf(() => set('r'));
  const wrong: string[] = [];
  let before = 'r';
  let killed = 0;
  let late = 0;
  for (const number of untilKilled(kills, () => killed)) {
    const region = `r${number}`;
    // A lock of the dead counts for 5 s. Most need not wait for it, so as to die while they work and not before.
    if (number % 10 > 0) rmSync(`${configOf(folder)}.lock`, { recursive: true, force: true });
    const { killed: died, status, stderr, ms } = await set(region, aim * (0.85 + roll() * 0.3));
    killed += Number(died);
    try {
      const book = JSON.parse(readFileSync(configOf(folder), 'utf8')) as {
        profiles: { p: { fields: { region: string; token: string } } };
      };
      const now = book.profiles.p.fields.region;
      if (now !== before && now !== region) wrong.push(`#${number}: the region is ${now}, neither ${before} nor ${region}`);
      if (book.profiles.p.fields.token !== 't') wrong.push(`#${number}: the token is gone`);
      if (!died && (status !== 0 || now !== region))
        wrong.push(`#${number}: it ended by itself (${status}), and the region is ${now}: ${stderr}`);
      aim = died ? aim * (now === region ? 0.95 : 1.05) : Math.min(aim, ms) * 0.9;
      late += Number(died && now === region);
      before = now;
    } catch (error) {
      wrong.push(`#${number}: ${String(error)}`);
    }
  }
  const after = await set('last');
  if (after.status !== 0) wrong.push(`afterwards: ${after.stderr}`);
  const left = readdirSync(path.dirname(configOf(folder))).filter((name) => name !== 'config.json');
  if (left.length > 0) wrong.push(`left over: ${left.join(', ')}`);
  return { late, wrong };
}

it('`profile set`, killed at any moment, leaves the old book or the new one', async () => {
  const books = 5;
  const kills = scaled(60, 1);
  // Most of the time locks of the dead are waited for.
  const all = await Promise.all(
    Array.from({ length: books }, (_, number) => killSet(path.join(home.folder, `set-${number}`), kills, dice(seed + number))),
  );
  const wrong = all.flatMap((each) => each.wrong);
  const late = all.reduce((sum, each) => sum + each.late, 0);
  tally(`profile set, SIGKILL (${late} after the change)`, books * kills, wrong);
  expect(wrong).toEqual([]);
});

it('`download`, killed at any moment, leaves no file or the whole one', async () => {
  const cloud = await startOpenstack();
  const folder = path.join(home.folder, 'download');
  try {
    const data = diskBytes('raw', 24 * 1024 * 1024, 5);
    await cloud.seed([{ name: 'web', data }]);
    const set = Object.entries(cloud.values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    expect((await imgctl(['profile', 'add', 'p', '--provider', 'openstack', ...set], folder)).status).toBe(0);
    const out = path.join(folder, 'out.raw');
    const download = (killAfterMs?: number): Promise<Ended> =>
      imgctl(['download', 'web', out, '-p', 'p', '--force', '--resume', '-q'], folder, killAfterMs);
    let whole = await lengthOf(() => download());
    const roll = dice(seed + 1);
    const kills = scaled(300, 5);
    const wrong: string[] = [];
    let killed = 0;
    for (const number of untilKilled(kills, () => killed)) {
      const { killed: died, status, stderr, ms } = await download(whole * (0.3 + roll() * 0.8));
      whole = died ? whole * 1.03 : Math.min(whole, ms) * 0.95;
      killed += Number(died);
      if (existsSync(out) && !readFileSync(out).equals(data)) wrong.push(`#${number}: the file is not whole`);
      if (!died && status !== 0) wrong.push(`#${number}: it ended by itself with ${status}: ${stderr}`);
    }
    const after = await download();
    if (after.status !== 0 || !readFileSync(out).equals(data)) wrong.push(`afterwards: ${after.status} ${after.stderr}`);
    const left = readdirSync(folder).filter((name) => name.includes('imgctl-part'));
    if (left.length > 0) wrong.push(`left over after a run that succeeded: ${left.join(', ')}`);
    tally('download, SIGKILL', killed, wrong);
    expect(wrong).toEqual([]);
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
