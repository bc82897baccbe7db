import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changes, stageOf, stages, withVerbs } from '../clouds/index.ts';
import { startSimplestreams, type RunningStreams } from '../clouds/simplestreams/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { testCall } from '../conformance/stage.ts';
import { openSession } from '../support/open-session.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { publishedDisk, type PublishedDisk } from '../support/published-disk.ts';
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

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly createdAt?: string;
  readonly contentId?: string;
  readonly visibility?: string;
  readonly checksums?: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
}
const places = withVerbs(Object.entries(stages), 'upload');
const keeping = places.filter(([, { driver }]) => driver.facts.patch?.fields.includes('properties'));

describe.each(inTurns(places, 2))('a nightly copy to %s', (_name, provider) => {
  let cloud: RunningCloud;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    cloud = await provider.cloud.start();
  });
  afterAll(() => cloud.stop());
  let name = '';
  let count = 0;
  beforeEach(() => {
    name = `noble-${(count += 1)}`;
    env = {
      ...profileVariables('pub', 'simplestreams', streams.values),
      ...profileVariables('to', provider.driver.name, cloud.values),
    };
  });
  const run = (...more: readonly string[]) =>
    stage.run(['copy', 'pub:noble', `to:${name}`, '--poll-interval', '5ms', '-o', 'json', ...more], { env });
  const copied = async (...more: readonly string[]): Promise<Shown & { readonly stderr: string }> => {
    const result = await run(...more);
    expect(`${result.exitCode} ${result.stderr}`, more.join(' ')).toMatch(/^0 /);
    return { ...(result.json() as Shown), stderr: result.stderr };
  };
  const named = async (): Promise<readonly Shown[]> =>
    ((await stage.ok(['list', '-p', 'to', '--name', name, '-o', 'json'], { env })).json() as readonly Shown[]).filter(
      (image) => image.name === name,
    );
  const forget = (): void => {
    streams.forget();
    cloud.forget();
  };
  /** Requests for image bytes at the publisher, and changes at the target. */
  const moved = (): readonly string[] => [
    ...streams.requests().flatMap(({ method, path: at }) => (at.endsWith('.img') ? [`${method} ${at}`] : [])),
    ...cloud.requests().flatMap((one) => (changes(provider, one) ? [`${one.method} ${one.path}`] : [])),
  ];

  it.each(['skip', 'replace'])('moves nothing where nothing is new (--if-exists %s), and says that it is there', async (how) => {
    const first = await copied();
    forget();
    const again = await copied('--if-exists', how, '--yes');
    expect([again.id, moved()]).toEqual([first.id, []]);
    expect(again.stderr).not.toContain('not verified');
    const told = await stage.ok(['copy', 'pub:noble', `to:${name}`, '--if-exists', how, '--yes'], { env });
    expect(told.stderr).toContain(`already up to date: ${first.id}`);
    const planned = await stage.ok(['copy', 'pub:noble', `to:${name}`, '--if-exists', how, '-n', '-o', 'json'], { env });
    expect([planned.stdout.includes('nothing:'), moved()]).toEqual([true, []]);
  });

  it('is shown with where it comes from, and a copy of it too', async () => {
    const { digest, path: at } = noble.publish('20261101', disks.old);
    const first = await copied();
    const keeps = provider.driver.facts.upload?.fields.includes('properties');
    const lines = ['source.url\thttp', `source.digest\t${digest}`, 'source.serial\t20261101', at];
    for (const line of lines)
      expect((await stage.ok(['show', `to:${first.id}`], { env })).stdout.includes(line), line).toBe(keeps);
    if (!provider.driver.facts.download || !keeps) return;
    await stage.ok(['copy', `to:${first.id}`, 'local:again', '--disk-format', 'raw'], { env });
    const again = await stage.ok(['show', 'local:again']);
    for (const line of lines) expect(again.stdout).toContain(line);
  });

  it('is public only where that is asked for', async () => {
    if (!provider.driver.facts.upload?.fields.includes('visibility') || provider.replaces === false) return;
    const { visibility, stderr } = await copied();
    expect([visibility, stderr]).not.toContain('public');
    expect(stderr).not.toContain('visibility');
    noble.publish('20261120', disks.new);
    expect((await copied('--if-exists', 'replace', '--visibility', 'public', '--yes')).visibility).toBe('public');
  });

  it.skipIf(provider.replaces === false)('copies what is new, and replaces what was there only then', async () => {
    const first = await copied();
    noble.publish('20261120', disks.new);
    const refused = await run('--if-exists', 'skip');
    expect([refused.exitCode, errorOf(refused).code]).toEqual([6, 'CONFLICT']);
    const next = await copied('--if-exists', 'replace', '--yes');
    // A new image may have the id of the one that it replaces.
    expect([next.id, next.createdAt]).not.toEqual([first.id, first.createdAt]);
    expect((await named()).map(({ id }) => id)).toEqual([next.id]);
    forget();
    expect([(await copied('--if-exists', 'skip')).id, moved()]).toEqual([next.id, []]);
  });

  it.each(['replace', 'rename', 'skip'])('of an older version takes the place of no newer one (--if-exists %s)', async (how) => {
    noble.publish('20261120', disks.new);
    const first = await copied();
    noble.withdraw('20261120');
    forget();
    for (const more of [['--yes'], ['--dry-run']]) {
      const refused = await run('--if-exists', how, ...more);
      expect([refused.exitCode, moved()], refused.stderr).toEqual([6, []]);
      for (const word of [first.id, '20261120', '20261101', '--allow-downgrade']) expect(refused.stderr).toContain(word);
    }
    expect((await named()).map(({ id }) => id)).toEqual([first.id]);
    if (how === 'skip' || (how === 'replace' && provider.replaces === false)) return;
    const { id, stderr } = await copied('--if-exists', how, '--yes', '--allow-downgrade');
    expect(stderr).toContain('is newer');
    expect((await named()).map((image) => image.id)).toEqual([how === 'replace' ? id : first.id]);
  });

  it.skipIf(provider.replaces === false)(
    'says so where nobody knows the serial of what is replaced, and compares none with another product',
    async () => {
      const file = stage.write('disk', qcow2Image(smallDisk(3)));
      await stage.ok(['upload', file, '--name', `to:${name}`, '--poll-interval', '5ms'], { env });
      expect((await copied('--if-exists', 'replace', '--yes')).stderr).toContain('could not check whether 20261101 is older');
      publishedDisk(streams, { product: 'com.example:server:25.10:amd64', release: 'questing' }).publish('20200101', disks.new);
      const other = ['copy', 'pub:questing', `to:${name}`, '--poll-interval', '5ms'];
      const replaced = await stage.ok([...other, '--if-exists', 'replace', '--yes'], { env });
      expect(replaced.stderr).not.toContain('newer');
      if (provider.driver.facts.upload?.fields.includes('properties'))
        expect(replaced.stderr).toMatch(/replaced by another kind of image: product_name was .*24\.04.*, now .*25\.10/);
    },
  );

  it('believes nothing that this machine remembers against what is said there', async () => {
    const first = await copied();
    const { digest: old } = noble.publish('20261101', disks.old);
    const { digest } = noble.publish('20261120', disks.new);
    const keepsWords = provider.driver.facts.upload?.fields.includes('properties');
    // As if the new file had been seen to hold the disk that is there, and to have become this image; or an image of another size.
    lie((text) => (keepsWords ? text.replaceAll(old, digest) : text.replaceAll(/"sizeBytes":\d+/g, '"sizeBytes":7')));
    writeFileSync(memoryFile('content of a published file', digest), JSON.stringify({ contentId: first.contentId }));
    const refused = await run('--if-exists', 'skip');
    expect(refused.exitCode, refused.stderr).toBe(6);
    expect((await named()).map(({ id }) => id)).toEqual([first.id]);
  });

  it('says that nothing was proved where this machine remembers nothing', async () => {
    const first = await copied();
    rmSync(stage.file('.cache'), { recursive: true });
    forget();
    const again = await run('--if-exists', 'skip');
    if (!provider.driver.facts.upload?.fields.includes('properties')) return expect(again.exitCode).toBe(6);
    expect([again.exitCode, (again.json() as Shown).id, moved()]).toEqual([0, first.id, []]);
    expect(again.stderr.includes('not verified')).toBe(first.checksums?.sha256 === undefined);
  });
});

