import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeBed, type Bed } from '../clouds/bed.ts';
import type { Held } from '../clouds/bed-cloud.ts';
import { verbLines } from '../clouds/index.ts';
import type { VerbLine } from '../clouds/verb-line.ts';
import { cliHome, type CliHome, type CliResult } from '../support/run-cli.ts';
import { copyProgram, type Death, type Ended, type Program } from './program.ts';
import { complaints, dice, scaled, seed, tally } from './scale.ts';

let home: CliHome;
let program: Program;
beforeAll(() => {
  home = cliHome();
  program = copyProgram(path.join(home.folder, 'program'));
});
afterAll(() => home.remove());

const isMaking = ({ verb }: VerbLine): boolean => /^(upload|create|copy|import)/.test(verb);
/** Verbs that change something at a provider, and that a process of its own can be given. */
const lines = verbLines.filter(({ about, stdin, verb }) => about !== 'all' && !stdin && !/^download|local store$/.test(verb));

interface Kill {
  readonly line: VerbLine;
  readonly number: number;
}
const account = { killed: 0, begun: 0, undone: 0, candidates: 0, kept: 0, resumed: 0, refused: 0 };

interface RunJson {
  readonly id: string;
  readonly state: string;
  readonly verb: string;
  readonly images: readonly string[];
  readonly left: readonly { readonly id?: string; readonly name?: string }[];
}

/** The cloud with an image in it, and what the line needs besides. */
async function prepared(line: VerbLine): Promise<{ readonly bed: Bed; readonly id: string }> {
  const bed = await makeBed({ x: line.cloud ?? line.provider });
  const id = await bed.cloud('x').seed('web', line.status);
  await line.before?.(bed);
  bed.cloud('x').proxy.forget();
  return { bed, id };
}

/** Runs a line in a process of its own. */
async function run(line: VerbLine, bed: Bed, id: string, death: Death): Promise<Ended> {
  const { folder } = bed.home;
  const env = { HOME: folder, TMPDIR: folder, ...bed.env };
  const ended = await program([...line.args(id, bed), '-p', 'x'], env, death);
  // What the provider was told before a death, it does.
  await expect.poll(() => bed.cloud('x').proxy.isIdle()).toBe(true);
  return ended;
}

const counts = new Map<VerbLine, Promise<number>>();
/** Acts of a line that is let be. */
function actsOf(line: VerbLine): Promise<number> {
  const counting = async (): Promise<number> => {
    const { bed, id } = await prepared(line);
    const { acts } = await run(line, bed, id, { atAct: Infinity });
    await bed.stop();
    return acts;
  };
  const known = counts.get(line) ?? counting();
  counts.set(line, known);
  return known;
}

const textOf = (held: readonly Held[]): string =>
  JSON.stringify(held.map(({ data, ...rest }) => ({ ...rest, bytes: data?.length })));

