import { describe, expect, it } from 'vitest';
import { rancherCloud, type RancherOptions, type RunningRancher } from '../clouds/rancher/index.ts';
import { startLinode } from '../clouds/linode/index.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();

async function onRancher(options: RancherOptions, work: (cloud: RunningRancher, env: Record<string, string>) => Promise<void>) {
  const cloud = await rancherCloud(options).start();
  try {
    await work(cloud, { ...profileVariables('cow', 'rancher', cloud.values) });
  } finally {
    await cloud.stop();
  }
}
const poll = ['--poll-interval', '20ms'];

describe('deactivate and reactivate', () => {
  it('block and allow the data', async () => {
    await stage.image('web');
    expect((await stage.ok(['deactivate', 'web', '-o', 'json'])).json()).toMatchObject({ name: 'web', status: 'inactive' });
    const refused = await stage.run(['download', 'web', '-', '--json']);
    expect([refused.exitCode, errorOf(refused).code, refused.bytes.length]).toEqual([6, 'CONFLICT', 0]);
    expect((await stage.ok(['activate', 'web', '-o', 'json'])).json()).toMatchObject({ status: 'active' });
    expect((await stage.ok(['download', 'web', '-'])).bytes.length).toBe(1024 * 1024);
  });

  it('refuse a queued image with 6, and say what it needs', async () => {
    const id = await stage.queued('web');
    const refused = await stage.run(['deactivate', 'web', '--json']);
    expect(errorOf(refused)).toMatchObject({
      code: 'CONFLICT',
      hint: `Upload its data with: imgctl upload FILE --into local:${id}`,
      exitCode: 6,
    });
  });

  it('give a row for each of several', async () => {
    await stage.image('a');
    await stage.queued('b');
    const result = await stage.run(['deactivate', 'a', 'b', '-o', 'json']);
    expect(result.exitCode).toBe(12);
    expect(result.json()).toMatchObject([
      { image: 'a', result: 'ok', status: 'inactive' },
      { image: 'b', result: 'failed', code: 'CONFLICT', exitCode: 6 },
    ]);
  });

  it('wait for the provider unless told not to', () =>
    onRancher({ transitionMs: 150 }, async (cloud, env) => {
      cloud.put({ name: 'web' });
      const begun = await stage.ok(['deactivate', 'cow:web', '--no-wait', '-o', 'json'], { env });
      expect(begun.json()).toMatchObject({ status: 'pending', providerStatus: 'deactivating' });
      expect((await stage.ok(['wait', 'cow:web', '--for', 'inactive', ...poll, '-o', 'json'], { env })).json()).toMatchObject({
        status: 'inactive',
      });
      const done = await stage.ok(['reactivate', 'cow:web', ...poll, '-o', 'json'], { env });
      expect(done.json()).toMatchObject({ status: 'active' });
    }));
});

