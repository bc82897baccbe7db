import { expect, it } from 'vitest';
import { faultName } from '../support/fault-proxy/wire-fault.ts';
import { makeBed, seedData, type Bed } from './bed.ts';
import { lastingFaults, type Lasting } from './fault-list.ts';
import { complaints, dice, isShort, seed, tally } from './scale.ts';
import { isMain, verbLines, type VerbLine } from './verb-lines.ts';

const retries = 1;
/** Longest that a run may take, ms: every time limit is 1 s, and a few may follow one another. */
const longestMs = 30_000;
/** What tidying up may ask besides, and whole transfers that are tried again. */
const tidying = 4;

interface Case {
  readonly line: VerbLine;
  readonly lasting: Lasting;
  /** All requests, or those that the verb is about. */
  readonly on: 'all' | 'main';
}

const typed = (line: VerbLine, id: string, bed: Bed): readonly string[] => [
  ...line.args(id, bed),
  '-p',
  'x',
  '--timeout',
  '1s',
  '--retries',
  String(retries),
];

async function prepared(line: VerbLine): Promise<{ readonly bed: Bed; readonly id: string }> {
  const bed = await makeBed({ x: line.provider });
  return { bed, id: await bed.cloud('x').seed('web', line.status ?? 'active') };
}

/** How many requests the verb takes where nothing goes wrong. Throws when it does not succeed. */
async function cleanRun(line: VerbLine): Promise<number> {
  const { bed, id } = await prepared(line);
  try {
    const result = await bed.run(...typed(line, id, bed));
    const wrong = falseSuccess(line, id, bed, result.stdout);
    if (result.exitCode !== 0 || wrong)
      throw new Error(`${line.provider} ${line.verb} fails without a fault: ${result.exitCode} ${wrong ?? ''} ${result.stderr}`);
    return bed.cloud('x').proxy.seen().length;
  } finally {
    await bed.stop();
  }
}

/** What is wrong about a run that says it succeeded; absent if nothing is. */
function falseSuccess(line: VerbLine, id: string, bed: Bed, stdout: string): string | undefined {
  const cloud = bed.cloud('x');
  if (line.done && !line.done(cloud, id)) return 'it was not done';
  if (!line.done && !stdout.includes(line.shows ?? id)) return `stdout is ${JSON.stringify(stdout.slice(0, 200))}`;
  if (line.verb === 'download' && !bed.read('out.raw')?.equals(seedData)) return 'the file is not the image';
  return undefined;
}

async function tryOut({ line, lasting, on }: Case, clean: number): Promise<readonly string[]> {
  const { bed, id } = await prepared(line);
  const { proxy } = bed.cloud('x');
  const main = on === 'all' ? () => true : isMain(line);
  proxy.plan((request) => (main(request) ? lasting.fault : undefined));
  const wrong: string[] = [];
  const where = `${line.provider} ${line.verb}, ${faultName(lasting.fault)} on ${on}`;
  try {
    const { exitCode, stderr, stdout, ms } = await bed.run(...typed(line, id, bed));
    const struck = proxy.seen().some(({ fault }) => fault !== undefined);
    if (exitCode === 0) {
      const lie = falseSuccess(line, id, bed, stdout);
      if (lie !== undefined) wrong.push(`${where}: exit 0, and ${lie}`);
      if (struck && !lasting.passes) wrong.push(`${where}: exit 0 in spite of it`);
    } else if (!lasting.codes.includes(exitCode)) wrong.push(`${where}: exit ${exitCode}: ${stderr.trim().slice(0, 300)}`);
    if (ms > longestMs) wrong.push(`${where}: took ${Math.round(ms)} ms`);
    const asked = proxy.seen().length;
    const most = on === 'all' && lasting.fault.kind !== 'slow' ? 1 + retries : clean + retries + tidying;
    const bulk = line.verb === 'upload' && on === 'main';
    // A whole transfer that is tried again asks for everything anew, within the same budget.
    const allowed = lasting.passes ? (clean + tidying) * (1 + retries) : bulk ? most + clean : most;
    if (asked > allowed)
      wrong.push(
        `${where}: ${asked} requests, ${clean} without faults, ${allowed} allowed: ${proxy
          .seen()
          .map(({ method, path }) => `${method} ${path}`)
          .join(', ')
          .slice(0, 600)}`,
      );
    if (/INTERNAL|inside imgctl|TypeError/.test(stderr)) wrong.push(`${where}: ${stderr.trim()}`);
  } catch (error) {
    wrong.push(`${where}: ${String(error)}`);
  } finally {
    await bed.stop();
  }
  return wrong;
}

const chosen = (all: readonly Case[]): readonly Case[] => {
  if (!isShort) return all;
  const roll = dice(seed);
  return all.filter(() => roll() < 0.05);
};

for (const provider of ['openstack', 'linode', 'rancher'])
  it(`every verb of ${provider} under every lasting fault`, async () => {
    const lines = verbLines.filter(
      (line) => line.provider === provider && (!process.env.TORTURE_VERB || line.verb === process.env.TORTURE_VERB),
    );
    const clean = new Map<VerbLine, number>();
    for (const line of lines) clean.set(line, await cleanRun(line));
    const cases = chosen(
      lines.flatMap((line) =>
        lastingFaults.flatMap((lasting): Case[] => (['all', 'main'] as const).map((on) => ({ line, lasting, on }))),
      ),
    );
    const wrong = await complaints(cases, (one) => tryOut(one, clean.get(one.line) ?? 0));
    tally(`${provider}: every verb under every lasting fault`, cases.length, wrong);
    expect(wrong).toEqual([]);
  });
