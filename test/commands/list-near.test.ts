import { afterEach, describe, expect, it } from 'vitest';
import { stages } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const terminal = { terminal: true };

describe.each(Object.entries(stages))('list of a name that no image bears, at %s', (provider, { cloud: { start }, driver }) => {
  let cloud: RunningCloud | undefined;
  afterEach(() => cloud?.stop());
  const begin = async () => {
    cloud = await start();
    const [id = ''] = await cloud.seed([{ name: 'web-server', data: smallDisk() }]);
    const env = profileVariables('p', provider, cloud.values);
    const listed = async (...words: readonly string[]) => {
      const { stdout, stderr } = await stage.ok(['list', ...words], { env, ...terminal });
      return { stdout, stderr };
    };
    return { id, env, listed };
  };

  it('is empty, exit 0, and says at a terminal what is near', async () => {
    const { listed } = await begin();
    const { stdout, stderr } = await listed('p:web-servr');
    expect(stdout).toBe('');
    expect(stderr).toMatch(/no such image in p: web-servr\n.*\bweb-server/);
    expect((await listed('p:web-server')).stderr).not.toMatch(/no such image|not in this list/);
    for (const quiet of [['p:web-servr*'], ['p:'], ['p:web-servr', '--status', 'failed'], ['p:web-servr', '-q']])
      if (!driver.showsByAlias || quiet.includes('-q') || quiet.length === 1)
        expect((await listed(...quiet)).stderr, quiet.join(' ')).not.toContain('web-server');
  });

  it('and that is an id leads to that image', async () => {
    const { id, listed } = await begin();
    const { stdout, stderr } = await listed(`p:${id}`, '-o', 'csv');
    if (driver.showsByAlias) expect(stdout).toContain('web-server');
    else if (stdout === '') expect(stderr).toMatch(/Show it with: imgctl show \S+/);
  });

  it.skipIf(driver.showsByAlias)('asks for nothing more where nobody is there', async () => {
    const { env } = await begin();
    const asked = async (word: string): Promise<number> => {
      await stage.ok(['list', 'p:', '-o', 'json'], { env });
      cloud?.forget();
      expect((await stage.ok(['list', word, '-o', 'json'], { env })).json()).toEqual([]);
      return cloud?.requests().length ?? 0;
    };
    expect(await asked('p:web-servr')).toBe(await asked('p:web-servr*'));
  });
});
