import { createHash } from 'node:crypto';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contentIdProperty, contentOfProperty } from '../../src/core/image.ts';
import { stages, withVerbs } from '../clouds/index.ts';
import { startSimplestreams, type RunningStreams } from '../clouds/simplestreams/index.ts';
import { testCall } from '../conformance/stage.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { openSession } from '../support/open-session.ts';
import { publishedDisk, type PublishedDisk } from '../support/published-disk.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
const disk = qcow2Image(smallDisk());
let streams: RunningStreams;
let noble: PublishedDisk;
beforeEach(async () => {
  streams = await startSimplestreams();
  noble = publishedDisk(streams);
  noble.publish('20261120', disk);
  return () => streams.stop();
});
const publisherProfile = () => profileVariables('pub', 'simplestreams', streams.values);

interface Row {
  readonly claim: string;
  readonly result: string;
  readonly message: string;
}
interface Copied {
  readonly id: string;
  readonly checksums?: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
}
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const places = withVerbs(Object.entries(stages), 'upload');
const keeping = places.filter(([, { driver }]) => driver.facts.patch?.fields.includes('properties'));
let count = 0;

describe.each(inTurns(places, 4, 1))('the provenance of an image in %s', (_name, { driver, cloud: kind }) => {
  let cloud: RunningCloud;
  let env: Readonly<Record<string, string>>;
  let id = '';
  beforeAll(async () => {
    cloud = await kind.start();
  });
  afterAll(() => cloud.stop());
  beforeEach(async () => {
    env = { ...publisherProfile(), ...profileVariables('to', driver.name, cloud.values) };
    const copy = ['copy', 'pub:noble', `to:web-${(count += 1)}`, '--poll-interval', '5ms', '-o', 'id'];
    id = (await stage.ok(copy, { env })).stdout.trim();
    cloud.forget();
    streams.forget();
  });
  const checked = async () => {
    const { exitCode, stderr, json } = await stage.run(['inspect', '--provenance', `to:${id}`, '-o', 'json'], { env });
    const rows = json() as readonly Row[];
    const told = rows
      .filter(({ result }) => result === 'unchecked')
      .every(({ claim }) => stderr.includes(`${claim} could not be checked`));
    return { exitCode, stderr, told, ...Object.fromEntries(rows.map(({ claim, result }) => [claim, result])) } as Readonly<
      Record<string, unknown>
    >;
  };
  const reads = driver.facts.download !== undefined;
  const ifRead = reads ? 'proved' : 'unchecked';

  it('is proved by its data and by who publishes it, and what is not is told, and keeps the exit code from 0', async () => {
    expect(await checked()).toMatchObject({
      exitCode: reads ? 0 : 11,
      told: true,
      data: reads && driver.facts.upload?.digests.length ? 'proved' : 'unchecked',
      content: ifRead,
      digest: ifRead,
      url: ifRead,
      serial: ifRead,
      signer: 'unchecked',
    });
    expect(streams.requests().filter(({ path }) => path.endsWith('.img'))).toEqual([]);
  });

  it('is not proved where its publisher has another file there, or none, of it', async () => {
    noble.publish('20261120', qcow2Image(smallDisk(2)));
    expect(await checked()).toMatchObject({ exitCode: 11, digest: 'differs', told: true });
    noble.withdraw('20261120');
    expect(await checked()).toMatchObject({ exitCode: 11, url: 'unchecked', serial: 'unchecked', told: true });
  });
});

