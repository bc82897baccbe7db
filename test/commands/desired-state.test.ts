import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAt } from '../../src/engine/account/open.ts';
import { engineOf } from '../../src/engine/api/context.ts';
import type { Account } from '../../src/engine/account/account.ts';
import { listing, wholeListing } from '../../src/engine/images/list.ts';
import { createContext } from '../../src/index.ts';
import { changes, stages, withVerbs } from '../clouds/index.ts';
import { startSimplestreams, type RunningStreams } from '../clouds/simplestreams/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { testCall } from '../conformance/stage.ts';
import { openSession } from '../support/open-session.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { publishedDisk, type PublishedDisk } from '../support/published-disk.ts';
import { servedFile, sha256 } from '../support/served-file.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
const disks = { old: qcow2Image(smallDisk(1)), new: qcow2Image(smallDisk(2)) };
let streams: RunningStreams;
let noble: PublishedDisk;
beforeEach(async () => {
  streams = await startSimplestreams();
  noble = publishedDisk(streams);
  noble.publish('20261101', disks.old);
  return () => streams.stop();
});

interface Row {
  readonly action: string;
  readonly profile: string;
  readonly id?: string;
  readonly name: string;
  readonly result?: string;
  readonly reason?: string;
  readonly code?: string;
}
interface Shown {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly hidden?: boolean;
  readonly description?: string;
  readonly properties: Readonly<Record<string, string>>;
}

const places = withVerbs(Object.entries(stages), 'upload');
const markable = places.filter(
  ([, { driver }]) => driver.facts.patch?.fields.includes('properties') && driver.facts.upload?.fields.includes('properties'),
);

/** A provider in hand: its cloud, a logical name of its own, and the two commands. */
function storyAt(provider: (typeof places)[number][1]) {
  let cloud: RunningCloud;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    cloud = await provider.cloud.start();
  });
  afterAll(() => cloud.stop());
  let name = '';
  let count = 0;
  let machine: Readonly<Record<string, string>> = {};
  beforeEach(() => {
    name = `noble-${(count += 1)}`;
    machine = {};
    env = {
      ...profileVariables('pub', 'simplestreams', streams.values),
      ...profileVariables('to', provider.driver.name, cloud.values),
    };
  });
  const manifest = (more: object = {}): string =>
    stage.write(
      'images.yaml',
      JSON.stringify({ manifest: 'fleet', images: [{ name, source: 'pub:noble', targets: ['to'], ...more }] }),
    );
  const run = async (verb: 'plan' | 'apply', more: object = {}, ...options: readonly string[]) => {
    const yes = verb === 'apply' ? ['--yes', '--poll-interval', '5ms'] : [];
    const result = await stage.run([verb, '-f', manifest(more), '-o', 'json', ...yes, ...options], {
      env: { ...env, ...machine },
    });
    return { ...result, rows: (result.stdout === '' ? [] : result.json()) as readonly Row[] };
  };
  const forget = (): void => {
    streams.forget();
    cloud.forget();
  };
  return {
    run,
    forget,
    stage: (args: readonly string[]) => stage.run(args, { env }),
    cloud: () => cloud,
    name: () => name,
    done: async (more: object = {}, ...options: readonly string[]) => {
      const result = await run('apply', more, ...options);
      expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 /);
      expect(result.rows.filter((row) => row.result !== 'ok')).toEqual([]);
      return result.rows;
    },
    /** From then on commands are typed at another machine, which remembers nothing. */
    elsewhere: (): void => {
      machine = { XDG_CACHE_HOME: stage.file('elsewhere') };
    },
    planned: async (more: object = {}) => {
      const { exitCode, stderr, rows } = await run('plan', more);
      expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
      return rows;
    },
    images: async (): Promise<readonly Shown[]> =>
      ((await stage.ok(['list', '-p', 'to', '--hidden', '-o', 'json'], { env })).json() as readonly Shown[]).filter((image) =>
        image.name.startsWith(name),
      ),
    /** Requests for image bytes at the publisher, and changes at the target. */
    moved: (): readonly string[] => [
      ...streams.requests().flatMap(({ method, path: at }) => (at.endsWith('.img') ? [`${method} ${at}`] : [])),
      ...cloud.requests().flatMap((one) => (changes(provider, one) ? [`${one.method} ${one.path}`] : [])),
    ],
  };
}