describe('delete', () => {
  it('wants --yes where nobody can answer, and changes nothing', async () => {
    await stage.queued('web');
    await stage.queued('db');
    for (const images of [['web'], ['web', 'db']]) {
      const refused = await stage.run(['delete', ...images, '--json']);
      expect([refused.exitCode, refused.stdout], images.join()).toEqual([2, '']);
      expect(errorOf(refused)).toEqual({
        code: 'USAGE',
        message: 'cannot ask for confirmation: not a terminal',
        hint: `Pass --yes to skip the prompt. It would ask: Delete ${images.length === 1 ? 'this image' : 'these 2 images'} from local?`,
        exitCode: 2,
      });
    }
    expect(await stage.names()).toEqual(['db', 'web']);
  });

  it('asks once on a terminal, for all images, and takes no for no', async () => {
    await stage.queued('web');
    await stage.queued('db');
    const no = await stage.run(['delete', 'web', 'db'], { terminal: true, answers: ['n'] });
    expect(no.exitCode).toBe(130);
    expect(no.stderr).toContain('Delete these 2 images from local? [y/N]: ');
    expect(no.stderr).toContain('imgctl: cancelled; nothing was changed\n');
    expect((await stage.run(['delete', 'web'], { terminal: true, answers: [''] })).exitCode, 'no is the default').toBe(130);
    expect((await stage.run(['delete', 'web'], { terminal: true })).exitCode, 'the end of input is no').toBe(130);
    expect(await stage.names()).toEqual(['db', 'web']);
    const yes = await stage.ok(['delete', 'web', 'db', '-o', 'json'], { terminal: true, answers: ['what', 'y'] });
    expect(yes.stderr).toContain('Please answer y or n.');
    expect(yes.json()).toMatchObject([
      { image: 'web', result: 'ok' },
      { image: 'db', result: 'ok' },
    ]);
    expect(await stage.names()).toEqual([]);
  });

  it('does not ask when it only plans, and deletes nothing', async () => {
    await stage.queued('web');
    const planned = await stage.ok(['delete', 'web', '-n', '-o', 'json']);
    expect(planned.json()).toMatchObject({ dryRun: true, verb: 'delete', profile: 'local', provider: 'local' });
    expect(await stage.names()).toEqual(['web']);
  });

  it('asks for the name of a protected profile', async () => {
    await stage.ok(['profile', 'add', 'prod', '--provider', 'local', '--set', `path=${stage.file('prod')}`, '--protected']);
    await stage.ok(['create', 'prod:web']);
    const wrong = await stage.run(['delete', 'prod:web'], { terminal: true, answers: ['y'] });
    expect([wrong.exitCode, wrong.stderr]).toEqual([130, expect.stringContaining("Type the profile's name (prod) to confirm: ")]);
    expect((await stage.ok(['list', '-p', 'prod', '-o', 'id'])).stdout).not.toBe('');
    await stage.ok(['delete', 'prod:web'], { terminal: true, answers: ['prod'] });
    expect((await stage.ok(['list', '-p', 'prod', '-o', 'id'])).stdout).toBe('');
  });

  it('refuses a protected image with 6', async () => {
    const id = await stage.queued('web', '--protect');
    const refused = await stage.run(['rm', 'web', '--yes', '--json']);
    expect(refused.exitCode).toBe(6);
    expect(errorOf(refused)).toMatchObject({
      code: 'CONFLICT',
      message: `image ${id} is protected`,
      hint: `Unprotect it with: imgctl patch local:${id} --unprotect`,
    });
    expect(await stage.names()).toEqual(['web']);
    await stage.ok(['patch', 'web', '--unprotect']);
    expect((await stage.ok(['rm', 'web', '--yes'])).stdout).toContain('web');
    expect(await stage.names()).toEqual([]);
  });

  it('deletes what is there of several, and only that', async () => {
    await stage.queued('a');
    await stage.queued('b', '--protect');
    await stage.queued('c');
    const result = await stage.run(['delete', 'a', 'b', 'zzzzzz', '--yes', '-o', 'json']);
    expect(result.exitCode).toBe(12);
    expect((result.json() as { result: string; code?: string }[]).map(({ result: how, code }) => code ?? how)).toEqual([
      'ok',
      'CONFLICT',
      'NOT_FOUND',
    ]);
    expect(await stage.names()).toEqual(['b', 'c']);
  });

  it('refuses a name that fits twice, whatever --yes says', async () => {
    await stage.fill(await stage.queued('web'));
    const newer = await stage.fill(await stage.queued('web'));
    expect((await stage.run(['delete', 'web', '--yes'])).exitCode).toBe(6);
    expect(await stage.names()).toEqual(['web', 'web']);
    await stage.ok(['delete', 'web', '--latest', '--yes']);
    expect((await stage.run(['show', newer])).exitCode).toBe(5);
    expect(await stage.names()).toEqual(['web']);
  });

  it('says what to do first where an image in use cannot be deleted, and waits until it is gone where that comes later', () =>
    onRancher({}, async (cloud, env) => {
      cloud.put({ name: 'web' });
      const refused = await stage.run(['delete', 'cow:web', '--yes', '--json'], { env });
      expect(refused.exitCode).toBe(6);
      expect(errorOf(refused)).toMatchObject({
        code: 'CONFLICT',
        hint: 'Deactivate it first, then delete it: imgctl deactivate cow:1i1',
        profile: 'cow',
      });
      expect(cloud.row('1i1').state).toBe('active');
      await stage.ok(['deactivate', 'cow:web', ...poll], { env });
      const deleted = await stage.ok(['delete', 'cow:web', '--yes', ...poll, '-o', 'json'], { env });
      expect(deleted.json()).toMatchObject({ image: 'cow:web', result: 'ok', message: 'gone' });
      expect(cloud.row('1i1').state).toBe('removed');
    }));

  it('keeps the provider’s own hint where the image is not active', () =>
    onRancher({}, async (cloud, env) => {
      cloud.put({ name: 'web', state: 'restoring' });
      const refused = await stage.run(['delete', 'cow:1i1', '--yes', '--json'], { env });
      expect(errorOf(refused)).toMatchObject({ code: 'CONFLICT', hint: 'Wait for it with: imgctl wait cow:1i1' });
    }));
});

describe('restore and purge', () => {
  it('bring back, and remove for good after asking', () =>
    onRancher({ version: '1.5' }, async (cloud, env) => {
      const id = cloud.put({ state: 'removed', removedAt: Date.now(), removeTime: Date.now() + 600_000 });
      expect((await stage.ok(['restore', `cow:${id}`, ...poll, '-o', 'json'], { env })).json()).toMatchObject({
        status: 'inactive',
      });
      await stage.ok(['delete', `cow:${id}`, '--yes', ...poll], { env });
      const unasked = await stage.run(['purge', `cow:${id}`], { env });
      expect([unasked.exitCode, unasked.stderr]).toEqual([2, expect.stringContaining('Purge this image from cow?')]);
      expect(cloud.row(id).state).toBe('removed');
      expect((await stage.ok(['purge', `cow:${id}`, '-n', '-o', 'json'], { env })).json()).toMatchObject({
        dryRun: true,
        verb: 'purge',
        method: 'POST',
      });
      expect(cloud.row(id).state).toBe('removed');
      await stage.ok(['purge', `cow:${id}`, '--yes', ...poll], { env });
      expect(cloud.row(id).state).toBe('purged');
    }));

  it('are refused by the local store with 7, with the reason', async () => {
    for (const verb of ['restore', 'purge']) {
      const refused = await stage.run([verb, 'web', '--yes', '--json']);
      expect(refused.exitCode, verb).toBe(7);
      expect(errorOf(refused).message).toMatch(
        new RegExp(`^local does not offer ${verb}\\. A deleted image is gone .* Supported by: (?:[a-z]+, )*rancher\\.$`),
      );
    }
  });
});

