import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';

const cli = useOpenstackCli();

interface Row {
  readonly action: string;
  readonly result: string;
}
interface Wire {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly version: string;
  created_at: string;
}
const images = (): readonly Wire[] => cli.wires() as readonly unknown[] as readonly Wire[];

/** Keeps a plan by which a version comes, one is retired, and one goes. */
async function planned(version: number): Promise<string> {
  cli.write('web.raw', disk(version));
  const rules = { channel: 'stable', keep: 1, grace: '0s' };
  const image = { name: 'web', source: './web.raw', targets: ['demo'], properties: { version: String(version) }, ...rules };
  const manifest = cli.write('images.json', Buffer.from(JSON.stringify({ manifest: 'fleet', images: [image] })));
  // Each is made on a day of its own.
  for (const wire of images()) wire.created_at = new Date(Date.UTC(2026, 0, Number(wire.version))).toISOString();
  await cli.ok(['plan', '-f', manifest, '--out', cli.file('plan.json')]);
  return cli.file('plan.json');
}

async function applied(plan: string) {
  const result = await cli.run(['apply', plan, '--yes', '-o', 'json', '--poll-interval', '5ms', '--retries', '0']);
  return { ...result, rows: (result.stdout === '' ? [] : result.json()) as readonly Row[] };
}

/** From one of the requests on that change something, none is taken, as of a run that was killed. */
function cutBefore(write: number): { readonly end: () => void } {
  let [seen, isOver] = [0, false];
  const isRefused = (method: string, path: string): boolean => {
    if (isOver || method === 'GET' || method === 'HEAD' || !path.includes('/v2/')) return false;
    seen += 1;
    return seen > write;
  };
  cli.cloud().fail({ kind: 'answer', status: 503, body: '', times: 999, on: ({ method, path }) => isRefused(method, path) });
  return { end: () => (isOver = true) };
}

const day = (version: number): string => `202601${String(version).padStart(2, '0')}T000000`;
const stand = (): readonly string[] => images().map(({ name, status, version }) => `${version} ${name} ${status}`);

describe('a plan that was kept and broken off', () => {
  it('is gone on with, whatever was done of it, and ends as it would have', async () => {
    for (const version of [1, 2, 3]) expect((await applied(await planned(version))).exitCode).toBe(0);
    let version = 3;
    // Behind the record, the data, the first of two names, the channel at the new one, the mark of what is retired.
    for (const write of [1, 2, 4, 6, 8]) {
      const plan = await planned((version += 1));
      const cut = cutBefore(write);
      expect((await applied(plan)).exitCode).toBe(12);
      cut.end();
      const again = await applied(plan);
      expect([again.exitCode, again.rows.filter(({ result }) => result !== 'ok')], again.stderr).toEqual([0, []]);
      expect(stand()).toEqual([
        `${version - 2} web (${day(version - 2)}) deactivated`,
        `${version - 1} web (${day(version - 1)}) active`,
        `${version} web active`,
      ]);
    }
    expect((await applied(cli.file('plan.json'))).exitCode).toBe(0);
  });
});