describe.each(inTurns(withVerbs(places, 'deactivate', 'reactivate'), 2, 1))(
  'an image of %s that was taken out of use',
  (_name, provider) => {
    let cloud: RunningCloud;
    let env: Readonly<Record<string, string>>;
    beforeEach(async () => {
      cloud = await provider.cloud.start();
      env = {
        ...profileVariables('pub', 'simplestreams', streams.values),
        ...profileVariables('to', provider.driver.name, cloud.values),
      };
      return () => cloud.stop();
    });
    const lines = (file: string): Readonly<Record<string, readonly string[]>> => ({
      copy: ['copy', 'pub:noble', 'to:web'],
      upload: ['upload', file, '--name', 'to:web'],
    });

    it.each(['copy', 'upload'])('is not made anew by %s, whatever is to become of a taken name', async (verb) => {
      const made = await stage.ok(['copy', 'pub:noble', 'to:web', '--poll-interval', '5ms', '-o', 'json'], { env });
      const { id } = made.json() as Shown;
      await stage.ok(['deactivate', `to:${id}`, '--yes', '--poll-interval', '5ms'], { env });
      const line = lines(stage.write('disk.qcow2', disks.old))[verb] ?? [];
      cloud.forget();
      for (const how of ['replace', 'skip'])
        for (const more of [['--yes'], ['-n']]) {
          const refused = await stage.run([...line, '--if-exists', how, '--poll-interval', '5ms', ...more], { env });
          expect([refused.exitCode, refused.stdout], `${how} ${refused.stderr}`).toEqual([6, '']);
          for (const word of [id, 'is inactive', 'reactivate']) expect(refused.stderr).toContain(word);
        }
      expect(cloud.requests().filter((one) => changes(provider, one))).toEqual([]);
      const { status } = (await stage.ok(['show', `to:${id}`, '-o', 'json'], { env })).json() as { status: string };
      expect(status).toBe('inactive');
      if (provider.replaces === false) return;
      noble.publish('20261120', disks.new);
      const next = await stage.ok(
        ['copy', 'pub:noble', 'to:web', '--if-exists', 'replace', '--yes', '--poll-interval', '5ms', '-o', 'json'],
        { env },
      );
      expect((next.json() as Shown).id).not.toBe(id);
    });
  },
);