describe.each(inTurns(keeping, 4))('what anybody has written on an image of %s', (_name, { driver, cloud: kind }) => {
  let cloud: RunningCloud;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    cloud = await kind.start();
  });
  afterAll(() => cloud.stop());
  /** A copy of what is published, with other properties. */
  const rewritten = async (properties: Readonly<Record<string, string>>): Promise<string> => {
    env = { ...publisherProfile(), ...profileVariables('to', driver.name, cloud.values) };
    const copy = ['copy', 'pub:noble', `to:lie-${(count += 1)}`, '--poll-interval', '5ms', '-o', 'id'];
    const id = (await stage.ok(copy, { env })).stdout.trim();
    const { session } = openSession(driver, cloud.values);
    await session.require('patch').run({ id, changes: { properties }, extras: {} }, testCall());
    streams.forget();
    return id;
  };
  const inspected = (id: string) => stage.run(['inspect', '--provenance', `to:${id}`, '-o', 'json'], { env });

  it('is found out', async () => {
    for (const [name, value] of [
      ['imgctl.source.serial', '20991231'],
      ['imgctl.source.digest', `sha256:${'0'.repeat(64)}`],
      [contentIdProperty, `blocks-sha256:${'0'.repeat(64)}`],
    ] as const) {
      const { exitCode, stderr } = await inspected(await rewritten({ [name]: value }));
      expect([exitCode, stderr.includes('not as recorded')], `${name} ${stderr}`).toEqual([11, true]);
    }
  });

  it('goes along with no copy where it was recorded of other bytes, as that of a snapshot', async () => {
    const [algorithm] = driver.facts.upload?.digests ?? [];
    if (algorithm === undefined) return;
    const zeros = '0'.repeat(algorithm === 'sha512' ? 128 : 64);
    const id = await rewritten({ [contentOfProperty]: `${algorithm}:${zeros}` });
    const { stderr } = await stage.ok(['copy', `to:${id}`, 'local:along'], { env });
    expect(stderr).toContain('recorded of other bytes');
    expect((await stage.ok(['show', 'local:along'])).stdout).not.toContain('source.');
  });

  it('leads to no request to an address that it names', async () => {
    const id = await rewritten({ 'imgctl.source.url': 'http://169.254.169.254/latest/meta-data' });
    streams.forget();
    const { exitCode, json } = await inspected(id);
    expect(exitCode).toBe(11);
    const [url] = (json() as readonly Row[]).filter(({ claim }) => claim === 'url');
    expect(url).toMatchObject({ result: 'unchecked', message: expect.stringContaining('not trusted with a request') });
    expect(streams.requests()).toEqual([]);
  });
});

describe.each(inTurns(keeping, 4, 1))(
  'where this machine remembers nothing, an image of %s',
  (_name, { driver, cloud: kind }) => {
    let cloud: RunningCloud;
    let env: Readonly<Record<string, string>>;
    beforeAll(async () => {
      cloud = await kind.start();
    });
    afterAll(() => cloud.stop());
    const copied = async (): Promise<Copied> => {
      env = { ...publisherProfile(), ...profileVariables('to', driver.name, cloud.values) };
      const copy = ['copy', 'pub:noble', `to:fresh-${(count += 1)}`, '--poll-interval', '5ms', '-o', 'json'];
      const image = (await stage.ok(copy, { env })).json() as Copied;
      rmSync(stage.file('.cache'), { recursive: true, force: true });
      streams.forget();
      return image;
    };
    const results = async (id: string): Promise<Readonly<Record<string, unknown>>> => {
      const { exitCode, json } = await stage.run(['inspect', '--provenance', `to:${id}`, '-o', 'json'], { env });
      return { exitCode, ...Object.fromEntries((json() as readonly Row[]).map(({ claim, result }) => [claim, result])) };
    };
    const fetched = (): number => streams.requests().filter(({ path: at }) => at.endsWith('.img')).length;

    it('is held against the published file, which is read once', async () => {
      const { id, checksums } = await copied();
      if (!driver.facts.download) return;
      const isSameFile = checksums?.sha256 !== undefined && checksums.sha256 === sha256(disk);
      const proved = { exitCode: 0, digest: 'proved', url: 'proved', serial: 'proved' };
      expect(await results(id)).toMatchObject(proved);
      const once = fetched();
      expect(await results(id)).toMatchObject(proved);
      expect(fetched()).toBe(once);
      // A disk that is kept in another format is read in two pieces: what is in it is told by its beginning.
      expect(once).toBeLessThanOrEqual(isSameFile ? 0 : 2);
    });

    it('that bears the record of another one is found out, and its signer and serial are not proved', async () => {
      const { properties } = await copied();
      const evil = stage.write('evil', qcow2Image(smallDisk(9)));
      const upload = ['upload', evil, '--name', `to:evil-${(count += 1)}`, '--poll-interval', '5ms', '-o', 'id'];
      const id = (await stage.ok(upload, { env })).stdout.trim();
      const record = Object.fromEntries(Object.entries(properties).filter(([name]) => name.startsWith('imgctl.source.')));
      const { session } = openSession(driver, cloud.values);
      await session.require('patch').run({ id, changes: { properties: record }, extras: {} }, testCall());
      rmSync(stage.file('.cache'), { recursive: true, force: true });
      const unproved = { exitCode: 11, url: 'unchecked', serial: 'unchecked' };
      expect(await results(id)).toMatchObject({ ...unproved, digest: driver.facts.download ? 'differs' : 'unchecked' });
      streams.files.clear();
      expect(await results(id)).toMatchObject(unproved);
    });
  },
);