describe.each(inTurns(places, 2))('what a manifest wants of %s', (_name, provider) => {
  const story = storyAt(provider);

  it('is planned without a change, made once, and then nothing is sent', async () => {
    expect((await story.planned()).map(({ action }) => action)).toEqual(['add']);
    expect([await story.images(), story.moved().filter((line) => line.includes('.img'))]).toEqual([[], []]);
    await story.done();
    const [made, ...others] = await story.images();
    expect([made?.name, made?.status, others]).toEqual([story.name(), 'active', []]);
    story.forget();
    const checked = await story.run('plan', {}, '--check');
    expect([checked.exitCode, checked.rows], checked.stderr).toEqual([0, []]);
    expect([await story.done(), story.moved()]).toEqual([[], []]);
  });

  it('is made again where it was deleted by hand', async () => {
    if (!provider.driver.facts.delete || provider.replaces === false) return;
    await story.done();
    const [first] = await story.images();
    await story.stage(['delete', `to:${first?.id}`, '--yes', '--poll-interval', '5ms']);
    expect((await story.run('plan', {}, '--check')).exitCode).toBe(15);
    await story.done();
    const [again, ...others] = await story.images();
    expect([again?.name, others]).toEqual([story.name(), []]);
  });

  it('is told apart by its serial where its name holds that', async () => {
    const named = { displayName: '{{name}}-{{serial}}' };
    await story.done(named);
    noble.publish('20261120', disks.new);
    expect((await story.planned(named)).map(({ action, name }) => [action, name])).toEqual([['add', `${story.name()}-20261120`]]);
    await story.done(named);
    expect((await story.images()).map(({ name }) => name).sort()).toEqual([
      `${story.name()}-20261101`,
      `${story.name()}-20261120`,
    ]);
    story.forget();
    expect([await story.done(named), story.moved()]).toEqual([[], []]);
  });
});

describe.each(inTurns(markable, 2))('what a manifest wants of %s from a URL with a checksum', (_name, provider) => {
  const story = storyAt(provider);
  let server: Awaited<ReturnType<typeof startFakeServer>>;
  let disk = disks.old;
  beforeEach(async () => {
    server = await startFakeServer(({ headers }) => servedFile(disk, headers));
    return () => server.stop();
  });

  it('is made once, and anew where the checksum is another one', async () => {
    const wanted = () => ({
      source: `${server.origin}/disk.qcow2`,
      checksum: `sha256:${sha256(disk)}`,
      displayName: `${story.name()}-${sha256(disk)}`,
    });
    await story.done(wanted());
    expect(await story.planned(wanted())).toEqual([]);
    // Also by a machine that has not made it: the image says itself what it is.
    story.elsewhere();
    expect(await story.planned(wanted())).toEqual([]);
    disk = disks.new;
    expect((await story.planned(wanted())).map(({ action }) => action)).toEqual(['add']);
    await story.done(wanted());
    expect(await story.planned(wanted())).toEqual([]);
    disk = disks.old;
  });
});

