import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const taking = withVerbs(Object.entries(stages), 'upload', 'delete', 'list').filter(([, { replaces }]) => replaces !== false);

describe.each(taking)(
  'an image at %s that is replaced by the same disk under the same name',
  (provider, { cloud: kind, wire }) => {
    let cloud: RunningCloud;
    beforeEach(async () => {
      cloud = await kind.start();
    });
    afterEach(() => cloud.stop());
    const env = () => profileVariables('x', provider, cloud.values);
    const images = async () =>
      (await stage.ok(['list', '-p', 'x', '--name', 'web', '-o', 'json'], { env: env() })).json() as readonly { id: string }[];
    const sent = () => cloud.requests().filter((request) => wire?.sends?.(request)).length;
    const waits = ['-o', 'json', '--poll-interval', '5ms'];
    const replace = ['--if-exists', 'replace', '--yes', ...waits];

    it.each(['a file', 'a stream', 'a copy'])('is there once, with what was asked for: from %s', async (by) => {
      const file = stage.write('d.raw', smallDisk(4));
      await stage.ok(['upload', file, '--name', 'x:web', ...waits], { env: env() });
      const [before] = await images();
      const { driver } = stages[provider as keyof typeof stages];
      const isDescribed = driver.facts.patch?.fields.includes('description');
      const more = isDescribed ? ['--description', 'anew'] : [];
      cloud.forget();
      if (by === 'a copy') await stage.ok(['upload', file, '--name', 'local:source', '-q']);
      const line =
        by === 'a copy' ? ['copy', 'local:source', 'x:web'] : ['upload', by === 'a file' ? file : '-', '--name', 'x:web'];
      const result = await stage.run([...line, ...more, ...replace], {
        env: env(),
        ...(by === 'a stream' ? { stdin: smallDisk(4) } : {}),
      });
      expect(result.exitCode, result.stderr).toBe(0);
      const after = await images();
      expect(after).toHaveLength(1);
      expect(after[0]).toMatchObject(isDescribed ? { description: 'anew' } : {});
      expect((result.json() as { id: string }).id).toBe(after[0]?.id);
      // Where ids are made of the content; a tag goes over to a new image.
      if (before?.id === after[0]?.id && !driver.idsAreWords && by === 'a file') expect(sent()).toBe(0);
    });
  },
);
