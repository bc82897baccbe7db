import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { diskBytes } from '../support/content.ts';
import { testCall } from '../conformance/stage.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { changesIn, type Change, type Surroundings } from './local-store/changes.ts';
import { openStore, sha256, type Store } from './local-store/store.ts';
import { copyProgram, type Death, type Ended, type Program } from './program.ts';
import { dice, scaled, seed, tally } from './scale.ts';

const fetched = diskBytes('raw', 2 * 1024 * 1024, 99);
let home: CliHome;
let program: Program;
let server: Server;
beforeAll(async () => {
  home = cliHome();
  program = copyProgram(path.join(home.folder, 'program'));
  server = createServer((_request, response) => response.end(fetched));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await home.remove();
});

const surroundingsIn = (name: string): Surroundings => {
  const folder = path.join(home.folder, name);
  mkdirSync(folder);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.raw`;
  return { folder, expected: new Map(), served: { url, sha256: sha256(fetched) } };
};

const imgctl = (args: readonly string[], folder: string, store: Store, death?: Death): Promise<Ended> =>
  program(
    [...args, '-p', 's', '-q'],
    {
      HOME: folder,
      TMPDIR: folder,
      IMGCTL_PROFILE_S_PROVIDER: 'local',
      ...Object.fromEntries(
        Object.entries(store.values).map(([name, value]) => [`IMGCTL_PROFILE_S_${name.toUpperCase()}`, value]),
      ),
    },
    death,
  );

interface Account {
  readonly wrong: string[];
  killed: number;
  late: number;
  /** Kills after which the next change had something to give back. */
  wasteful: number;
}

/** Kills one verb over and over, each time at another moment, and looks what it left and what the next change makes of it. */
async function killOver(change: Change, around: Surroundings, kills: number, roll: () => number): Promise<Account> {
  const { folder, expected } = around;
  const store = openStore(folder);
  const clerk = await store.put('clerk', diskBytes('raw', 200_000, 5));
  expected.set('clerk', sha256(diskBytes('raw', 200_000, 5)));
  const account: Account = { wrong: [], killed: 0, late: 0, wasteful: 0 };
  let number = 0;
  const whole = async (): Promise<number> => {
    const { args, after } = await change.begin(store, (number += 1));
    const { status, stderr, acts } = await imgctl(args, folder, store, { atAct: Infinity });
    if (status !== 0) throw new Error(`${change.verb} fails by itself: ${stderr}`);
    await after?.();
    return acts;
  };
  // The first one may make the folders.
  await whole();
  const acts = await whole();
  for (let round = 0; round < kills; round += 1) {
    const attempt = await change.begin(store, (number += 1));
    const moment = 1 + Math.floor(((round + roll()) / kills) * acts);
    const { killed, status, stderr } = await imgctl(attempt.args, folder, store, { atAct: moment });
    const state = await attempt.look();
    account.killed += Number(killed);
    account.late += Number(killed && state === 'new');
    const wrong = [...(await store.damage(expected))];
    if (state === 'half') wrong.push('what it changes is neither old nor new');
    if (!killed && (status !== 0 || state !== 'new')) wrong.push(`it ended by itself (${status}), and it is ${state}: ${stderr}`);
    account.wasteful += Number(killed && store.waste().length > 0);
    store.age();
    await nextRun(store, clerk.id, round);
    // A change in the home folder says nothing to the second one: what is there goes with the next change there.
    if (change.verb === 'replicate') await visitSecond(store, clerk.id);
    wrong.push(...store.waste().map((what) => `the next change leaves ${what}`), ...(await store.damage(expected)));
    account.wrong.push(...wrong.map((what) => `${change.verb} #${round}, killed before act ${moment} of ${acts}: ${what}`));
    await attempt.after?.();
  }
  const spools = readdirSync(folder).filter((name) => name.startsWith('imgctl-'));
  account.wrong.push(...spools.map((name) => `${change.verb} leaves ${name} in the temporary folder`));
  return account;
}

