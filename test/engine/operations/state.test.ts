import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cliHome, type CliHome, type CliResult, type CliSettings } from '../../support/run-cli.ts';
import { onlyDriver, workingDriver, type Works } from '../../support/working-driver.ts';

let home: CliHome;
let works: Works;
beforeEach(() => {
  home = cliHome();
  works = { status: 'active', job: { state: 'done' }, log: [] };
});
afterEach(() => home.remove());

const run = (
  args: readonly string[],
  loses: readonly ('shares' | 'visibility')[],
  settings: CliSettings = {},
): Promise<CliResult> =>
  home.run(args, {
    drivers: onlyDriver(workingDriver(works, { loses })),
    env: { IMGCTL_PROFILE_WORKING_PROVIDER: 'working' },
    ...settings,
  });

describe('deactivating an image', () => {
  it('is done without a question where nothing is lost by it', async () => {
    expect((await run(['deactivate', 'working:w-1', '-o', 'json'], [])).json()).toMatchObject({ status: 'inactive' });
  });

  it('asks first, with what does not come back, where something is', async () => {
    const question = 'Deactivate working:w-1, which loses its shares and visibility for good?';
    const both = ['shares', 'visibility'] as const;
    const alone = await run(['deactivate', 'working:w-1'], both);
    expect([alone.exitCode, alone.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    const refused = await run(['deactivate', 'working:w-1'], both, { terminal: true, answers: ['n'] });
    expect([refused.exitCode, refused.stderr]).toEqual([130, expect.stringContaining(question)]);
    expect(works.log).not.toContain('deactivate');
    expect((await run(['deactivate', 'working:w-1', '--yes'], both)).exitCode).toBe(0);
    expect(works.log).toContain('deactivate');
  });

  it('is told by the facts of the provider', async () => {
    const sheet = (await run(['providers', 'working'], ['shares'])).stdout;
    expect(sheet).toMatch(/deactivate\s+force hard; loses shares/);
  });
});