describe('a manifest for several profiles', () => {
  const fleet = (more: object = {}): string =>
    stage.write(
      'fleet.yaml',
      JSON.stringify({
        manifest: 'fleet',
        defaults: { targets: ['lab*'], tags: ['blessed'] },
        images: [{ name: 'noble', source: 'pub:noble', ...more }],
      }),
    );
  const environment = (down?: string): Readonly<Record<string, string>> => ({
    ...profileVariables('pub', 'simplestreams', streams.values),
    ...profileVariables('laba', 'local', { path: stage.file('a') }),
    ...profileVariables('labb', 'local', { path: stage.file('b') }),
    ...(down === undefined ? {} : profileVariables('labc', 'oci', { registry: down, repository: 'x', plainHttp: 'true' })),
  });

  it('hints at the command that makes so what was planned, which does that as it is typed', async () => {
    const env = environment();
    const file = fleet();
    const hinted = async (...args: readonly string[]): Promise<unknown> =>
      errorOf(await stage.run(['plan', '--check', ...args, '--json'], { env })).hint;
    const typed = (command: string): string => `Make everything so with: imgctl apply ${command}`;
    expect(await hinted('-f', file)).toBe(typed(`-f ${file}`));
    const all = ['-f', file, '-p', 'laba', '-p', 'labb', '--allow-downgrade', '--unused'];
    expect(await hinted(...all)).toBe(typed(all.join(' ')));
    expect(await hinted('-f', file, '-p', 'lab*')).toBe(typed(`-f ${file} -p 'lab*'`));
    const kept = stage.file('kept plan.json');
    expect(await hinted(...all, '--out', kept)).toBe(typed(`'${kept}'`));
    expect((await stage.run(['apply', ...all, '--yes'], { env })).exitCode).toBe(0);
    expect((await stage.run(['apply', kept, '--yes'], { env })).exitCode).toBe(0);
  });

  it('does the rest where one of them cannot be reached, and never says that nothing differs there', async () => {
    const env = environment('127.0.0.1:9');
    const quick = ['--retries', '0'];
    const planned = await stage.run(['plan', '-f', fleet(), '-o', 'json', '--check', ...quick], { env });
    const actions = (rows: unknown): readonly string[] =>
      (rows as readonly Row[]).map(({ action, profile }) => `${profile} ${action}`);
    expect([planned.exitCode, actions(planned.json()).toSorted()]).toEqual([12, ['laba add', 'labb add', 'labc unknown']]);
    const done = await stage.run(['apply', '-f', fleet(), '-o', 'json', '--yes', ...quick], { env });
    expect([done.exitCode, (done.json() as readonly Row[]).map(({ result }) => result).toSorted()]).toEqual([
      12,
      ['failed', 'ok', 'ok'],
    ]);
    const again = await stage.run(['plan', '-f', fleet(), '-o', 'json', ...quick], { env });
    expect([again.exitCode, actions(again.json())]).toEqual([12, ['labc unknown']]);
  });

  it('reads the source once for all of them', async () => {
    const env = environment();
    streams.forget();
    await stage.ok(['apply', '-f', fleet(), '--yes'], { env });
    expect(streams.requests().filter(({ path: at }) => at.endsWith('.img')).length).toBe(1);
    streams.forget();
    const again = await stage.ok(['apply', '-f', fleet()], { env });
    expect(again.stderr).toContain('nothing to do');
    expect(streams.requests().filter(({ path: at }) => at.endsWith('.img'))).toEqual([]);
  });

  it('is narrowed by -p', async () => {
    const env = environment();
    const rows = (await stage.ok(['plan', '-f', fleet(), '-p', 'labb', '-o', 'json'], { env })).json() as readonly Row[];
    expect(rows.map(({ profile }) => profile)).toEqual(['labb']);
    expect((await stage.run(['plan', '-f', fleet(), '-p', 'local'], { env })).exitCode).toBe(2);
  });

  it('asks before anything is changed', async () => {
    const env = environment();
    const asked = await stage.run(['apply', '-f', fleet()], { env });
    expect([asked.exitCode, asked.stdout]).toEqual([2, '']);
    expect(asked.stderr).toContain('--yes');
    expect((await stage.ok(['list', '-p', 'laba', '-o', 'id'], { env })).stdout).toBe('');
    const dry = await stage.ok(['apply', '-f', fleet(), '-n', '-o', 'json'], { env });
    expect((dry.json() as readonly Row[]).map(({ action }) => action)).toEqual(['add', 'add']);
  });

  it('says in Markdown that nothing differs', async () => {
    const env = environment();
    const plan = async (): Promise<string> => (await stage.ok(['plan', '-f', fleet(), '-o', 'markdown'], { env })).stdout;
    expect(await plan()).toMatch(/^\| action \| image \| profile .*\n\| --- .*\n\| add \| noble \| laba \|/);
    await stage.ok(['apply', '-f', fleet(), '--yes'], { env });
    expect(await plan()).toBe('Nothing differs.\n');
  });

  it('goes on where a run was killed before it had marked what it sent', async () => {
    const env = environment();
    await stage.ok(['apply', '-f', fleet(), '--yes'], { env });
    // No command and no call takes that away.
    const engine = engineOf(await createContext({ configDir: stage.file('config'), env }));
    const at = await openAt('laba', ['list', 'patch'], engine);
    for await (const { id } of listing(at as Account, wholeListing, engine.call()))
      await at.verb('patch').run({ id, changes: { removeProperties: ['imgctl.marksOf'] }, extras: {} }, engine.call());
    const rows = (await stage.ok(['apply', '-f', fleet(), '--yes', '-o', 'json'], { env })).json() as readonly Row[];
    expect(rows.map(({ action, profile, result }) => [action, profile, result])).toEqual([['reuse', 'laba', 'ok']]);
    expect((await stage.ok(['plan', '-f', fleet(), '-o', 'json'], { env })).json()).toEqual([]);
  });
});