const nextRun = (store: Store, id: string, round: number) =>
  store.session.require('patch').run({ id, changes: { description: `${round}` }, extras: {} }, testCall());

async function visitSecond(store: Store, id: string): Promise<void> {
  const replicate = store.session.require('replicate');
  await replicate.run({ id, add: ['second'], remove: [] }, testCall());
  await replicate.run({ id, add: [], remove: ['second'] }, testCall());
}

it('every verb that changes a local store, killed at any moment, leaves it old or new, and the next change gives the space back', async () => {
  const kills = scaled(60, 6);
  const verbs = changesIn(surroundingsIn('names')).map(({ verb }) => verb);
  const left = verbs.filter((verb) => !process.env.TORTURE_VERB || verb === process.env.TORTURE_VERB);
  const wrong: string[] = [];
  const worker = async (): Promise<void> => {
    for (let verb = left.shift(); verb !== undefined; verb = left.shift()) {
      const around = surroundingsIn(verb);
      const change = changesIn(around).find((each) => each.verb === verb);
      if (!change) throw new Error(verb);
      const account = await killOver(change, around, kills, dice(seed + verb.length));
      const told = `${account.late} after the change, ${account.wasteful} with space to be given back`;
      tally(`local store, ${verb}, SIGKILL (${told})`, account.killed, account.wrong);
      wrong.push(...account.wrong);
    }
  };
  // Most of the time locks of the dead are waited for.
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(wrong).toEqual([]);
});

it('20 processes change one local store at once, and no change is lost', async () => {
  const around = surroundingsIn('together');
  const { folder, expected } = around;
  const store = openStore(folder);
  const rounds = scaled(3, 1);
  const wrong: string[] = [];
  const shared = await store.put('shared');
  for (let round = 0; round < rounds; round += 1) {
    const names = (kind: string, count: number): readonly string[] =>
      Array.from({ length: count }, (_, number) => `${kind}-${round}-${number}`);
    const doomed = names('doomed', 6);
    for (const name of doomed) await store.put(name, diskBytes('raw', 100_000, 3));
    const uploads = names('new', 7).map((name, number) => {
      const data = diskBytes('raw', 500_000, round * 100 + number);
      const file = path.join(folder, `${name}.raw`);
      writeFileSync(file, data);
      expected.set(name, sha256(data));
      return ['upload', file, '--name', name];
    });
    const patches = names('tag', 7).map((tag) => ['patch', 'shared', '--tag', tag, '--property', `${tag}=yes`]);
    const deletes = doomed.map((name) => ['delete', name, '--yes']);
    const lines = [...uploads, ...patches, ...deletes];
    const ended = await Promise.all(lines.map((args) => imgctl(args, folder, store)));
    wrong.push(
      ...ended.flatMap(({ status, stderr }, at) => (status === 0 ? [] : [`${lines[at]?.join(' ')}: ${status} ${stderr}`])),
    );
    const there = new Map((await store.images()).map((image) => [image.name, image]));
    const { tags = [], properties = {} } = there.get('shared') ?? {};
    wrong.push(
      ...names('tag', 7)
        .filter((tag) => !tags.includes(tag) || properties[tag] !== 'yes')
        .map((tag) => `${tag} is lost`),
    );
    wrong.push(
      ...names('new', 7)
        .filter((name) => there.get(name)?.status !== 'active')
        .map((name) => `${name} is lost`),
    );
    wrong.push(...doomed.filter((name) => there.has(name)).map((name) => `${name} is still there`));
    wrong.push(...(await store.damage(expected)), ...store.waste());
  }
  const { record } = (await store.session.require('show').run({ id: shared.id }, testCall())).raw as {
    record: { revision: number };
  };
  if (record.revision !== 1 + 7 * rounds) wrong.push(`the shared record is at revision ${record.revision}`);
  tally('20 processes on one local store: upload, patch, delete', 20 * rounds, wrong);
  expect(wrong).toEqual([]);
});
