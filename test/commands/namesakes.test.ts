import { afterEach, describe, expect, it } from 'vitest';
import { createOptions, stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';
import type { CliResult } from '../support/run-cli.ts';

const stage = commandStage();

const able = withVerbs(Object.entries(stages), 'create', 'patch');

describe.each(able.filter(([, at]) => at.names !== 'unique'))('a name that another image has, at %s', (provider, at) => {
  let cloud: RunningCloud | undefined;
  let env: Readonly<Record<string, string>> = {};
  afterEach(async () => cloud?.stop());
  /** Starts the cloud, and gives what puts an image of one's own in, under a name. */
  const begin = async (): Promise<(name: string) => Promise<string>> => {
    const started = await at.cloud.start();
    cloud = started;
    env = profileVariables('p', provider, started.values);
    return async (name) => (await started.seed([{ name }]))[0] ?? '';
  };
  const run = async (args: readonly string[], stdin?: string): Promise<CliResult> => {
    const result = await stage.run(args, { env, ...(stdin === undefined ? {} : { stdin }) });
    expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
    return result;
  };
  const createLine = (name: string) => ['create', `p:${name}`, ...createOptions(at), '-o', 'id'];
  const said = (id: string) => `image "web" already exists in p (${id})`;

  it('is told by create, with its id', async () => {
    const own = await begin();
    const other = await own('web');
    const made = await run(createLine('web'));
    expect(made.stderr).toContain(said(other));
    expect((await run([...createLine('free')])).stderr).not.toContain('already exists');
  });

  it('is told by patch, whichever way it renames', async () => {
    const own = await begin();
    const other = await own('web');
    for (const [options, document] of [
      [['--name', 'web']],
      [['--json-patch', '-'], '[{"op":"replace","path":"/name","value":"web"}]'],
      [['--merge-patch', '-'], '{"name":"web"}'],
    ] as const) {
      const renamed = await own('old');
      expect((await run(['patch', `p:${renamed}`, ...options], document)).stderr).toContain(other);
      await run(['patch', `p:${renamed}`, '--name', 'away']);
    }
    expect((await run(['patch', `p:${other}`, '--name', 'web'])).stderr).not.toContain('already exists');
  });

  it('is told by the second of two that get one name at once', async () => {
    const own = await begin();
    const ids = [await own('a'), await own('b')];
    const both = await Promise.all(ids.map((id) => run(['patch', `p:${id}`, '--name', 'web'])));
    expect(both.some(({ stderr }) => ids.some((id) => stderr.includes(said(id))))).toBe(true);
  });

  it('is not given to several by one command: 2, and none is renamed', async () => {
    const own = await begin();
    const ids = [await own('a'), await own('b')].map((id) => `p:${id}`);
    const documents = { '--json-patch': '[{"op":"replace","path":"/name","value":"web"}]', '--merge-patch': '{"name":"web"}' };
    for (const more of [
      ['--name', 'web'],
      ...Object.entries(documents).map(([option, text]) => [option, stage.write('patch', text)]),
    ]) {
      const refused = await stage.run(['patch', ...ids, ...more], { env });
      expect([refused.exitCode, refused.stdout], more.join(' ')).toEqual([2, '']);
    }
    for (const id of ids) expect((await run(['show', id, '-o', 'json'])).json()).not.toMatchObject({ name: 'web' });
  });

  it('is no news where the other is a stranger', async () => {
    await begin();
    await cloud?.strangers?.('web');
    expect((await run(createLine('web'))).stderr).not.toContain('already exists');
  });

  if (at.driver.facts.upload?.into)
    it('is told by an upload into a record of that name', async () => {
      const own = await begin();
      const record = (await run(createLine('web'))).stdout.trim();
      const other = await own('web');
      const file = stage.write('disk.raw', smallDisk());
      expect((await run(['upload', file, '--into', `p:${record}`])).stderr).toContain(said(other));
    });
});

describe.each(able.filter(([, at]) => at.names === 'unique'))('a name that another image has, at %s', (provider, at) => {
  it('is refused with its id, and nothing is made or renamed', async () => {
    const cloud = await at.cloud.start();
    try {
      const env = profileVariables('p', provider, cloud.values);
      const [other = '', own = ''] = await cloud.seed([{ name: 'web' }, { name: 'own' }]);
      for (const args of [
        ['create', 'p:web', ...createOptions(at)],
        ...(at.driver.facts.patch?.fields.includes('name') ? [['patch', `p:${own}`, '--name', 'web']] : []),
      ]) {
        const { exitCode, stderr } = await stage.run(args, { env });
        expect([exitCode, stderr.includes(other)], args.join(' ')).toEqual([6, true]);
      }
      const left = (await stage.ok(['list', '-p', 'p', '-o', 'json'], { env })).json() as { name: string }[];
      expect(left.map(({ name }) => name).sort()).toEqual(['own', 'web']);
    } finally {
      await cloud.stop();
    }
  });
});