describe.each(inTurns(markable, 2, 1))('what %s has is kept as the manifest wants it', (_name, provider) => {
  const story = storyAt(provider);

  it('is found by other tools as the target of its channel again, where a run was killed before that', async () => {
    if (provider.driver.projects === undefined) return;
    const wish = { channel: 'stable' };
    await story.done(wish);
    const [target] = await story.images();
    const channel = { name: story.name(), channel: 'stable' };
    const follower = () => openSession(provider.driver, story.cloud().values).session.projection;
    await follower()?.remove(channel, testCall());
    const checked = await story.run('plan', wish, '--check');
    expect([checked.exitCode, checked.rows]).toEqual([
      15,
      [
        expect.objectContaining({
          action: 'retarget',
          id: target?.id,
          reason: expect.stringContaining(provider.driver.projects) as string,
        }),
      ],
    ]);
    await story.done(wish);
    expect(await follower()?.look(channel, testCall())).toMatchObject({ id: target?.id });
    expect(await story.planned(wish)).toEqual([]);
  });

  it('is the target of its channel once it is whole, until somebody has moved that away', async () => {
    const wish = { channel: 'stable', displayName: '{{name}}-{{serial}}' };
    const channel = `${story.name()}@stable`;
    const target = async (): Promise<string | undefined> =>
      ((await story.stage(['show', `to:${channel}`, '-o', 'json'])).json() as Shown).id;
    const rows = await story.done(wish);
    expect(rows.map(({ action }) => action)).toEqual(['add', 'retarget']);
    const first = await target();
    expect((await story.images()).map(({ id }) => id)).toEqual([first]);
    noble.publish('20261120', disks.new);
    expect((await story.planned(wish)).map(({ action }) => action)).toEqual(['add', 'retarget']);
    await story.done(wish);
    const second = await target();
    expect(second).not.toBe(first);
    expect(await story.planned(wish)).toEqual([]);
    const back = await story.stage(['channel', 'rollback', `to:${channel}`]);
    expect(back.exitCode, back.stderr).toBe(0);
    expect([await target(), await story.planned(wish)]).toEqual([first, []]);
    const none = await story.planned({ displayName: wish.displayName });
    expect(none).toEqual([]);
  });
  const renames = provider.driver.facts.patch?.fields.includes('name') === true;

  it.skipIf(renames)('says what to do where a newer version cannot get the name of an older one', async () => {
    await story.done();
    noble.publish('20261120', disks.new);
    story.forget();
    const refused = await story.run('apply');
    expect([refused.exitCode, refused.rows.map(({ code }) => code), story.moved()]).toEqual([12, ['UNSUPPORTED'], []]);
    expect(refused.stderr).toContain('{{serial}}');
  });

  it.runIf(renames)('a new serial gets the name when it is there, and the older one keeps its id', async () => {
    await story.done();
    const [first] = await story.images();
    noble.publish('20261120', disks.new);
    const rows = await story.done();
    expect(rows.map(({ action }) => action)).toEqual(['add', 'retarget']);
    const [plain, older] = (await story.images()).toSorted((a, b) => a.name.length - b.name.length);
    expect([plain?.name, older?.name]).toEqual([story.name(), `${story.name()} (20261101)`]);
    expect([older?.properties['imgctl.source.serial'], plain?.properties['imgctl.source.serial']]).toEqual([
      '20261101',
      '20261120',
    ]);
    if (older?.id !== older?.name) expect(older?.id).toBe(first?.id);
    story.forget();
    expect([await story.done(), story.moved()]).toEqual([[], []]);
  });

  it('what its record says otherwise is changed, and no byte is sent', async () => {
    await story.done();
    const wishes = { properties: { tier: 'gold' } };
    story.forget();
    expect((await story.planned(wishes)).map(({ action }) => action)).toEqual(['property']);
    expect((await story.done(wishes)).map(({ action }) => action)).toEqual(['property']);
    expect(story.moved().filter((line) => line.includes('.img'))).toEqual([]);
    expect((await story.images())[0]?.properties.tier).toBe('gold');
    expect(await story.planned(wishes)).toEqual([]);
  });

  it.runIf(renames)('another name for the same content is a new name, and nothing is sent', async () => {
    await story.done();
    const [first] = await story.images();
    const wishes = { displayName: `{{name}}-golden` };
    story.forget();
    expect((await story.done(wishes)).map(({ action }) => action)).toEqual(['property']);
    const [renamed, ...others] = await story.images();
    expect([renamed?.name, others, story.moved().filter((line) => line.includes('.img'))]).toEqual([
      `${story.name()}-golden`,
      [],
      [],
    ]);
    if (first?.id !== first?.name) expect(renamed?.id).toBe(first?.id);
    expect(await story.planned(wishes)).toEqual([]);
  });

  it('what somebody has put there under the name is taken over, and another disk is left alone', async () => {
    await story.stage(['copy', 'pub:noble', `to:${story.name()}`, '--poll-interval', '5ms']);
    story.forget();
    expect((await story.done()).map(({ action }) => action)).toEqual(['reuse']);
    expect(story.moved().filter((line) => line.includes('.img'))).toEqual([]);
    expect((await story.images())[0]?.properties).toMatchObject({ 'imgctl.managed': 'fleet', 'imgctl.name': story.name() });
    expect(await story.planned()).toEqual([]);
  });

  it('what is of another manifest is that one’s, whatever it holds', async () => {
    await story.done();
    story.forget();
    const image = { name: story.name(), source: 'pub:noble', targets: ['to'], description: 'theirs' };
    const others = stage.write('others.yaml', JSON.stringify({ manifest: 'others', images: [image] }));
    const applied = await story.stage(['apply', '-f', others, '--yes', '-o', 'json']);
    expect(applied.exitCode).toBe(12);
    expect(applied.json()).toMatchObject([{ action: 'blocked', message: expect.stringContaining('is of the manifest "fleet"') }]);
    expect(story.moved()).toEqual([]);
    expect(await story.planned()).toEqual([]);
  });

  it.runIf(renames)('an older serial takes the place of no newer one, unless that is allowed', async () => {
    noble.publish('20261120', disks.new);
    await story.done();
    noble.withdraw('20261120');
    story.forget();
    const refused = await story.run('apply');
    expect([refused.exitCode, refused.rows.map(({ action, code }) => [action, code]), story.moved()], refused.stderr).toEqual([
      12,
      [['blocked', 'CONFLICT']],
      [],
    ]);
    await story.done({}, '--allow-downgrade');
    expect((await story.images()).find(({ name }) => name === story.name())?.properties['imgctl.source.serial']).toBe('20261101');
  });

  it.runIf(renames)(
    'what is superseded is retired once the new one is there, and deleted after its grace, by the rules of prune',
    async () => {
      const kept = { keep: 1, grace: '0s' };
      const options = ['--unused'];
      await story.done(kept, ...options);
      noble.publish('20261120', disks.new);
      const verb = provider.driver.facts.deactivate ? 'deactivate' : 'hide';
      const retired = provider.driver.facts.patch?.fields.includes('hidden') || verb === 'deactivate' ? verb : 'property';
      expect((await story.done({ ...kept, keep: 2 }, ...options)).map(({ action }) => action)).toEqual(['add', 'retarget']);
      expect((await story.run('plan', kept)).rows.map(({ action }) => action)).toEqual(
        provider.driver.facts.uses ? [retired] : [],
      );
      expect((await story.done(kept, ...options)).map(({ action }) => action)).toEqual([retired]);
      const old = (await story.images()).find(({ properties }) => properties['imgctl.source.serial'] === '20261101');
      expect(old?.properties['imgctl.retired']).toBeDefined();
      expect((await story.run('plan', { ...kept, grace: '2d' }, ...options)).rows).toEqual([]);
      const planned = await story.run('plan', kept, ...options);
      expect(planned.rows).toMatchObject([{ action: 'delete', id: old?.id, irreversible: true }]);
      const capped = await story.run('apply', kept, ...options, '--max-delete', '0');
      expect([capped.exitCode, capped.rows.map(({ result }) => result)]).toEqual([12, ['skipped']]);
      expect((await story.done(kept, ...options)).map(({ action }) => action)).toEqual(['delete']);
      expect((await story.images()).map(({ name }) => name)).toEqual([story.name()]);
      expect((await story.run('plan', kept, ...options, '--check')).exitCode).toBe(0);
    },
  );

  it.runIf(renames)(
    'what is superseded is retired in the run that supersedes it, and comes back where it is wanted again',
    async () => {
      const kept = { keep: 1 };
      await story.done(kept, '--unused');
      const [first] = await story.images();
      noble.publish('20261120', disks.new);
      const actions = (await story.done(kept, '--unused')).map(({ action }) => action);
      expect(actions.slice(0, 2)).toEqual(['add', 'retarget']);
      expect(actions).toHaveLength(3);
      story.forget();
      expect([await story.done(kept, '--unused'), story.moved()]).toEqual([[], []]);
      noble.withdraw('20261120');
      await story.done(kept, '--allow-downgrade', '--unused');
      const back = (await story.images()).find(({ name }) => name === story.name());
      expect([back?.id === first?.id || first?.id === first?.name, back?.properties['imgctl.retired'], back?.status]).toEqual([
        true,
        undefined,
        'active',
      ]);
    },
  );

  it.runIf(renames)('an older serial that is wanted again is never retired, until it is wanted no more', async () => {
    const wait = ['--poll-interval', '5ms'];
    const pruned = async (): Promise<Readonly<Record<string, string>>> => {
      const args = ['prune', `to:${story.name()}*`, '--keep', '1', '--grace', '0s', '--unused', '--yes', '-o', 'json', ...wait];
      const rows = (await story.stage(args)).json() as readonly Row[];
      const images = new Map((await story.images()).map((image) => [image.id, image.properties['imgctl.source.serial']]));
      return Object.fromEntries(rows.map(({ id = '', action }) => [images.get(id) ?? id, action]));
    };
    const downgraded = async (): Promise<Readonly<Record<string, string>>> => {
      noble.publish('20261120', disks.new);
      await story.done();
      noble.withdraw('20261120');
      await story.done({}, '--allow-downgrade');
      expect(await story.planned()).toEqual([expect.objectContaining({ action: 'blocked' })]);
      return pruned();
    };
    expect((await downgraded())['20261101']).toBe('keep');
    for (const { id } of await story.images()) await story.stage(['delete', `to:${id}`, '--yes', ...wait]);
    await story.done();
    expect((await downgraded())['20261101']).toBe('keep');
    noble.publish('20261120', disks.new);
    expect((await story.done()).map(({ action }) => action)).toEqual(['property', 'retarget', 'property']);
    expect(await pruned()).toMatchObject({ '20261101': 'retire', '20261120': 'keep' });
  });
});

