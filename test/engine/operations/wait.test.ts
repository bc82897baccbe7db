import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImgctlError } from '../../../src/core/errors.ts';
import { waitFor } from '../../../src/engine/operations/wait.ts';
import type { Account } from '../../../src/engine/account/account.ts';
import { testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';
import { cliHome, type CliHome, type CliResult } from '../../support/run-cli.ts';
import { onlyDriver, workingDriver, type Works } from '../../support/working-driver.ts';

let home: CliHome;
let works: Works;
beforeEach(() => {
  home = cliHome();
  works = { status: 'pending', job: { state: 'running' }, log: [] };
});
afterEach(() => home.remove());

interface Settings {
  readonly cancels?: boolean;
  readonly holds?: boolean;
  readonly signal?: AbortSignal;
  readonly more?: readonly string[];
}

const send = (
  verb: readonly string[],
  { cancels = false, holds = false, signal, more = [] }: Settings = {},
): Promise<CliResult> =>
  home.run([...verb, '-o', 'json', '--poll-interval', '5ms', '--progress', 'json', ...more], {
    drivers: onlyDriver(workingDriver(works, { cancels, holds })),
    env: { IMGCTL_PROFILE_WORKING_PROVIDER: 'working' },
    stdin: new Uint8Array(1 << 16),
    ...(signal ? { signal } : {}),
  });
const uploading = ['upload', '-', '--name', 'working:made'] as const;
const upload = (settings: Settings = {}): Promise<CliResult> => send(uploading, settings);

/** Waits as the engine does, with a job that another run has written down. */
async function waited(job = { verb: 'upload', image: 'w-1', ref: 'job-7' } as const): Promise<unknown> {
  const { session } = openSession(workingDriver(works), {});
  const at = { ...session, verb: session.require, maybe: session.find } as unknown as Account;
  const limits = { waitTimeout: 5000, pollInterval: 1 };
  return waitFor(at, 'w-1', { status: ['active'] }, { limits, call: testCall(), job }).catch((error: unknown) =>
    error instanceof ImgctlError ? [error.code, error.message] : error,
  );
}

describe('a wait for a job', () => {
  it('that fails takes no image away that was there before, where what is sent in its place is the same image', async () => {
    works.job = { state: 'failed', message: 'bad header' };
    const failed = await upload({ holds: true, more: ['--if-exists', 'replace', '--yes'] });
    expect([failed.exitCode, works.log.includes('look upload job-7')]).toEqual([10, true]);
    expect(works.log).not.toContain('delete w-1');
  });

  it('looks at the job that the verb has begun, and at nothing else', async () => {
    let looks = 0;
    works.onLook = () => {
      if ((looks += 1) === 3) Object.assign(works, { status: 'active', job: { state: 'done' } });
    };
    expect((await upload()).json()).toMatchObject({ id: 'w-1', status: 'active' });
    expect(works.log).toEqual(['look upload job-7', 'look upload job-7', 'look upload job-7']);
  });

  it.each([
    ['failed', 'made) failed at the provider: bad header'],
    ['cancelled', 'made) was cancelled at the provider: bad header'],
  ] as const)(
    'ends as soon as it has %s, with the reason, whatever the record still says, and nothing is left',
    async (state, words) => {
      works.job = { state, message: 'bad header' };
      const result = await upload();
      expect([result.exitCode, result.stderr]).toEqual([10, expect.stringContaining(words)]);
      expect(works.log).toEqual(['look upload job-7', 'delete w-1']);
    },
  );

  it('believes the record where the job is forgotten', async () => {
    works.job = { state: 'unknown' };
    works.onLook = () => void (works.log.length > 2 && Object.assign(works, { status: 'active' }));
    expect((await upload()).json()).toMatchObject({ status: 'active' });
  });

  it('tells how far it is, in the provider’s words', async () => {
    works.job = { state: 'running', percent: 40, message: 'Copied 1 MiB' };
    works.onLook = () => void (works.log.length > 3 && Object.assign(works, { status: 'active', job: { state: 'done' } }));
    expect((await upload()).stderr).toMatch(/"percent":40/);
  });

  it('comes back no sooner than the provider wants it to', async () => {
    works.job = { state: 'running', againMs: 60_000 };
    const result = await upload({ more: ['--wait-timeout', '5s'] });
    expect(result.exitCode).toBe(13);
    expect(works.log.filter((line) => line.startsWith('look'))).toHaveLength(1);
  });

  it('knows what another run has written down', async () => {
    works.job = { state: 'failed', message: 'no space' };
    expect(await waited()).toEqual(['PROVIDER', 'w-1 (made) failed at the provider: no space']);
    works.status = undefined;
    expect(await waited()).toEqual(['PROVIDER', 'w-1 failed at the provider: no space']);
  });

  it('does not take a job that failed for the image where that is what was wanted', async () => {
    Object.assign(works, { status: 'active', job: { state: 'failed', message: 'no space' } });
    expect(await waited()).toMatchObject({ status: 'active' });
  });
});

describe.each([
  ['upload', uploading],
  ['import', ['import', 'working:made', '--url', 'https://images.example/disk.raw']],
] as const)('an %s that is stopped while its job goes on', (verb, line) => {
  const stopped = async (cancels: boolean): Promise<CliResult> => {
    const stop = new AbortController();
    works.onLook = () => stop.abort(130);
    return send(line, { cancels, signal: stop.signal });
  };

  it('is cancelled, and then what it was making is removed', async () => {
    const result = await stopped(true);
    expect(works.log).toEqual([`look ${verb} job-7`, 'cancel job-7', 'delete w-1']);
    expect([result.exitCode, result.stderr]).toEqual([130, expect.not.stringContaining('leftover')]);
  });

  it('goes on where there is no way to cancel it, and nothing is removed', async () => {
    const result = await stopped(false);
    expect(works.log).toEqual([`look ${verb} job-7`]);
    expect([result.exitCode, result.stderr]).toEqual([130, expect.stringContaining('continues at the provider')]);
  });
});