/** `share`: of its acts, after which a run dies. Where it was done before, half of them are tried, and so on. */
async function oneKill(kill: Kill, share: number): Promise<readonly string[]> {
  const { line, number } = kill;
  const { bed, id } = await prepared(line);
  const wrong: string[] = [];
  const say = (what: string, result?: CliResult): void =>
    void wrong.push(
      `${line.provider} ${line.verb} #${number}: ${what}${result ? ` (${result.exitCode}): ${result.stderr}` : ''}`,
    );
  try {
    const cloud = bed.cloud('x');
    const before = textOf(cloud.held());
    const earlier = new Set(
      ((await bed.run('ops', 'list', '--all', '-o', 'json')).json() as readonly RunJson[]).map((run) => run.id),
    );
    const mine = new Set(cloud.held().map((image) => image.id));
    const ended = await run(line, bed, id, { atAct: 1 + Math.floor(share * (await actsOf(line))) });
    if (!ended.killed) return await oneKill(kill, share / 2);
    account.killed += 1;
    const isChanged = textOf(cloud.held()) !== before;
    const runs = (await bed.run('ops', 'list', '-o', 'json')).json() as readonly RunJson[];
    const begun = runs.find((one) => !earlier.has(one.id));
    if (!begun) {
      if (isChanged) say('the provider was changed, and the journal has no run');
      return wrong;
    }
    account.begun += 1;
    if (begun.state === 'done') {
      // Its death came when it had nothing left to do.
      if (
        !(await line.done?.(cloud, id, bed, {
          stdout: '',
          stderr: '',
          exitCode: 0,
          bytes: Buffer.alloc(0),
          json: () => undefined,
        }))
      )
        say(`the run is done, and there is ${textOf(cloud.held())}`);
      return wrong;
    }
    if (begun.state !== 'interrupted') say(`the run is ${begun.state}`);
    const halfMade = (): readonly Held[] =>
      cloud.held().filter((image) => !mine.has(image.id) && !image.active && line.verb !== 'create');
    const half = halfMade();
    const names = begun.left.flatMap((left) => [left.id, left.name]);
    for (const image of half)
      if (!names.includes(image.id) && !names.includes(image.name)) say(`ops list does not name ${image.id} (${image.status})`);
    if (number % 2 === 0) await undoIt();
    else await resumeIt();
    return wrong;

    async function undoIt(): Promise<void> {
      const undone = await bed.run('ops', 'undo', begun?.id ?? '', '--yes', '--poll-interval', '20ms');
      const left = halfMade();
      if (left.length > 0 && left.every((image) => undone.stderr.includes(image.id))) account.candidates += 1;
      else if (left.length > 0) say(`undo leaves ${textOf(left)}`, undone);
      else if (undone.exitCode === 6) account.kept += 1;
      else if (undone.exitCode !== 0) say('undo fails', undone);
      else account.undone += 1;
      for (const image of mine)
        if (!/delete|purge/.test(line.verb) && !cloud.held().some((one) => one.id === image)) say(`${image} is gone`);
    }

    async function resumeIt(): Promise<void> {
      const resumed = await bed.run(
        'ops',
        'resume',
        begun?.id ?? '',
        '--yes',
        '--poll-interval',
        '20ms',
        '--wait-timeout',
        '20s',
      );
      if (resumed.exitCode === 0) {
        account.resumed += 1;
        if (!(await line.done?.(cloud, id, bed, resumed))) say(`resume ends with ${textOf(cloud.held())}`, resumed);
        const twice = cloud.held().filter((image) => image.name === 'new');
        if (isMaking(line) && twice.length > 1) say(`resume made ${twice.length} images`, resumed);
        return;
      }
      account.refused += 1;
      if (![6, 7].includes(resumed.exitCode) || !/imgctl /.test(resumed.stderr)) say('resume does not say what to do', resumed);
      await undoIt();
    }
  } finally {
    await bed.stop();
  }
}

it('of every line it can be told whether it is done', () => {
  expect(lines.filter(({ done }) => !done).map(({ provider, verb }) => `${provider} ${verb}`)).toEqual([]);
});

it('what a run began that was killed at any moment is listed, and undone, or gone on with', async () => {
  const rounds = scaled(Number(process.env.TORTURE_KILLS ?? 16), 2);
  const kills = Array.from({ length: rounds }, (_, number) => lines.map((line) => ({ line, number }))).flat();
  const wanted = kills.filter(
    ({ line }) => !process.env.TORTURE_VERB || `${line.provider} ${line.verb}`.includes(process.env.TORTURE_VERB),
  );
  const wrong = await complaints(wanted, (kill) => {
    const { line, number } = kill;
    return oneKill(kill, dice(seed + number * 7919 + line.verb.length * 31 + line.provider.length)());
  });
  const { killed: dead, ...rest } = account;
  tally(
    `journal, ${lines.length} verbs, SIGKILL (${Object.entries(rest)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')})`,
    dead,
    wrong,
  );
  expect(dead).toBe(wanted.length);
  expect(wrong).toEqual([]);
});
