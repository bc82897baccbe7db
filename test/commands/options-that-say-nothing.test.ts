import { expect, it } from 'vitest';
import { commandStage } from './stage.ts';

const stage = commandStage();

it.each([
  ['--bwlimit', '0'],
  ['--concurrency', '0'],
  ['-j', '0'],
  ['--timeout', '0s'],
])('%s %s is no limit that can be kept', async (...option) => {
  const result = await stage.run(['list', ...option]);
  expect([result.exitCode, result.stdout, result.stderr]).toEqual([2, '', expect.stringContaining('must be more than 0')]);
});

it('all profiles and one of them are not both listed; of the environment the option counts', async () => {
  expect((await stage.run(['list', '-A', '-p', 'local'])).exitCode).toBe(2);
  await stage.ok(['list', '-A'], { env: { IMGCTL_PROFILE: 'local' } });
});
