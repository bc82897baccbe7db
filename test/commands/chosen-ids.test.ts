import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../clouds/openstack/cli.ts';

const cli = useOpenstackCli();
const bad: Readonly<Record<string, readonly string[]>> = {
  demo: ['not a uuid', 'word', '../x'],
  local: ['not a uuid', 'a..b', '../x'],
};
const verbs: Readonly<Record<string, readonly string[]>> = {
  upload: ['upload', 'DISK', '--name', 'PROFILE:new'],
  create: ['create', 'PROFILE:new'],
  import: ['import', 'PROFILE:new', '--url', 'https://a.example/x', '--disk-format', 'raw'],
};

describe.each(Object.keys(verbs))('an id for a new image of %s', (verb) => {
  it.each(Object.entries(bad).flatMap(([profile, ids]) => ids.map((id) => [profile, id] as const)))(
    'is looked at before any request: in %s, %j is none',
    async (profile, id) => {
      const file = cli.write('disk', disk());
      const before = cli.cloud().requests().length;
      const line = (verbs[verb] ?? []).map((word) => word.replace('DISK', file).replace('PROFILE', profile));
      const result = await cli.run([...line, '--id', id]);
      expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining('invalid')]);
      expect(cli.cloud().requests().length).toBe(before);
    },
  );
});
