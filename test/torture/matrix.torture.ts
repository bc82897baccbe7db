import { expect, it } from 'vitest';
import { faultName } from '../support/fault-proxy/wire-fault.ts';
import type { CliResult } from '../support/run-cli.ts';
import { makeBed, type Bed } from '../clouds/bed.ts';
import { lastingFaults, type Lasting } from './fault-list.ts';
import { complaints, dice, isShort, seed, tally } from './scale.ts';
import { stageOf, verbLines } from '../clouds/index.ts';
import { isMain } from './main-requests.ts';
import type { VerbLine } from '../clouds/verb-line.ts';

const retries = 1;
/** Longest that a run may take, ms: where there is a time limit it is 1 s, and a few may follow one another. */
const longestMs = 30_000;
/** A server may think about the data of an upload for 30 of these, each time that it is sent. */
const longestWithDataMs = longestMs * (1 + retries) + 10_000;
/** What tidying up may ask besides, and whole transfers that are tried again. */
const tidying = 4;

interface Case {
  readonly line: VerbLine;
  readonly lasting: Lasting;
  /** All requests, or those that the verb is about. */
  readonly on: 'all' | 'main';
}

/** Only what stalls is given up by a time limit. Another fault ends by itself: a second of silence would be that of the fakes, which share the processor. */
const isSilent = ({ fault }: Lasting): boolean => fault.kind.startsWith('stall');
const typed = (line: VerbLine, id: string, bed: Bed, timeout: string): readonly string[] => [
  ...line.args(id, bed),
  '-p',
  'x',
  '--timeout',
  timeout,
  '--retries',
  String(retries),
];

async function prepared(line: VerbLine): Promise<{ readonly bed: Bed; readonly id: string }> {
  const bed = await makeBed({ x: line.cloud ?? line.provider });
  const id = await bed.cloud('x').seed('web', line.status ?? 'active');
  await line.before?.(bed);
  bed.cloud('x').proxy.forget();
  return { bed, id };
}

/** How many requests the verb takes where nothing goes wrong. Throws when it does not succeed. */
async function cleanRun(line: VerbLine): Promise<number> {
  const { bed, id } = await prepared(line);
  try {
    const result = await bed.feed(line.stdin, ...typed(line, id, bed, '20s'));
    const asked = bed.cloud('x').proxy.seen().length;
    const wrong = await falseSuccess(line, id, bed, result);
    if (result.exitCode !== 0 || wrong)
      throw new Error(`${line.provider} ${line.verb} fails without a fault: ${result.exitCode} ${wrong ?? ''} ${result.stderr}`);
    return asked;
  } finally {
    await bed.stop();
  }
}

/** What is wrong about a run that says it succeeded; absent if nothing is. */
async function falseSuccess(line: VerbLine, id: string, bed: Bed, result: CliResult): Promise<string | undefined> {
  if (line.done) return (await line.done(bed.cloud('x'), id, bed, result)) ? undefined : 'it was not done';
  if (!result.stdout.includes(line.shows ?? id)) return `stdout is ${JSON.stringify(result.stdout.slice(0, 200))}`;
  return undefined;
}

/** The fakes share the ports of the machine with one another: where one refuses connections another may come to listen. Then it is tried again. */
async function tryOut(one: Case, clean: number, tries = 3): Promise<readonly string[]> {
  const wrong = await tryOnce(one, clean);
  return one.lasting.fault.kind === 'refuse' && wrong.length > 0 && tries > 1 ? tryOut(one, clean, tries - 1) : wrong;
}

async function tryOnce({ line, lasting, on }: Case, clean: number): Promise<readonly string[]> {
  const { bed, id } = await prepared(line);
  const { proxy } = bed.cloud('x');
  const sends = /^(upload|copy)/.test(line.verb);
  const main = on === 'all' ? () => true : isMain(line);
  proxy.plan((request) => (main(request) ? lasting.fault : undefined));
  const wrong: string[] = [];
  const where = `${line.provider} ${line.verb}, ${faultName(lasting.fault)} on ${on}`;
  try {
    const result = await bed.feed(line.stdin, ...typed(line, id, bed, isSilent(lasting) ? '1s' : '20s'));
    const { exitCode, stderr, ms } = result;
    const seen = [...proxy.seen()];
    proxy.plan(undefined);
    const struck = seen.some(({ fault }) => fault !== undefined);
    if (exitCode === 0) {
      const lie = await falseSuccess(line, id, bed, result);
      if (lie !== undefined) wrong.push(`${where}: exit 0, and ${lie}`);
      if (struck && !lasting.passes) wrong.push(`${where}: exit 0 in spite of it`);
    } else if (!lasting.codes.includes(exitCode)) wrong.push(`${where}: exit ${exitCode}: ${stderr.trim().slice(0, 300)}`);
    if (ms > (sends ? longestWithDataMs : longestMs)) wrong.push(`${where}: took ${Math.round(ms)} ms`);
    const asked = seen.length;
    const most =
      on === 'all' && lasting.fault.kind !== 'slow'
        ? (stageOf(line.provider).wire?.atOnce ?? 1) + retries
        : clean + retries + tidying;
    const bulk = sends && on === 'main';
    // A whole transfer that is tried again asks for everything anew, within the same budget.
    const allowed = lasting.passes ? (clean + tidying) * (1 + retries) : bulk ? most + clean : most;
    if (asked > allowed)
      wrong.push(
        `${where}: ${asked} requests, ${clean} without faults, ${allowed} allowed: ${seen
          .map(({ method, path }) => `${method} ${path}`)
          .join(', ')
          .slice(0, 600)}`,
      );
    if (/INTERNAL|internal error|TypeError/.test(stderr)) wrong.push(`${where}: ${stderr.trim()}`);
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
  return all.filter(() => roll() < 0.025);
};

for (const provider of new Set(verbLines.map((line) => line.provider)))
  it(`every verb of ${provider} under every lasting fault`, async () => {
    const lines = verbLines.filter(
      (line) => line.provider === provider && (!process.env.TORTURE_VERB || line.verb.includes(process.env.TORTURE_VERB)),
    );
    const clean = new Map<VerbLine, number>();
    for (const line of lines) clean.set(line, await cleanRun(line));
    const cases = chosen(
      lines.flatMap((line) =>
        lastingFaults.flatMap((lasting): Case[] => (['all', 'main'] as const).map((on) => ({ line, lasting, on }))),
      ),
    );
    const wrong = await complaints(cases, (one) => tryOut(one, clean.get(one.line) ?? 0));
    tally(`${provider}: ${lines.length} verbs under ${lastingFaults.length} lasting faults`, cases.length, wrong);
    expect(wrong).toEqual([]);
  });
