import { afterEach, describe, expect, it } from 'vitest';
import type { RetirementRow } from '../../src/core/retirement.ts';
import { stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();
let cloud: RunningCloud | undefined;
afterEach(async () => {
  await cloud?.stop();
  cloud = undefined;
});

const all = Object.entries(stages);
const able = withVerbs(all, 'patch', 'delete').filter(([, { driver }]) => driver.facts.patch?.fields.includes('properties'));

interface Shown {
  readonly status: string;
  readonly hidden?: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

/** A profile at a fake, with images of these names, the last one the newest, all but `other` managed. Gives how to prune and to look. */
async function fleet(provider: string, ...names: readonly string[]) {
  cloud = await stages[provider as keyof typeof stages].cloud.start();
  const settings = { env: profileVariables('there', provider, cloud.values) };
  const ids = await cloud.seed(
    names.map((name, index) => ({
      name,
      properties: { 'imgctl.source.serial': String(20261101 + index) },
      data: Buffer.alloc(4096, `${provider}-${name}`),
    })),
  );
  const marked = ids.filter((_id, index) => names[index] !== 'other').map((id) => `there:${id}`);
  await stage.ok(['patch', ...marked, '--manage'], settings);
  const run = (...args: readonly string[]) => stage.run(['prune', '-p', 'there', '--yes', '-o', 'json', ...args], settings);
  const rows = async (...args: readonly string[]): Promise<readonly RetirementRow[]> => {
    const result = await run(...args);
    expect(result.exitCode, result.stderr).toBe(0);
    return result.json() as RetirementRow[];
  };
  /** What becomes of each, by its name. */
  const actions = async (...args: readonly string[]): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries((await rows(...args)).map(({ name, action }) => [name, action]));
  const show = async (name: string): Promise<Shown> =>
    (await stage.ok(['show', `there:${ids[names.indexOf(name)] ?? ''}`, '-o', 'json'], settings)).json() as Shown;
  const there = async (): Promise<readonly string[]> =>
    ((await stage.ok(['list', '-p', 'there', '--hidden', '--mine', '-o', 'json'], settings)).json() as { name: string }[])
      .map(({ name }) => name)
      .sort();
  return { ids, settings, run, rows, actions, show, there };
}

const rules = ['web-*', '--keep', '2', '--unused'];

describe.each(able)('prune at %s', (provider, { driver }) => {
  it('retires what is replaced, deletes it in a later run, and leaves alone what is not managed', async () => {
    const { actions, show, there } = await fleet(provider, 'web-1', 'web-2', 'web-3', 'other');
    const before = await there();
    const planned = { 'web-1': 'retire', 'web-2': 'keep', 'web-3': 'keep' };
    expect(await actions(...rules, '--dry-run')).toEqual(planned);
    expect((await show('web-1')).properties['imgctl.retired']).toBeUndefined();
    expect(await actions(...rules)).toEqual(planned);
    const retired = await show('web-1');
    expect(retired.properties['imgctl.retired']).toMatch(/^\d{4}-/);
    if (driver.facts.deactivate) expect(retired.status).toBe('inactive');
    else if (driver.facts.patch?.fields.includes('hidden')) expect(retired.hidden).toBe(true);
    expect(await actions(...rules)).toEqual({ ...planned, 'web-1': 'keep' });
    expect(await there()).toEqual(before);
    expect(await actions(...rules, '--grace', '0s')).toEqual({ ...planned, 'web-1': 'delete' });
    expect(await there()).toEqual(['other', 'web-2', 'web-3']);
    expect(await actions(...rules, '--grace', '0s')).toEqual({ 'web-2': 'keep', 'web-3': 'keep' });
  });

  it('takes back what is needed again', async () => {
    const { actions, show } = await fleet(provider, 'web-1', 'web-2', 'web-3');
    const before = await show('web-1');
    await actions(...rules);
    expect(await actions('web-*', '--keep', '3', '--unused')).toEqual({ 'web-1': 'unretire', 'web-2': 'keep', 'web-3': 'keep' });
    const { status, hidden, properties } = await show('web-1');
    expect({ status, hidden: hidden ?? false, properties }).toEqual({
      status: before.status,
      hidden: before.hidden ?? false,
      properties: before.properties,
    });
  });

  it('keeps what may be used, unless the user says that it is not', async () => {
    const { rows } = await fleet(provider, 'web-1', 'web-2', 'web-3');
    const first = (await rows('web-*', '--keep', '2')).find(({ name }) => name === 'web-1');
    const knows = driver.facts.uses !== undefined;
    expect([first?.action, first?.reason]).toEqual(
      knows ? ['retire', '2 newer are active'] : ['keep', 'what uses it cannot be asked here'],
    );
  });
});

describe.each(able)('what prune has retired at %s', (provider) => {
  interface Run {
    readonly id: string;
    readonly state: string;
    readonly verb: string;
  }
  interface Row {
    readonly id: string;
    readonly result: string;
    readonly message: string;
  }

  it('comes back by ops undo, as long as it is there', async () => {
    const { ids, settings, actions, show, there } = await fleet(provider, 'web-1', 'web-2', 'web-3', 'web-4');
    const before = await show('web-1');
    expect(await actions(...rules)).toMatchObject({ 'web-1': 'retire', 'web-2': 'retire', 'web-3': 'keep' });
    const prunes = async (): Promise<readonly Run[]> =>
      ((await stage.ok(['ops', 'list', '--all', '-o', 'json'], settings)).json() as Run[]).filter(({ verb }) => verb === 'prune');
    const [run] = await prunes();
    const undone = async (...more: readonly string[]): Promise<readonly string[]> => {
      const args = ['ops', 'undo', run?.id ?? '', '-o', 'json', '--poll-interval', '5ms', ...more];
      const rows = (await stage.ok(args, settings)).json() as readonly Row[];
      return rows.map(({ id, result, message }) => `${ids.indexOf(id) + 1} ${result} ${message}`).sort();
    };
    await stage.ok(['delete', `there:${ids[1] ?? ''}`, '--yes'], settings);
    expect(await undone('--dry-run')).toEqual(['1 planned would bring back', '2 planned already gone']);
    expect((await show('web-1')).properties['imgctl.retired']).toBeDefined();
    expect(await undone()).toEqual(['1 ok brought back', '2 ok already gone']);
    const told = ({ status, hidden = false, properties }: Shown): unknown => ({ status, hidden, properties });
    expect(told(await show('web-1'))).toEqual(told(before));
    expect((await prunes()).map(({ state }) => state)).toEqual(['undone']);
    expect(await undone()).toEqual(['1 ok not retired by it any more', '2 ok already gone']);
    expect(await there()).toEqual(['web-1', 'web-3', 'web-4']);
  });
});

describe('prune', () => {
  it('keeps what is protected, in use, too young, or one too many, and says so', async () => {
    const { settings, rows } = await fleet('local', 'web-1', 'web-2', 'web-3');
    const reasons = async (...args: readonly string[]): Promise<unknown> =>
      Object.fromEntries((await rows(...args)).map(({ name, action, reason }) => [name, `${action}: ${reason}`]));
    expect(await reasons('web-*', '--keep', '1', '--unused', '--older-than', '1h')).toEqual({
      'web-1': 'keep: not older than 1 h',
      'web-2': 'keep: not older than 1 h',
      'web-3': 'keep: the newest',
    });
    await rows('web-*', '--keep', '1', '--unused');
    const capped = await rows('web-*', '--keep', '1', '--unused', '--grace', '0s', '--max-delete', '1', '--dry-run');
    expect(capped.map(({ action, reason }) => `${action}: ${reason.replace(/20.*/, '')}`).sort()).toEqual([
      'delete: retired since ',
      'keep: retired; more than --max-delete 1 would go',
      'keep: the newest',
    ]);
    const args = [
      'prune',
      '-p',
      'there',
      'web-*',
      '--keep',
      '1',
      '--unused',
      '--grace',
      '0s',
      '--max-delete',
      '1',
      '--yes',
      '-o',
      'id',
    ];
    const planned = await stage.ok([...args, '--dry-run'], settings);
    expect(planned.stdout).toBe(`${capped.find(({ action }) => action === 'delete')?.id ?? ''}\n`);
    expect((await stage.ok(args, settings)).stdout).toBe(planned.stdout);
    const runs = (await stage.ok(['ops', 'list', '-o', 'json'])).json() as { words: string }[];
    expect(JSON.stringify(runs[0])).toContain('prune');
  });

  it('takes nothing from a protected profile without its name', async () => {
    await stage.ok(['profile', 'add', 'vault', '--provider', 'local', '--set', `path=${stage.file('vault')}`, '--protected']);
    for (const name of ['web-1', 'web-2']) await stage.image(`vault:${name}`);
    await stage.ok(['patch', 'vault:web-1', 'vault:web-2', '--manage']);
    const args = ['prune', 'vault:web-*', '--keep', '1', '--unused', '--yes'];
    for (const more of [[], ['-n']]) expect((await stage.run([...args, ...more])).exitCode).toBe(6);
    const agreed = await stage.run(args, { terminal: true, answers: ['vault'] });
    expect(agreed.exitCode).toBe(0);
    expect(agreed.stderr).toMatch(/web-1[^]*Prune vault: retire 1 image \(web-1\)\?/);
  });

  it('says of a word that fits nothing what list says, with its exit status', async () => {
    await stage.ok(['profile', 'add', 'shelf', '--provider', 'local', '--set', `path=${stage.file('shelf')}`]);
    await stage.image('shelf:web-1');
    const id = (await stage.ok(['resolve', 'shelf:web-1'])).stdout.trim();
    await stage.image('shelf:web-2');
    const told = async (verb: 'list' | 'prune', ...words: readonly string[]): Promise<unknown> => {
      const more = verb === 'prune' ? ['--keep', '1', '--yes'] : [];
      // A list looks for what is near only where somebody is there to read it, and says at its end that it is empty.
      const { exitCode, stderr } = await stage.run([verb, ...words, '-p', 'shelf', ...more], { terminal: verb === 'list' });
      const lines = stderr.split('\n').filter((line) => line !== '' && line !== 'no images');
      return { exitCode, lines };
    };
    for (const words of [
      ['zz:x*'],
      ['shlf:web-*'],
      ['web-1', 'shlf:web-*'],
      ['zz:x'],
      ['zz:'],
      ['web-11'],
      ['web-1', 'nosuch'],
      ['x*'],
    ])
      expect(await told('prune', ...words), words.join(' ')).toEqual(await told('list', ...words));
    expect(await told('prune', 'zz:x*')).toEqual({ exitCode: 0, lines: [expect.stringContaining('no such profile: zz')] });
    expect(await told('prune', 'nosuch')).toMatchObject({
      exitCode: 0,
      lines: expect.arrayContaining(['no such image in shelf: nosuch']),
    });
    expect(await told('prune', 'web-2', id)).toEqual({ exitCode: 0, lines: [] });
    expect(await told('list', 'web-*', id)).toEqual({ exitCode: 0, lines: [] });
  });

  it('needs --keep, and never none', async () => {
    for (const args of [[], ['--keep', '0']])
      expect((await stage.run(['prune', '-p', 'local', ...args, '--yes'])).exitCode).toBe(2);
  });
});

describe.each(all.filter(([name]) => !able.some(([other]) => other === name)))('prune at %s', (provider) => {
  it('is refused, since nothing can be marked there', async () => {
    cloud = await stages[provider as keyof typeof stages].cloud.start();
    const refused = await stage.run(['prune', '-p', 'there', '--keep', '1', '--yes', '--json'], {
      env: profileVariables('there', provider, cloud.values),
    });
    expect(errorOf(refused).exitCode).toBe(7);
  });
});
