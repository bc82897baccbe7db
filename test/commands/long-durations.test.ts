import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { flagName, parseOption, type Options } from '../../src/cli/program/option.ts';
import { globalOptions } from '../../src/cli/program/settings.ts';
import { limitsOf } from '../../src/http/settings.ts';
import { sleep } from '../../src/core/sleep.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();
const loaded = await Promise.all(commands.map(async (entry) => ({ path: entry.path, options: (await entry.load()).options })));
const durations = [{ path: '', options: globalOptions as Options }, ...loaded].flatMap(({ path, options }) =>
  Object.entries(options).flatMap(([key, option]) =>
    option.kind === 'duration' ? [[`${path} --${flagName(key)}`, key, option] as const] : [],
  ),
);
const longest = '365000d';

describe('a duration that is very long', () => {
  it.each(durations)('%s: what no time can be made from is refused', (_name, key, option) => {
    expect(() => parseOption(key, option, '200000000d', undefined)).toThrow('is too large');
    expect(Date.now() - (parseOption(key, option, longest, undefined) as number)).toBeGreaterThan(-8.64e15);
  });

  it('is refused with 2, and the longest one is older than everything', async () => {
    await stage.queued('a');
    for (const option of ['--older-than', '--newer-than']) {
      const refused = await stage.run(['list', option, '200000000d', '--json']);
      expect(errorOf(refused)).toMatchObject({ code: 'USAGE', exitCode: 2, message: `${option}: "200000000d" is too large` });
    }
    expect((await stage.ok(['list', '--older-than', longest, '--json'])).json()).toEqual([]);
    expect((await stage.ok(['list', '--newer-than', longest, '--json'])).json()).toHaveLength(1);
    const variable = await stage.run(['list', '--json'], { env: { IMGCTL_TIMEOUT: '200000000d' } });
    expect(errorOf(variable)).toMatchObject({ code: 'USAGE', message: 'IMGCTL_TIMEOUT: "200000000d" is too large' });
  });

  it('ends nothing at once', async () => {
    const env = profileVariables('laba', 'local', { path: stage.file('laba') });
    await stage.ok(['create', 'laba:one'], { env });
    const result = await stage.ok(['list', '-A', '--profile-timeout', longest, '--timeout', longest, '-o', 'json'], { env });
    expect(JSON.stringify(result.json())).toContain('one');
    expect(limitsOf({ userAgent: 'test', timeoutMs: 1e13, stallMs: 2e13 })).toMatchObject({
      timeoutMs: 2 ** 31 - 1,
      stallMs: 2 ** 31 - 1,
    });
    const stop = new AbortController();
    const pause = sleep(1e13, stop.signal).then(
      () => 'over',
      () => 'stopped',
    );
    setTimeout(() => stop.abort(), 30);
    expect(await pause).toBe('stopped');
  });
});
