import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { library, ociErrorBody, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import type { Fault } from '../../conformance/cloud.ts';
import { guestDisk } from '../../support/disk-images/guest.ts';

let cloud: OciCloud;
let env: Readonly<Record<string, string>>;
const stage = commandStage();
async function begin(): Promise<void> {
  cloud = await startOci({ auth: 'none' });
  const { places: _places, ...values } = cloud.values;
  env = profileVariables('reg', 'oci', values);
}
beforeEach(begin);
afterEach(() => cloud.stop());

const ok = (...args: readonly string[]) => stage.ok(args, { env });
const list = async () => (await ok('list', '-p', 'reg', '-o', 'json')).json() as { name: string; id: string }[];
/** Methods and kinds of what was asked since the last time, counted: `HEAD manifests`. */
function asked(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method, path: at } of cloud.requests()) {
    const what = `${method} ${/\/(manifests|blobs|tags)\//.exec(at)?.[1] ?? at}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  cloud.forget();
  return counts;
}

describe('a list of a registry, run after run', () => {
  const plantMany = (count: number): void => {
    for (let n = 0; n < count; n += 1) cloud.plant({ name: `image-${n}` });
  };

  it('asks only for the digests of hundreds of images that have not changed', async () => {
    plantMany(300);
    const first = await list();
    const cold = asked();
    expect(cold['GET blobs']).toBe(300);
    expect(cold['GET manifests']).toBe(300);
    expect(cold['HEAD manifests']).toBeLessThanOrEqual(16);
    expect(await list()).toEqual(first);
    expect(asked()).toEqual({ 'GET tags': 1, 'HEAD manifests': 300 });
    const { stderr } = await ok('list', '-p', 'reg', '-o', 'id', '--progress', 'json');
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events[0]).toMatchObject({ event: 'start', task: 'list reg' });
    expect(events[1]).toMatchObject({ event: 'progress', task: 'list reg', percent: 0, message: '0 of 300 images' });
    expect(events.at(-1)).toMatchObject({ event: 'done', task: 'list reg' });
  });

  it('reads what is new or has changed, and no more', async () => {
    plantMany(40);
    const [first] = await list();
    await ok('patch', `reg:${first?.id ?? ''}`, '--name', 'renamed');
    cloud.plant({ name: 'new' });
    cloud.forget();
    const names = (await list()).map(({ name }) => name);
    expect(names).toContain('renamed');
    expect(names).toContain('new');
    expect(asked()).toEqual({ 'GET tags': 1, 'HEAD manifests': 41, 'GET manifests': 2, 'GET blobs': 2 });
  });

  it('does not believe what somebody has changed in the cache', async () => {
    plantMany(3);
    const first = await list();
    const folder = path.join(stage.file('.cache'), 'imgctl', 'documents');
    const entries = readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
    expect(entries.length).toBe(6);
    for (const name of entries) writeFileSync(path.join(folder, name), '{"name":"somebody else’s"}');
    expect(await list()).toEqual(first);
  });
});

describe('a disk that is there already', () => {
  const MiB = 1024 ** 2;
  const disk = guestDisk(8 * MiB, 5);
  /** What records, manifests and answers take besides disks. */
  const small = 32 * 1024;
  const sent = (): number => cloud.requests().reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
  /** Whole disks that were asked for; the beginning of one is looked at to see what it is. */
  const fetched = () =>
    cloud
      .requests()
      .filter(({ method, path: at, headers }) => method === 'GET' && at.includes(digestOf(disk)) && headers.range === undefined)
      .length;
  const upload = (name: string, ...more: readonly string[]) =>
    ok('upload', stage.write('disk.raw', disk), '--name', name, '-o', 'json', ...more);
  const imageAt = async (name: string) => (await ok('show', name, '-o', 'json')).json() as Shown;
  type Shown = { id: string; contentId: string; checksums: Record<string, string>; raw?: { digest: string } };

  it('is not sent for a second image of another name, and both are verified', async () => {
    await upload('reg:one');
    expect(sent()).toBeGreaterThan(MiB);
    cloud.forget();
    const { stderr } = await ok('upload', stage.file('disk.raw'), '--name', 'reg:two');
    expect(sent()).toBeLessThan(small);
    expect(stderr).toContain('verified');
    const [one, two] = [await imageAt('reg:one'), await imageAt('reg:two')];
    expect([two.contentId, two.checksums]).toEqual([one.contentId, one.checksums]);
    expect(two.contentId).toMatch(/^blocks-sha256:/);
  });

  it('is compared with a checksum all the same', async () => {
    await upload('reg:one');
    cloud.forget();
    const other = guestDisk(MiB, 6);
    for (const algorithm of ['sha256', 'md5']) {
      const checksum = `${algorithm}:${createHash(algorithm).update(other).digest('hex')}`;
      const result = await stage.run(['upload', stage.file('disk.raw'), '--name', 'reg:two', '--checksum', checksum], { env });
      expect([result.exitCode, result.stderr], checksum).toEqual([11, expect.stringContaining(algorithm)]);
    }
    const right = createHash('sha256').update(disk).digest('hex');
    cloud.forget();
    await ok('upload', stage.file('disk.raw'), '--name', 'reg:two', '--checksum', `sha256:${right}`);
    expect(sent()).toBeLessThan(small);
    expect((await list()).map(({ name }) => name).sort()).toEqual(['one', 'two']);
  });

  it('is not sent for a copy from the local store, nor fetched for one into it', async () => {
    // What is shared has the same form on both sides.
    await upload('local:one', '--set', 'layout=single');
    await upload('reg:other', '--set', 'layout=single');
    cloud.forget();
    const { stderr } = await ok('copy', 'local:one', 'reg');
    expect(sent()).toBeLessThan(small);
    expect(stderr).toContain('verified');
    cloud.forget();
    expect((await ok('copy', 'reg:other', 'local')).stderr).toContain('verified');
    expect(fetched()).toBe(0);
    expect(await stage.names()).toEqual(['one', 'other']);
    expect((await imageAt('local:other')).contentId).toBe((await imageAt('reg:one')).contentId);
  });

  it('is the same image on both sides after a copy under its own name, there and back', async () => {
    const made = (
      await ok('upload', stage.write('disk.raw', disk), '--name', 'local:one', '--tag', 'a', '-o', 'json')
    ).json() as Shown;
    await ok('patch', made.id, '-p', 'local', '--property', 'os=debian', '--protect');
    // Nor is anything added that it lacks.
    await ok('patch', made.id, '-p', 'local', '--remove-property', 'imgctl.contentId');
    const raw = async (name: string) => (await ok('show', name, '--raw', '-o', 'json')).json() as Shown;
    const home = await raw('local:one');
    await ok('copy', 'local:one', 'reg');
    const there = await raw('reg:one');
    expect([there.id, there.raw]).toEqual(['one', { ...home.raw, ref: 'one' }]);
    expect(cloud.store.of(library).tags.get('one')).toBe(home.raw?.digest);
    await ok('patch', made.id, '-p', 'local', '--unprotect');
    await ok('delete', 'local:one', '--yes');
    await ok('copy', 'reg:one', 'local');
    expect((await raw('local:one')).raw).toEqual({ ...home.raw, ref: 'one' });
  });

  it('is another image under another name, and where its id is taken', async () => {
    env = { ...env, IMGCTL_PROFILE_REG_TAGS: 'uuid' };
    const { id } = (await upload('local:one')).json() as Shown;
    await ok('copy', 'local:one', 'reg:two');
    expect((await imageAt('reg:two')).id).not.toBe(id);
    await ok('copy', 'local:one', 'reg');
    expect((await list()).map((image) => image.id)).toContain(id);
    await ok('copy', 'local:one', 'reg', '--if-exists', 'replace', '--yes');
    const images = await list();
    expect(images.map(({ name }) => name).sort()).toEqual(['one', 'two']);
    expect(images.map((image) => image.id)).not.toContain(id);
    expect((await imageAt('reg:one')).checksums).toEqual((await imageAt('local:one')).checksums);
  });

  it('is sent once by a copy where it is not there yet', async () => {
    await upload('local:one');
    await ok('copy', 'local:one', 'reg');
    expect(sent()).toBeLessThan(disk.length + small);
    cloud.forget();
    await ok('copy', 'local:one', 'reg:two');
    expect(sent()).toBeLessThan(small);
  });
});

describe('an image that is replaced', () => {
  const upload = (seed: number, ...more: readonly string[]) =>
    stage.run(['upload', stage.write('disk.raw', guestDisk(256 * 1024, seed)), '--name', 'reg:one', ...more], { env });

  it('is gone where a registry keeps tags apart, and is told of where nothing is deleted', async () => {
    env = { ...env, IMGCTL_PROFILE_REG_TAGS: 'uuid' };
    await upload(1);
    cloud.switches.deletion = 'apart';
    expect((await upload(2, '--if-exists', 'replace', '--yes')).exitCode).toBe(0);
    expect((await list()).length).toBe(1);
    cloud.switches.deletion = 'pretended';
    const result = await upload(3, '--if-exists', 'replace', '--yes');
    expect([result.exitCode, result.stderr]).toEqual([10, expect.stringContaining('still there')]);
  });

  it('passes a warning of the registry on once, whatever is open', async () => {
    await upload(1);
    const warning = { warning: '299 - "Closed on \u009b31mFriday."' };
    const answer = { kind: 'answer', status: 404, headers: warning, body: '{"errors":[{"code":"X"}]}', times: 99 } as const;
    cloud.fail({ ...answer, on: ({ path: at }) => at.includes('other') });
    const other = { ...env, ...profileVariables('other', 'oci', { ...cloud.values, places: '', repository: 'images/other' }) };
    const { stderr, stdout } = await stage.run(['list', '-p', 'other', '-p', 'reg', '-o', 'id'], { env: other });
    expect(stderr.match(/Closed on/g)?.length).toBe(1);
    expect(stderr).not.toContain('\u009b');
    expect(stdout).not.toContain('Closed');
  });
});

describe('the content id', () => {
  const disk = guestDisk(1024 ** 2, 9);
  type Shown = { id: string; contentId?: string; visibility?: string };
  const shown = async (name: string) => (await ok('show', name, '-o', 'json')).json() as Shown;

  for (const immutable of [0, 400, 409, 412] as const)
    it(`is in the one manifest that is written, whatever it is of (tags ${immutable === 0 ? 'move' : `do not: ${immutable}`})`, async () => {
      cloud.switches.immutable = immutable;
      const { manifests } = cloud.store.of(library);
      const file = stage.write('one.raw', disk);
      const local = (await ok('upload', file, '--name', 'local:from', '-o', 'json')).json() as Shown;
      await ok('patch', 'local:from', '--visibility', 'public');
      const ways: Readonly<Record<string, () => Promise<unknown>>> = {
        'a file': () => ok('upload', file, '--name', 'reg:file'),
        'a file that is compressed': () => ok('upload', stage.write('one.raw.gz', gzipSync(disk)), '--name', 'reg:compressed'),
        'a pipe': () => stage.ok(['upload', '-', '--name', 'reg:pipe'], { env, stdin: disk }),
        'another format': () => ok('upload', file, '--name', 'reg:qcow2', '--disk-format', 'qcow2'),
        'a copy': () => ok('copy', 'local:from', 'reg:copied'),
        'a copy here': () => ok('copy', 'reg:file', 'reg:again'),
        'a renamed one': () => ok('upload', file, '--name', 'reg:file', '--if-exists', 'rename'),
      };
      let expected = 0;
      for (const [title, way] of Object.entries(ways)) {
        await way();
        expect(manifests.size, title).toBe((expected += 1));
      }
      for (const { name, ...image } of await list())
        expect([name, image]).toEqual([name, expect.objectContaining({ contentId: local.contentId })]);
      expect((await shown('reg:copied')).visibility).toBe('public');
      await ok('upload', file, '--name', 'reg:pipe', '--if-exists', 'replace', '--yes');
      expect(manifests.size).toBe(expected);
    });

  it('is kept when a record is filled, beside what it has', async () => {
    await ok('create', 'reg:q', '--id', 'q', '--property', 'a=b');
    await ok('upload', stage.write('one.raw', disk), '--into', 'reg:q');
    expect(await shown('reg:q')).toMatchObject({ contentId: expect.stringMatching(/^blocks/), properties: { a: 'b' } });
    expect(cloud.store.of(library).manifests.size).toBe(2);
  });
});

describe('a copy between two repositories of one registry', () => {
  const disk = guestDisk(4 * 1024 ** 2, 11);
  type Shown = { id: string; contentId?: string; route?: string };
  const moved = (): number => cloud.requests().reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
  const layerOf = (repository: string, id: string): string => {
    const { tags, manifests } = cloud.store.of(repository);
    const { layers } = JSON.parse(String(manifests.get(tags.get(id) ?? '')?.data)) as { layers: { digest: string }[] };
    return layers[0]?.digest ?? '';
  };
  let both: Readonly<Record<string, string>>;
  let first: Shown;
  beforeEach(async () => {
    both = { ...env, ...profileVariables('two', 'oci', { ...cloud.values, places: '', repository: 'lib/two' }) };
    first = (await ok('upload', stage.write('disk.raw', disk), '--name', 'reg:g', '--tag', 't', '-o', 'json')).json() as Shown;
    cloud.forget();
  });
  const copy = async (...args: readonly string[]) => {
    const result = await stage.ok(['copy', ...args, '-o', 'json'], { env: both });
    return { ...(result.json() as Shown), stderr: result.stderr };
  };

  it('mounts the disk, and makes an image of its own', async () => {
    const there = await copy('reg:g', 'two:t');
    expect(there).toMatchObject({ route: 'mount', contentId: first.contentId, tags: ['t'], name: 't' });
    expect(moved()).toBeLessThan(100_000);
    expect(
      cloud
        .requests()
        .filter(
          ({ path: at, headers }) => at.includes(digestOf(disk)) && headers.range === undefined && at.endsWith(digestOf(disk)),
        )
        .map(({ method }) => method),
    ).toEqual(['HEAD']);
    expect(layerOf('lib/two', there.id)).toBe(layerOf(library, first.id));
    expect(cloud.store.of('lib/two').manifests.size).toBe(1);
  });

  it('relays where the registry does not mount, and where every byte is to be read', async () => {
    for (const [mountStatus, more] of [
      [403, []],
      [401, []],
      [0, ['--relay']],
    ] as const) {
      cloud.switches.mountStatus = mountStatus;
      cloud.store.repositories.delete('lib/two');
      const there = await copy('reg:g', `two:t${mountStatus}`, ...more);
      expect([there.route, layerOf('lib/two', there.id)]).toEqual(['relay', layerOf(library, first.id)]);
    }
  });

  it('relays to another registry, and where it is converted', async () => {
    const other = await startOci({ auth: 'none' });
    both = { ...both, ...profileVariables('far', 'oci', { ...other.values, places: '' }) };
    expect((await copy('reg:g', 'far:t')).route).toBe('relay');
    await other.stop();
    expect((await copy('reg:g', 'two:q', '--disk-format', 'qcow2')).route).toBe('relay');
  });

  it('and an upload of what a place of the profile holds move no disk', async () => {
    both = {
      ...both,
      ...profileVariables('three', 'oci', { ...cloud.values, repository: 'lib/three', places: `lib/none,${library}` }),
    };
    await stage.ok(['upload', stage.file('disk.raw'), '--name', 'three:x'], { env: both });
    expect(moved()).toBeLessThan(100_000);
    expect(cloud.store.of('lib/three').blobs.has(digestOf(disk))).toBe(true);
  });
});

const digestOf = (data: Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;

describe('what is done is no failure', () => {
  const verbs: Readonly<Record<string, (id: string) => readonly string[]>> = {
    create: () => ['create', 'new', '-p', 'reg'],
    patch: (id) => ['patch', `reg:${id}`, '--name', 'renamed'],
    replicate: (id) => ['replicate', `reg:${id}`, '--to', 'images/second'],
  };
  const body = ociErrorBody('no');
  // 404 is no such fault: it says that nothing was kept.
  const faults = [401, 403, 405, 501]
    .map((status) => ({ kind: 'answer', status, body, headers: {} }) as Fault)
    .concat({ kind: 'answer', status: 500, headers: { 'retry-after': '0' } }, { kind: 'drop' });
  const changes = ({ method }: { readonly method: string }): boolean => method !== 'GET' && method !== 'HEAD';
  for (const [verb, args] of Object.entries(verbs))
    it(`where what is looked at afterwards cannot be had: ${verb}`, async () => {
      let last = 0;
      for (const fault of [undefined, ...faults]) {
        const [id = ''] = await cloud.seed([{ name: 'web' }]);
        cloud.forget();
        let at = 0;
        const within = cloud;
        if (fault) cloud.fail({ ...fault, times: 99, on: () => cloud === within && (at += 1) > last });
        const { exitCode, stderr } = await stage.run([...args(id), '--retries', '0'], { env });
        expect(exitCode, `${JSON.stringify(fault)}: ${stderr}`).toBe(0);
        if (!fault) last = cloud.requests().findLastIndex(changes) + 1;
        await cloud.stop();
        await begin();
      }
    });
});

describe('what a registry has taken, and does not have,', () => {
  const disk = guestDisk(64 * 1024, 1);
  it.each([
    ['create', () => ['create', 'reg:new']],
    ['upload', () => ['upload', stage.write('disk.raw', disk), '--name', 'reg:new']],
    [
      'upload of what is converted',
      () => ['upload', stage.write('disk.raw', disk), '--name', 'reg:new', '--disk-format', 'qcow2'],
    ],
    ['patch', (id: string) => ['patch', `reg:${id}`, '--name', 'renamed']],
    ['replicate', (id: string) => ['replicate', `reg:${id}`, '--to', 'images/second']],
  ])('is no success of %s, whether HEAD is answered or not', async (_verb, args) => {
    for (const headOfManifests of [0, 405]) {
      const [id = ''] = await cloud.seed([{ name: 'web' }]);
      Object.assign(cloud.switches, { keepsNothing: true, headOfManifests });
      const run = await stage.run(args(id), { env });
      expect([run.exitCode, run.stderr]).toEqual([
        10,
        expect.stringContaining('the registry has taken it, but does not have it'),
      ]);
      expect(run.stdout).toBe('');
      Object.assign(cloud.switches, { keepsNothing: false, headOfManifests: 0 });
    }
  });

  it('is taken for kept where its digest is known, though its tag is shown late; where nobody can say, that is warned about', async () => {
    const [id = ''] = await cloud.seed([{ name: 'web' }]);
    const isTag = ({ method, path: at }: { readonly method: string; readonly path: string }): boolean =>
      method !== 'PUT' &&
      at.endsWith(`manifests/${id}`) &&
      cloud.requests().some((one) => one.method === 'PUT' && one.path.endsWith(at));
    cloud.forget();
    cloud.fail({ kind: 'answer', status: 404, body: ociErrorBody('late'), headers: {}, times: 99, on: isTag });
    await ok('patch', `reg:${id}`, '--name', 'renamed');
    const [other = ''] = await cloud.seed([{ name: 'web' }]);
    cloud.forget();
    const isAfter = ({ method }: { readonly method: string }): boolean =>
      method !== 'PUT' && cloud.requests().some((one) => one.method === 'PUT' && one.path.includes(`manifests/${other}`));
    cloud.fail({ kind: 'answer', status: 403, body: ociErrorBody('no'), headers: {}, times: 99, on: isAfter });
    const { stderr } = await ok('patch', `reg:${other}`, '--name', 'renamed');
    expect(stderr).toContain(`not checked: whether ${new URL(cloud.origin).host}/${library}:${other} was kept`);
  });
});

it('a dry run of patch says what would change, though the first request is only the beginning', async () => {
  const [id = ''] = await cloud.seed([{ name: 'web' }]);
  const line = ['patch', `reg:${id}`, '--name', 'renamed', '--property', 'password=hush-hush', '-n'];
  const planned = await ok(...line, '-o', 'json');
  expect(planned.json()).toMatchObject({ labels: { name: 'renamed', properties: { password: '[secret]' } } });
  expect((await ok(...line)).stdout).toContain('labels.name\trenamed\n');
});
