import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';
import { projects } from '../clouds/openstack/keystone.ts';

const cli = useOpenstackCli();
const project = projects.demo ?? '';

interface Row {
  readonly action: string;
  readonly id?: string;
  readonly result?: string;
  readonly message?: string;
}
const manifest = (seed: number, more: object = {}): string => {
  cli.write('web.raw', disk(seed));
  const image = { name: 'web', source: './web.raw', targets: ['demo'], keep: 1, grace: '0s', ...more };
  return cli.write('images.yaml', Buffer.from(JSON.stringify({ manifest: 'fleet', images: [image] })));
};
const run = async (verb: 'plan' | 'apply', file: string, ...more: readonly string[]) => {
  const yes = verb === 'apply' ? ['--yes', '--poll-interval', '5ms'] : [];
  const result = await cli.run([verb, '-f', file, '-o', 'json', ...yes, ...more]);
  return { ...result, rows: (result.stdout === '' ? [] : result.json()) as readonly Row[] };
};
const done = async (file: string, ...more: readonly string[]): Promise<readonly string[]> => {
  const { exitCode, stderr, rows } = await run('apply', file, ...more);
  expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
  return rows.map(({ action }) => action);
};
const idOf = (name: string): string => String(cli.wires().find((wire) => wire.name === name)?.id);
const statusOf = (id: string): unknown => cli.wires().find((wire) => wire.id === id)?.status;
/** Does something once, as soon as a request comes that is like this. */
const upon = (method: string, where: RegExp, act: () => void): void => {
  let isDone = false;
  cli.cloud().fail({
    kind: 'answer',
    status: 500,
    body: '',
    times: 999,
    on: (request) => {
      if (!isDone && request.method === method && where.test(request.path)) {
        isDone = true;
        act();
      }
      return false;
    },
  });
};

describe('a version that a newer one has replaced', () => {
  it('stays as long as it is used', async () => {
    await done(manifest(1));
    const first = idOf('web');
    cli.cloud().nova.boot({ name: 'shop', image: first, project });
    expect(await done(manifest(2))).toEqual(['add', 'retarget']);
    expect(await done(manifest(2))).toEqual([]);
    expect(statusOf(first)).toBe('active');
  });

  it('stays where it is used by the time that the new one is there', async () => {
    await done(manifest(1));
    const first = idOf('web');
    upon('PUT', /\/file$/, () => cli.cloud().nova.boot({ name: 'late', image: first, project }));
    const { exitCode, rows } = await run('apply', manifest(2));
    expect([exitCode, rows.map(({ action, result }) => `${action} ${result}`)]).toEqual([
      12,
      ['add ok', 'retarget ok', 'deactivate failed'],
    ]);
    expect(rows[2]?.message).toContain('used by 1 instance (late)');
    expect(statusOf(first)).toBe('active');
  });

  it('stays where the new one does not come to be, and where its uses are not known', async () => {
    await done(manifest(1));
    const first = idOf('web');
    cli.cloud().fail({ kind: 'answer', status: 507, body: '', times: 1, on: ({ path }) => path.endsWith('/file') });
    const { rows } = await run('apply', manifest(2), '--retries', '0');
    expect(rows.map(({ result }) => result)).toEqual(['failed', 'skipped', 'skipped']);
    expect(statusOf(first)).toBe('active');
    cli.cloud().fail({ kind: 'answer', status: 503, body: '', times: 999, on: ({ path }) => path.startsWith('/compute/') });
    const again = await run('apply', manifest(2), '--retries', '0');
    expect([again.exitCode, again.rows.filter(({ action }) => action === 'deactivate')]).toEqual([12, []]);
    expect(statusOf(first)).toBe('active');
  });

  it('is retired by a plan that was kept, where that is still so, and told where it is not', async () => {
    await done(manifest(1));
    const first = idOf('web');
    const plan = cli.file('plan.json');
    await done(manifest(2, { keep: 2 }));
    await cli.ok(['plan', '-f', manifest(2), '--out', plan]);
    cli.cloud().nova.boot({ name: 'shop', image: first, project });
    const { exitCode, stdout } = await cli.run(['apply', plan, '--yes']);
    expect([exitCode, stdout, statusOf(first)]).toEqual([12, expect.stringContaining('it would be left as it is'), 'active']);
  });

  it('that somebody has protected, or deactivated, is left', async () => {
    await done(manifest(1));
    const first = idOf('web');
    await cli.ok(['patch', `demo:${first}`, '--protect']);
    expect(await done(manifest(2))).toEqual(['add', 'retarget']);
    await cli.ok(['patch', `demo:${first}`, '--unprotect']);
    await cli.ok(['deactivate', `demo:${first}`]);
    expect(await done(manifest(2))).toEqual([]);
  });
});
