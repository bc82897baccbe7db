import { afterEach, describe, expect, it } from 'vitest';
import { createOptions, stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
describe.each(withVerbs(Object.entries(stages), 'create'))('create without a name at %s', (provider, at) => {
  const isNameless = at.driver.facts.create?.nameless === true;
  let cloud: RunningCloud | undefined;
  afterEach(async () => {
    await cloud?.stop();
    cloud = undefined;
  });

  it('sends none where the provider makes such images, and is refused elsewhere before anything is asked', async () => {
    cloud = await at.cloud.start();
    const env = profileVariables('p', provider, cloud.values);
    const more = createOptions(at);
    for (const line of [
      ['-p', 'p', 'create'],
      ['create', 'p:'],
      ['create', '', '-p', 'p'],
    ]) {
      cloud?.forget();
      const made = await stage.run([...line, ...more, '-o', 'id'], { env });
      if (!isNameless) {
        expect([made.exitCode, made.stdout, cloud?.requests() ?? []], line.join(' ')).toEqual([2, '', []]);
        continue;
      }
      expect(made.exitCode, made.stderr).toBe(0);
      const posts = (cloud?.requests() ?? []).filter(({ method, path }) => method === 'POST' && /images?$/.test(path));
      const [body] = posts.map((post) => JSON.parse(post.body) as object);
      expect(Object.keys(body ?? { name: 1 }).filter((key) => ['name', 'label'].includes(key))).toEqual([]);
      const id = made.stdout.trim();
      expect((await stage.ok(['show', `p:${id}`, '-o', 'id'], { env })).stdout.trim()).toBe(id);
      expect((await stage.ok(['list', '-p', 'p', '-o', 'id'], { env })).stdout).toContain(id);
    }
    if (isNameless) {
      cloud?.forget();
      expect((await stage.run(['create', 'p:web', ...more], { env })).exitCode).toBe(0);
      expect(cloud?.requests().some(({ method, body }) => method === 'POST' && body.includes('"web"'))).toBe(true);
    }
  });
});
