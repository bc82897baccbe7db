import { describe, expect, it } from 'vitest';
import { listenFor } from '../support/fake-io.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();

describe('show', () => {
  it('shows one image as one object, several as an array, and a sheet in a table', async () => {
    const id = await stage.queued('web', '--tag', 'x', '--property', 'os=debian', '--min-disk', '10GiB');
    const one = (await stage.ok(['show', 'web', '-o', 'json'])).json();
    expect(one).toMatchObject({ id, name: 'web', status: 'queued', tags: ['x'], minDiskBytes: 10_737_418_240 });
    expect(one).toHaveProperty('createdAt', expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/));
    await stage.queued('db');
    const both = (await stage.ok(['get', 'web', 'db', '-o', 'json'])).json();
    expect(both).toMatchObject([{ name: 'web' }, { name: 'db' }]);
    expect((await stage.ok(['show', 'web', 'db', '-c', 'name', '--no-header'])).stdout).toBe('web\ndb\n');
    const sheet = await stage.ok(['show', id], { terminal: true });
    expect(sheet.stdout).toMatch(/name +web/);
    expect((await stage.ok(['show', 'web', '-o', 'id'])).stdout).toBe(`${id}\n`);
    expect((await stage.ok(['show', 'web', '-o', 'yaml', '-c', 'name,properties.os'])).stdout).toBe(
      'name: web\nproperties.os: debian\n',
    );
    expect((await stage.ok(['show', 'web', '--raw', '--json'])).json()).toHaveProperty('raw');
  });

  it('takes the profile from the reference, else from -p, the environment, `use`, and at last local', async () => {
    const env = {
      ...profileVariables('laba', 'local', { path: stage.file('a') }),
      ...profileVariables('labb', 'local', { path: stage.file('b') }),
    };
    for (const profile of ['laba', 'labb', 'local']) await stage.ok(['create', `${profile}:web`], { env });
    const profileOf = async (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<unknown> =>
      ((await stage.ok(['show', ...args, '-o', 'json'], { env: { ...env, ...more } })).json() as { profile: string }).profile;
    expect(await profileOf(['web'])).toBe('local');
    await stage.ok(['profile', 'use', 'labb'], { env });
    expect(await profileOf(['web'])).toBe('labb');
    expect(await profileOf(['web'], { IMGCTL_PROFILE: 'laba' })).toBe('laba');
    expect(await profileOf(['web', '-p', 'local'], { IMGCTL_PROFILE: 'laba' })).toBe('local');
    expect(await profileOf(['labb:web'], { IMGCTL_PROFILE: 'laba' })).toBe('labb');
    expect((await stage.run(['show', 'labb:web', '-p', 'local'], { env })).exitCode).toBe(2);
    expect(await profileOf(['env:local:web'])).toBe('env:local');
    const several = await stage.run(['show', 'web', '-p', 'laba', '-p', 'labb', '--json'], { env });
    expect(errorOf(several)).toMatchObject({ code: 'USAGE', message: 'this command takes a single profile, got 2 (laba, labb)' });
  });

  it('takes a text with a colon for a name where no profile of that name exists', async () => {
    const id = await stage.queued('docker:ubuntu:24.04');
    expect((await stage.ok(['show', 'docker:ubuntu:24.04', '-o', 'id'])).stdout).toBe(`${id}\n`);
    expect((await stage.ok(['show', 'local:docker:ubuntu:24.04', '-o', 'id'])).stdout).toBe(`${id}\n`);
  });

  it('takes a name with wildcards in it as it is', async () => {
    const id = await stage.queued('what?*');
    await stage.queued('what-else');
    expect((await stage.ok(['show', 'what?*', '-o', 'id'])).stdout).toBe(`${id}\n`);
  });

  it('refuses a name that fits twice with 6 and the candidates; --latest takes the newest', async () => {
    const older = await stage.fill(await stage.queued('web'));
    const newer = await stage.fill(await stage.queued('web'));
    const refused = await stage.run(['show', 'web', '--json']);
    expect(refused.exitCode).toBe(6);
    const error = errorOf(refused);
    expect(error).toMatchObject({ code: 'CONFLICT', message: '"web" matches 2 images:' });
    expect(String(error.hint).split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^ +${newer} {2}- {2}active {2}\\d{4}-`)),
      expect.stringMatching(new RegExp(`^ +${older} {2}- {2}active {2}\\d{4}-`)),
      'Use an id, or --latest for the newest active one.',
    ]);
    expect((await stage.ok(['show', 'web', '--latest', '-o', 'id'])).stdout).toBe(`${newer}\n`);
    await stage.queued('web');
    expect((await stage.ok(['show', 'web', '--latest', '-o', 'id'])).stdout, 'one that is queued does not count').toBe(
      `${newer}\n`,
    );
    const text = await stage.run(['show', 'web']);
    expect(text.stderr.split('\n').length, 'candidates are shown a line each').toBeGreaterThanOrEqual(4);
  });

  it('does not find what is not there, with 5 and the nearest names', async () => {
    await stage.queued('ubuntu-24.04');
    const near = await stage.run(['show', 'ubuntu-2404', '--json']);
    expect(near.exitCode).toBe(5);
    expect(errorOf(near)).toMatchObject({
      code: 'NOT_FOUND',
      message: 'no such image in local: ubuntu-2404',
      hint: 'Did you mean ubuntu-24.04?',
      profile: 'local',
    });
    const unknownId = await stage.run(['show', '00000000-0000-4000-8000-000000000000', '--json']);
    expect([unknownId.exitCode, errorOf(unknownId).code]).toEqual([5, 'NOT_FOUND']);
  });

  it.each(['a/b', 'a%2Fb', '../../etc/passwd', '..', '.', '%00', 'a?b#c'])(
    'takes %j for a name that is not there',
    async (text) => {
      await stage.queued('web');
      const result = await stage.run(['show', text, '--json']);
      expect([result.exitCode, result.stdout]).toEqual([5, '']);
      expect(errorOf(result)).toMatchObject({ code: 'NOT_FOUND', message: `no such image in local: ${text}` });
    },
  );

  it('refuses control characters and an empty name before it asks', async () => {
    const nul = await stage.run(['show', 'a\u0000b', '--json']);
    expect(errorOf(nul)).toMatchObject({ code: 'USAGE', message: 'an image name cannot hold control characters' });
    const empty = await stage.run(['show', 'local:', '--json']);
    expect(errorOf(empty)).toMatchObject({
      code: 'USAGE',
      message: 'IMAGE is required',
      hint: 'List images with: imgctl list -p local',
    });
    expect([nul.exitCode, empty.exitCode]).toEqual([2, 2]);
  });

  it('of several shows those that are there, an error for each that is not, and ends with 12', async () => {
    await stage.queued('a');
    await stage.queued('b');
    const result = await stage.run(['show', 'a', 'zzzzzz', 'b', '-o', 'json']);
    expect(result.exitCode).toBe(12);
    expect(result.json()).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    expect(result.stderr).toContain('"code":"NOT_FOUND"');
    expect(errorOf(result)).toMatchObject({ code: 'PARTIAL', exitCode: 12 });
    const fast = await stage.run(['show', 'a', 'zzzzzz', 'b', '-o', 'json', '--fail-fast']);
    expect(fast.exitCode).toBe(12);
    expect(fast.json()).toMatchObject([{ name: 'a' }]);
    expect(fast.json()).toHaveLength(1);
  });

  it('wants an image', async () => {
    const result = await stage.run(['show']);
    expect([result.exitCode, result.stderr]).toEqual([2, 'imgctl: IMAGE is required\nusage: imgctl show IMAGE... [options]\n']);
  });
});

describe('resolve', () => {
  it('prints exactly one id of a name, an id or a glob', async () => {
    const id = await stage.queued('web-1');
    await stage.queued('db');
    for (const text of ['web-1', id, 'web-*', 'local:web-?'])
      expect((await stage.ok(['resolve', text])).stdout, text).toBe(`${id}\n`);
    expect((await stage.ok(['resolve', 'web-*', '-o', 'json'])).json()).toMatchObject({ id, name: 'web-1' });
    expect((await stage.ok(['resolve', 'web-1', '-o', 'id'])).stdout).toBe(`${id}\n`);
  });

  it('refuses several without --latest or --oldest, and both of them together', async () => {
    const first = await stage.fill(await stage.queued('web-1'));
    const second = await stage.fill(await stage.queued('web-2'));
    const refused = await stage.run(['resolve', 'web-*', '--json']);
    expect(refused.exitCode).toBe(6);
    expect(errorOf(refused).message).toBe('"web-*" matches 2 images:');
    for (const part of [`${second}  web-2  -  active`, `${first}  web-1  -  active`, '--latest'])
      expect(errorOf(refused).hint).toContain(part);
    expect((await stage.ok(['resolve', 'web-*', '--latest'])).stdout).toBe(`${second}\n`);
    expect((await stage.ok(['resolve', 'web-*', '--oldest'])).stdout).toBe(`${first}\n`);
    const both = await stage.run(['resolve', 'web-*', '--latest', '--oldest', '--json']);
    expect(errorOf(both)).toMatchObject({ code: 'USAGE', message: '--latest and --oldest cannot be combined' });
  });

  it('takes the oldest of one name too', async () => {
    const first = await stage.fill(await stage.queued('web'));
    const second = await stage.fill(await stage.queued('web'));
    expect((await stage.ok(['resolve', 'web', '--oldest'])).stdout).toBe(`${first}\n`);
    expect((await stage.ok(['resolve', 'web', '--latest'])).stdout).toBe(`${second}\n`);
  });

  it('finds nothing with 5, for an id that is not there too', async () => {
    for (const text of ['web', 'web-*', '00000000-0000-4000-8000-000000000000']) {
      const result = await stage.run(['resolve', text]);
      expect([result.exitCode, result.stdout], text).toEqual([5, '']);
    }
  });
});

describe('wait', () => {
  it('gives the image at once where it is as wanted', async () => {
    const id = await stage.image('web');
    expect((await stage.ok(['wait', 'web', '-o', 'json'])).json()).toMatchObject({ id, status: 'active' });
    expect((await stage.ok(['wait', 'web', '--for', 'replicated=home', '-o', 'id'])).stdout).toBe(`${id}\n`);
    expect((await stage.ok(['wait', 'web', '--for', 'inactive,active', '-o', 'id'])).stdout).toBe(`${id}\n`);
  });

  it('sees the end of what somebody else does meanwhile', async () => {
    const id = await stage.queued('web');
    const waits = (goal: string) => ['wait', id, '--for', goal, '--poll-interval', '20ms', '--progress', 'json', '-o', 'json'];
    const queued = listenFor(/queued/);
    const waiting = stage.ok(waits('active'), queued);
    await queued.heard;
    await stage.ok(['upload', stage.write('disk.raw', Buffer.alloc(4096, 1)), '--into', id]);
    expect((await waiting).json()).toMatchObject({ id, status: 'active' });
    const active = listenFor(/active/);
    const gone = stage.ok(waits('deleted'), active);
    await active.heard;
    await stage.ok(['delete', id, '--yes']);
    expect((await gone).json()).toMatchObject({ image: id, result: 'ok' });
  });

  it('says of what is not there at the first look that nobody knows whether it ever was', async () => {
    const never = '00000000-0000-4000-8000-000000000000';
    const gone = await stage.ok(['wait', never, '--for', 'deleted', '-o', 'json']);
    expect(gone.json()).toMatchObject({ image: never, message: 'gone' });
    expect(gone.stderr).toContain(`${never} is not there: it is gone already, or there never was such an image`);
    const id = await stage.queued('web');
    const queued = listenFor(/queued/);
    const seen = stage.ok(['wait', id, '--for', 'deleted', '--poll-interval', '20ms', '--progress', 'json'], queued);
    await queued.heard;
    await stage.ok(['delete', id, '--yes']);
    expect((await seen).stderr).not.toContain('is not there');
  });

  it('waits for the end of an image whose name looks like an id', async () => {
    const name = '00000000-0000-4000-8000-000000000000';
    await stage.queued(name);
    const late = await stage.run(['wait', name, '--for', 'deleted', '--wait-timeout', '30ms', '--poll-interval', '10ms']);
    expect(late.exitCode).toBe(13);
  });

  it('says how to go on when time is up, with 13', async () => {
    const id = await stage.queued('web');
    const late = await stage.run(['wait', 'web', '--wait-timeout', '60ms', '--poll-interval', '20ms', '--json']);
    expect(late.exitCode).toBe(13);
    expect(errorOf(late)).toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: `timed out after 60 ms: ${id} is still queued`,
      hint: `No data was sent yet. Fill it with: imgctl upload FILE --into local:${id}\nKeep waiting with: imgctl wait local:${id} --for active`,
    });
  });

  it('refuses what is no state', async () => {
    const odd = await stage.run(['wait', 'web', '--for', 'redy', '--json']);
    expect(errorOf(odd)).toMatchObject({ code: 'USAGE', message: '--for: unknown status: redy' });
    const mixed = await stage.run(['wait', 'web', '--for', 'active,replicated=x', '--json']);
    expect(errorOf(mixed)).toMatchObject({ code: 'USAGE', message: '--for: places and statuses cannot be mixed' });
  });

  it('ends with 130 when it is stopped', async () => {
    const id = await stage.queued('web');
    for (const status of [130, 143]) {
      const stopping = new AbortController();
      const hears = (text: string): void => void (text.includes('queued') && stopping.abort(status));
      const result = await stage.run(['wait', id, '--json', '--progress', 'json'], { signal: stopping.signal, hears });
      expect(result.exitCode).toBe(status);
      expect(errorOf(result)).toMatchObject({ code: 'ABORTED', exitCode: status });
    }
  });
});