describe.each(inTurns(keeping, 2, 1))('an image of %s that bears the record of another one', (_name, provider) => {
  it('is not the same where this machine knows the disk of that, and by what is on record only where it does not', async () => {
    const cloud = await provider.cloud.start();
    try {
      const env = {
        ...profileVariables('pub', 'simplestreams', streams.values),
        ...profileVariables('to', provider.driver.name, cloud.values),
      };
      const copy = (name: string, ...more: readonly string[]) =>
        stage.run(['copy', 'pub:noble', `to:${name}`, '--poll-interval', '5ms', '-o', 'json', ...more], { env });
      const { properties } = (await copy('true')).json() as Shown;
      const record = Object.entries(properties).filter(([name]) => name.startsWith('imgctl.source.'));
      const evil = stage.write('evil', qcow2Image(smallDisk(9)));
      const made = await stage.ok(['upload', evil, '--name', 'to:evil', '--poll-interval', '5ms', '-o', 'json'], { env });
      const { session } = openSession(provider.driver, cloud.values);
      const { id } = made.json() as Shown;
      await session.require('patch').run({ id, changes: { properties: Object.fromEntries(record) }, extras: {} }, testCall());
      const refused = await copy('evil', '--if-exists', 'skip');
      expect([refused.exitCode, errorOf(refused).code]).toEqual([6, 'CONFLICT']);
      rmSync(stage.file('.cache'), { recursive: true });
      const believed = await copy('evil', '--if-exists', 'skip');
      const { checksums } = made.json() as Shown;
      // Another digest of the same kind, or another size, says that it is another file.
      if (checksums !== undefined) expect(believed.exitCode).toBe(6);
      else {
        expect([believed.exitCode, believed.stderr.includes('not verified')], believed.stderr).toEqual([0, true]);
        expect(believed.stderr).not.toContain('has the same content');
      }
      const replaced = await copy('true', '--if-exists', provider.replaces === false ? 'skip' : 'replace', '--yes');
      expect(replaced.exitCode).toBe(0);
    } finally {
      await cloud.stop();
    }
  });
});

/** What a cloud answers for the bytes of an image that it has lost. */
const lost: Readonly<Record<string, { readonly status: number; readonly body: string }>> = {
  oci: { status: 404, body: '{"errors":[{"code":"BLOB_UNKNOWN"}]}' },
  openstack: { status: 204, body: '' },
};
describe.each(places.filter(([name]) => Object.hasOwn(lost, name)))('an image of %s whose data is gone', (name, provider) => {
  it('is in the way of skip, and is replaced', async () => {
    const cloud = await provider.cloud.start();
    try {
      const env = {
        ...profileVariables('pub', 'simplestreams', streams.values),
        ...profileVariables('to', provider.driver.name, cloud.values),
      };
      const copy = (...more: readonly string[]) =>
        stage.run(['copy', 'pub:noble', 'to:web', '--poll-interval', '5ms', '-o', 'json', ...more], { env });
      const first = (await copy()).json() as Shown;
      const on = ({ method, path: at }: { readonly method: string; readonly path: string }): boolean =>
        method === 'GET' && (at.endsWith('/file') || at.includes(first.checksums?.sha256 ?? '/file'));
      const gone = () => cloud.fail({ kind: 'answer', ...lost[name], on });
      gone();
      const skipped = await copy('--if-exists', 'skip');
      expect([skipped.exitCode, skipped.stderr.includes('damaged')], skipped.stderr).toEqual([11, true]);
      gone();
      const replaced = await copy('--if-exists', 'replace', '--yes');
      expect([replaced.exitCode, replaced.stderr.includes('is damaged')], replaced.stderr).toEqual([0, true]);
      const next = replaced.json() as Shown;
      expect([next.id, next.createdAt]).not.toEqual([first.id, first.createdAt]);
    } finally {
      await cloud.stop();
    }
  });
});