it('what another client makes under the name while apply is at work stays as it is, and the next run looks at it anew', async () => {
  const disk = smallDisk(3);
  const server = await startFakeServer(async ({ method, headers }) => {
    if (method === 'GET' && (await stage.names()).length === 0) await stage.image('web');
    return servedFile(disk, headers);
  });
  try {
    const checksum = `sha256:${sha256(disk)}`;
    const images = [{ name: 'web', source: `${server.origin}/web.raw`, checksum, targets: 'local' }];
    const file = stage.write('images.json', JSON.stringify({ manifest: 'fleet', images }));
    const apply = () => stage.run(['apply', '-f', file, '--yes', '-o', 'json']);
    const { exitCode, json } = await apply();
    expect([exitCode, json()]).toMatchObject([
      12,
      [
        {
          result: 'failed',
          message: expect.stringContaining('made an image "web" meanwhile'),
          hint: expect.stringContaining('again'),
        },
      ],
    ]);
    expect((await apply()).json()).toMatchObject([{ action: 'blocked' }]);
    expect(await stage.names()).toEqual(['web']);
  } finally {
    await server.stop();
  }
});

describe.each(withVerbs(Object.entries(stages), 'upload', 'replicate', 'places'))(
  'what a manifest wants in places of %s',
  (_name, provider) => {
    const story = storyAt(provider);

    it('is refused where one of them is not there, before a byte is sent', async () => {
      story.forget();
      const wanted = { places: ['nowhere-4711'] };
      const planned = await story.run('plan', wanted);
      expect(planned.rows).toMatchObject([{ action: 'blocked', code: 'NOT_FOUND', reason: 'no such place: nowhere-4711' }]);
      const applied = await story.run('apply', wanted);
      expect([applied.exitCode, applied.rows[0]?.code]).toEqual([12, 'NOT_FOUND']);
      expect([story.moved(), await story.images()]).toEqual([[], []]);
    });
  },
);

describe('what a manifest wants of a place that takes no copy', () => {
  const story = storyAt(stages.linode);

  it('is made all the same, and named', async () => {
    const known = (await story.stage(['places', '-p', 'to', '-o', 'json'])).json() as readonly { readonly name: string }[];
    const refused = { kind: 'answer', status: 403, body: '{"errors":[{"reason":"no"}]}', times: 99 } as const;
    story.cloud().fail({ ...refused, on: ({ path }) => path.endsWith('/regions') && !path.endsWith('/v4/regions') });
    const applied = await story.run('apply', { places: known.map(({ name }) => name) });
    const [image] = await story.images();
    expect(image?.status).toBe('active');
    expect(applied.rows).toMatchObject([{ action: 'add', result: 'failed', id: image?.id }]);
  });
});
