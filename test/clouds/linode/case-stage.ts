import { afterEach, expect, it } from 'vitest';
import { cliHome, type CliHome, type CliResult } from '../../support/run-cli.ts';
import { openCases } from './cases.ts';
import { hasRecordings, without } from './recorded.ts';
import { replay, type Replay, type Step } from './replay.ts';

/** The token that the cases' requests carry. */
export const token = 'TESTTOKEN';
export const cases = openCases();

/** What one case is tried with. */
export interface CaseStage {
  readonly steps: readonly Step[];
  /** Answers these steps from now on, the case's own if none are named. */
  serve(steps?: readonly Step[]): Promise<Replay>;
  /** Runs imgctl against what is served; no secret may be in what it prints. */
  imgctl(...args: readonly string[]): Promise<CliResult>;
  readonly home: CliHome;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((clean) => clean()));
});

function stageOf(steps: readonly Step[]): CaseStage {
  const home = cliHome();
  let server: Replay | undefined;
  cleanups.push(async () => server?.stop(), home.remove);
  const serve = async (those = steps): Promise<Replay> => {
    await server?.stop();
    return (server = await replay(those));
  };
  return {
    steps,
    home,
    serve,
    async imgctl(...args) {
      server ??= await serve();
      const env = { LINODE_URL: server.origin, ...(args[0] === 'places' ? {} : { LINODE_TOKEN: token }) };
      const result = await home.run(['-p', 'env:linode', ...args], { env });
      expect(result.stdout + result.stderr).not.toMatch(/TESTTOKEN|Signature=[^\s]*%2F/);
      expect(server.complaints(), result.stderr).toEqual([]);
      return result;
    },
  };
}

/** Numbers of the cases that were registered. */
export const tried = new Set<string>();

/** Registers an open case; `run` does what the user asks for and says what is to come of it. */
export function lin(number: string, run: (stage: CaseStage) => Promise<void>): void {
  const id = `LIN-${number}`;
  const found = cases.get(id);
  tried.add(id);
  it.skipIf(!hasRecordings)(`${id} ${found?.title ?? without}`, async () => {
    if (!found) throw new Error(`there is no open case ${id}`);
    await run(stageOf(found.steps));
  });
}

/** The answer to a list in which nothing is. */
export const nobody: Step['answer'] = { status: 200, body: '{"page":0,"pages":0,"results":0,"data":[]}' };
/** Looking a name up among own images (or public ones, or all), which is due before a name is taken for an id or for a new image. */
export const lookUp = (label: string, among: 'own' | 'public' | 'all' = 'own'): Step => ({
  method: 'GET',
  path: '/v4/images?page=1&page_size=500',
  headers: { 'x-filter': JSON.stringify(among === 'all' ? { label } : { is_public: among === 'public', label }) },
  answer: nobody,
});