describe('replicate and places', () => {
  const twoPlaces = () => ({
    ...profileVariables('lab', 'local', {
      path: stage.file('lab'),
      places: `second=${stage.file('second')},third=${stage.file('third')}`,
    }),
    IMGCTL_PROFILE: 'lab',
  });
  const placesOf = (found: { json(): unknown }): readonly string[] =>
    (found.json() as { places: { name: string }[] }).places.map(({ name }) => name).sort();

  it('adds, takes away and sets places; never drops one that was not named', async () => {
    const env = twoPlaces();
    await stage.ok(['upload', stage.write('d.raw', Buffer.alloc(4096, 7)), '--name', 'web'], { env });
    expect(placesOf(await stage.ok(['replicate', 'web', '--to', 'second', '-o', 'json'], { env }))).toEqual(['home', 'second']);
    expect(placesOf(await stage.ok(['replicate', 'web', '--to', 'third', '-o', 'json'], { env }))).toEqual([
      'home',
      'second',
      'third',
    ]);
    expect(placesOf(await stage.ok(['replicate', 'web', '--remove', 'third', '--yes', '-o', 'json'], { env }))).toEqual([
      'home',
      'second',
    ]);
    const refused = await stage.run(['replicate', 'web', '--exactly', 'home,third', '--json'], { env });
    expect(errorOf(refused)).toMatchObject({
      code: 'USAGE',
      message: 'cannot ask for confirmation: not a terminal',
      hint: 'Pass --yes to skip the prompt. It would ask: Remove web from second (profile lab)?',
    });
    expect(placesOf(await stage.ok(['show', 'web', '-o', 'json'], { env }))).toEqual(['home', 'second']);
    const set = await stage.ok(['replicate', 'web', '--exactly', 'home,third', '--yes', '-o', 'json'], { env });
    expect(placesOf(set)).toEqual(['home', 'third']);
    expect(placesOf(await stage.ok(['replicate', 'web', '--exactly', 'home,third', '-o', 'json'], { env }))).toEqual([
      'home',
      'third',
    ]);
  });

  it.each([
    [[], '--to, --remove or --exactly is required'],
    [['--to', 'second', '--remove', 'second'], 'second is in both --to and --remove'],
    [['--exactly', 'home', '--to', 'second'], '--exactly cannot be combined with --to or --remove'],
    [['--exactly', ' , '], '--exactly is empty'],
    [['--to', ''], '--to is empty'],
  ])('refuses %j', async (options, message) => {
    const refused = await stage.run(['replicate', 'web', ...options, '--json'], { env: twoPlaces() });
    expect(errorOf(refused)).toMatchObject({ code: 'USAGE', message, exitCode: 2 });
  });

  it('does not know a place that is none, with 5', async () => {
    const env = twoPlaces();
    await stage.ok(['create', 'web'], { env });
    const refused = await stage.run(['replicate', 'web', '--to', 'mars', '--json'], { env });
    expect(errorOf(refused)).toMatchObject({
      code: 'NOT_FOUND',
      message: 'no such place: mars',
      hint: 'Places: home, second, third',
    });
  });

  it('lists places', async () => {
    const env = twoPlaces();
    expect((await stage.ok(['places', '-o', 'id'], { env })).stdout).toBe('home\nsecond\nthird\n');
    expect((await stage.ok(['places', '-o', 'json'], { env })).json()).toMatchObject([
      { name: 'home', title: stage.file('lab'), usable: 'yes', isDefault: true },
      { name: 'second' },
      { name: 'third' },
    ]);
    for (const alias of ['regions', 'stores'])
      expect((await stage.ok([alias, '-c', 'name', '--no-header'], { env })).stdout).toMatch(/^home\n/);
  });

  it('waits for regions, and keeps the one that was not named', async () => {
    const cloud = await startLinode();
    try {
      const env = profileVariables('lin', 'linode', cloud.values);
      const [id = ''] = await cloud.seed([{ name: 'web' }]);
      const done = await stage.ok(['replicate', `lin:${id}`, '--to', 'us-iad', ...poll, '-o', 'json'], { env });
      expect(done.json()).toMatchObject({
        places: expect.arrayContaining([
          { name: 'us-ord', status: 'active', providerStatus: 'available' },
          { name: 'us-iad', status: 'active', providerStatus: 'available' },
        ]),
      });
    } finally {
      await cloud.stop();
    }
  });
});