describe.each(Object.entries(stages).filter(([, { driver }]) => driver.mayPublish))(
  'an image that was published by %s',
  (_name, { driver, cloud: kind }) => {
    it('is proved by the profile that it came from, and by no other one', async () => {
      const [cloud, stranger] = [await kind.start(), await kind.start()];
      try {
        const [id = ''] = await cloud.seed([{ name: 'golden' }]);
        await stranger.seed([{ name: 'golden' }]);
        const env = profileVariables('pub', driver.name, cloud.values);
        await stage.ok(['copy', `pub:${id}`, 'local:golden'], { env });
        const inspect = ['inspect', '--provenance', 'local:golden'];
        const { stdout } = await stage.ok(inspect, { env });
        for (const claim of ['data', 'content', 'digest', 'url'])
          expect(stdout, claim).toMatch(new RegExp(`\\b${claim}\\s+proved`));
        stranger.forget();
        const { exitCode } = await stage.run(inspect, { env: profileVariables('other', driver.name, stranger.values) });
        expect(exitCode).toBe(11);
      } finally {
        await Promise.all([cloud.stop(), stranger.stop()]);
      }
    });
  },
);

describe('the data of an image in a folder', () => {
  const damages: Readonly<Record<string, (file: string) => void>> = {
    gone: (file) => rmSync(file),
    cut: (file) => truncateSync(file, 1000),
    changed: (file) => writeFileSync(file, Buffer.alloc(disk.length, 7)),
  };
  it.each(Object.entries(damages))('that is %s is not proved by anybody', async (_how, damage) => {
    const env = publisherProfile();
    const copy = ['copy', 'pub:noble', 'local:web', '-o', 'json'];
    const { checksums } = (await stage.ok(copy, { env })).json() as Copied;
    damage(stage.file(`.local/share/imgctl/images/blobs/sha256/${checksums?.sha256 ?? ''}`));
    const { exitCode, stderr, json } = await stage.run(['inspect', '--provenance', 'local:web', '-o', 'json'], { env });
    const rows = json() as readonly Row[];
    expect([exitCode, rows.find(({ claim }) => claim === 'data')?.result], stderr).toEqual([11, 'differs']);
    expect(rows.filter(({ result }) => result === 'proved')).toEqual([]);
  });
});

describe('inspect --provenance', () => {
  it('is about images, and goes with nothing that is about files', async () => {
    await stage.image('plain');
    for (const more of ['--hash', '--content-id', '--verify=gpg', '--checksum=auto'])
      expect((await stage.run(['inspect', '--provenance', 'local:plain', more])).exitCode, more).toBe(2);
    expect((await stage.run(['inspect', '--provenance', 'local:nothing'])).exitCode).toBe(5);
    const plain = await stage.run(['inspect', '--provenance', 'local:plain']);
    expect(plain.exitCode).toBe(11);
    expect(plain.stdout).toContain('proved');
    expect(plain.stderr).toContain('digest could not be checked: no digest is on record');
    expect(plain.stderr).toContain('not proved: digest');
  });
});