it('what only its bytes tell to be an image that was taken out of use does not come back', async () => {
  const cloud = await stageOf('openstack').cloud.start();
  try {
    const env = profileVariables('cloud', 'openstack', cloud.values);
    await cloud.seed([{ name: 'unknown', data: smallDisk(4) }]);
    const { id } = (await stage.ok(['copy', 'cloud:unknown', 'local:web', '-o', 'json'], { env })).json() as Shown;
    await stage.ok(['deactivate', `local:${id}`]);
    const again = await stage.run(['copy', 'cloud:unknown', 'local:web', '--if-exists', 'replace', '--yes'], { env });
    expect([again.exitCode, again.stderr.includes('is inactive')], again.stderr).toEqual([6, true]);
    const left = (await stage.ok(['list', 'local:', '-o', 'json'])).json() as readonly { id: string; status: string }[];
    expect(left.map((one) => [one.id, one.status])).toEqual([[id, 'inactive']]);
  } finally {
    await cloud.stop();
  }
});

it.each(['copy', 'upload'])('a damaged image is replaced by %s, and is in the way of skip', async (verb) => {
  const env = profileVariables('pub', 'simplestreams', streams.values);
  const { id, checksums } = (await stage.ok(['copy', 'pub:noble', 'local:web', '-o', 'json'], { env })).json() as Shown;
  writeFileSync(
    stage.file(`.local/share/imgctl/images/blobs/sha256/${checksums?.sha256 ?? ''}`),
    Buffer.alloc(disks.old.length, 7),
  );
  const line =
    verb === 'copy' ? ['copy', 'pub:noble', 'local:web'] : ['upload', stage.write('d.qcow2', disks.old), '--name', 'web'];
  const skipped = await stage.run([...line, '--if-exists', 'skip'], { env });
  expect([skipped.exitCode, skipped.stderr]).toEqual([11, expect.stringContaining('--if-exists replace')]);
  await stage.ok([...line, '--if-exists', 'replace', '--yes'], { env });
  const [after] = (await stage.ok(['list', 'local:', '--name', 'web', '-o', 'json'])).json() as readonly Shown[];
  await stage.ok(['download', `local:${after?.id ?? ''}`, stage.file('back.qcow2')]);
  expect([stage.read('back.qcow2').equals(disks.old), id]).toEqual([true, id]);
});

describe('to several targets', () => {
  const shelves = () => ({
    ...profileVariables('pub', 'simplestreams', streams.values),
    ...profileVariables('a', 'local', { path: stage.file('a') }),
    ...profileVariables('b', 'local', { path: stage.file('b') }),
  });

  it('each is judged by what it has', async () => {
    const env = shelves();
    noble.publish('20261120', disks.new);
    await stage.ok(['copy', 'pub:noble', 'a:noble'], { env });
    noble.withdraw('20261120');
    streams.forget();
    const copy = ['copy', 'pub:noble', 'a:noble', 'b:noble', '--if-exists', 'replace', '--yes', '-o', 'json'];
    const { exitCode, json } = await stage.run(copy, { env });
    expect(exitCode).toBe(12);
    expect((json() as { result: string; code?: string }[]).map(({ result, code }) => code ?? result)).toEqual(['CONFLICT', 'ok']);
    streams.forget();
    await stage.run(copy, { env });
    expect(streams.requests().filter(({ path: at }) => at.endsWith('.img'))).toEqual([]);
  });
});

const folder = 'imgctl/documents';
const memoryFile = (...words: readonly string[]): string =>
  path.join(stage.file(`.cache/${folder}`), createHash('sha256').update(JSON.stringify(words)).digest('hex'));

/** Changes what is remembered of images and files. */
function lie(change: (text: string) => string): void {
  const all = readdirSync(stage.file(`.cache/${folder}`)).map((name) => path.join(stage.file(`.cache/${folder}`), name));
  const about = all.filter((file) => /^\{"(createdAt|contentId)"/.test(readFileSync(file, 'utf8')));
  expect(about.length).toBeGreaterThan(0);
  for (const file of about) writeFileSync(file, change(readFileSync(file, 'utf8')));
}
