import { beforeEach, describe, expect, it } from 'vitest';
import type { RetirementRow } from '../../src/core/retirement.ts';
import { useOpenstackCli } from '../clouds/openstack/cli.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { errorOf } from './stage.ts';

const cli = useOpenstackCli();
const project = projects.demo ?? '';
const ids = new Map<string, string>();
const idOf = (name: string): string => ids.get(name) ?? '';

beforeEach(async () => {
  ids.clear();
  for (const [index, name] of ['web-1', 'web-2', 'web-3'].entries()) {
    const created = `2026-11-0${index + 1}T08:00:00Z`;
    ids.set(name, String(cli.image(name, { created_at: created }).wire.id));
  }
  await cli.ok(['patch', ...['web-1', 'web-2', 'web-3'].map((name) => `demo:${idOf(name)}`), '--manage']);
});

const args = ['prune', 'demo:web-*', '--keep', '1', '--yes'];
const pruned = async (...more: readonly string[]): Promise<Readonly<Record<string, string>>> => {
  const rows = (await cli.ok([...args, '-o', 'json', ...more])).json() as RetirementRow[];
  return Object.fromEntries(rows.map(({ name, action, reason }) => [name, `${action}: ${reason}`]));
};
const wire = (name: string): Readonly<Record<string, unknown>> => cli.cloud().one.store.images.get(idOf(name))?.wire ?? {};
const failing = (status: number, where: RegExp): void =>
  cli.cloud().fail({ kind: 'answer', status, body: '', times: 999, on: ({ path }) => where.test(path) });

describe('what uses an image', () => {
  it('keeps it, and brings it back where it began to', async () => {
    cli.cloud().nova.boot({ name: 'shop', image: idOf('web-1'), project });
    expect(await pruned()).toEqual({
      'web-1': 'keep: used by 1 instance (shop)',
      'web-2': 'retire: 1 newer is active',
      'web-3': 'keep: the newest',
    });
    expect(wire('web-2').status).toBe('deactivated');
    cli.cloud().nova.boot({ name: 'late', image: idOf('web-2'), project });
    expect(await pruned('--grace', '0s')).toMatchObject({ 'web-2': 'unretire: used by 1 instance (late)' });
    expect(wire('web-2')).toMatchObject({ status: 'active', 'imgctl.managed': 'yes' });
    expect(wire('web-2')['imgctl.retired']).toBeUndefined();
  });

  it('and was not answered keeps it whatever the user says, with 12', async () => {
    failing(503, /^\/compute\//);
    const result = await cli.run([...args, '--unused', '--retries', '0', '-o', 'json']);
    expect(result.exitCode).toBe(12);
    expect((result.json() as RetirementRow[]).map(({ action }) => action)).toEqual(['keep', 'keep', 'keep']);
    expect(result.stderr).toContain('demo: could not check instances');
  });

  it('and may not be asked keeps it until the user says otherwise', async () => {
    failing(403, /^\/compute\//);
    const kept = await pruned();
    expect(kept['web-1']).toMatch(/^keep: could not check instances/);
    expect((await pruned('--unused'))['web-1']).toMatch(/^retire: /);
  });
});

describe('an image', () => {
  it('that a cloud has made of a managed one, with its properties, is not managed', async () => {
    const marks = Object.fromEntries(Object.entries(wire('web-1')).filter(([name]) => name.startsWith('imgctl.')));
    cli.image('web-0', { created_at: '2026-10-01T08:00:00Z', ...marks });
    expect((await pruned())['web-0']).toBe('keep: not managed');
  });

  it('that is protected stays; one that was blocked by somebody else is left as it is', async () => {
    await cli.ok(['patch', `demo:${idOf('web-1')}`, '--protect']);
    await cli.ok(['deactivate', `demo:${idOf('web-2')}`]);
    expect(await pruned('--grace', '0s')).toEqual({
      'web-1': 'keep: protected',
      'web-2': 'keep: inactive: it counts for nothing',
      'web-3': 'keep: the newest',
    });
  });

  it('that somebody has reactivated has its whole grace again', async () => {
    await pruned();
    await cli.ok(['reactivate', `demo:${idOf('web-2')}`]);
    expect((await pruned('--grace', '0s'))['web-2']).toBe('retire: 1 newer is active');
    expect(wire('web-2').status).toBe('deactivated');
  });

  it('counts as managed where its id is given, and is marked when it is retired', async () => {
    await cli.ok(['patch', `demo:${idOf('web-1')}`, '--unmanage']);
    expect((await pruned('--dry-run'))['web-1']).toBe('keep: not managed');
    expect((await pruned('--managed', idOf('web-1')))['web-1']).toBe('retire: 1 newer is active');
    expect(wire('web-1')).toMatchObject({ status: 'deactivated', 'imgctl.managed': 'yes' });
    const unknown = await cli.run([...args, '--managed', 'nobody', '--json']);
    expect(errorOf(unknown)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('before anything goes', () => {
  it('somebody is asked, and without a terminal --yes is needed', async () => {
    const refused = await cli.run([...args.slice(0, -1), '--json']);
    expect([refused.exitCode, errorOf(refused).hint]).toEqual([
      2,
      expect.stringContaining('Prune demo: retire 2 images (web-2, web-1)?'),
    ]);
    expect(wire('web-1').status).toBe('active');
  });

  it('a list that fails is a failure, and of several profiles the others are gone through', async () => {
    failing(503, /^\/image\/v2\/images\?/);
    const alone = await cli.run([...args, '--retries', '0', '--json']);
    expect([alone.exitCode, alone.stdout]).toEqual([10, '']);
    const both = await cli.run(['prune', '-p', 'demo', '-p', 'local', '--keep', '1', '--yes', '--retries', '0', '-o', 'json']);
    expect([both.exitCode, both.json()]).toEqual([12, []]);
    expect(both.stderr).toContain('not looked at: demo');
  });
});

it('a failure of one image is told in its row, and the others are done', async () => {
  cli.cloud().fail({
    kind: 'answer',
    status: 403,
    body: '',
    times: 99,
    on: ({ method, path }) => method === 'PATCH' && path.includes(idOf('web-1')),
  });
  const result = await cli.run([...args, '-o', 'json']);
  expect(result.exitCode).toBe(12);
  expect((result.json() as RetirementRow[]).map(({ name, action, result: came }) => `${name} ${action} ${came}`)).toEqual([
    'web-3 keep ok',
    'web-2 retire ok',
    'web-1 retire failed',
  ]);
});

it('what was changed since it was looked at is left alone', async () => {
  cli.cloud().fail({
    kind: 'answer',
    on({ path }) {
      if (path.startsWith('/compute/')) Object.assign(wire('web-1'), { protected: true });
      return false;
    },
  });
  const result = await cli.run([...args, '-o', 'json']);
  expect(result.exitCode).toBe(12);
  expect((result.json() as RetirementRow[]).find(({ name }) => name === 'web-1')).toMatchObject({
    result: 'failed',
    code: 'CONFLICT',
  });
  expect(wire('web-1').status).toBe('active');
  expect(wire('web-1')['imgctl.retired']).toBeUndefined();
});
