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
const places = withVerbs(Object.entries(stages), 'upload');
const keeping = places.filter(([, { driver }]) => driver.facts.patch?.fields.includes('properties'));
let count = 0;

describe.each(places)('the provenance of an image in %s', (_name, { driver, cloud: kind }) => {
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
  const keeps = driver.facts.patch?.fields.includes('properties') === true;
  const ifKept = keeps ? 'proved' : 'unchecked';

  it('is proved by its data and by who publishes it, and what is not is told', async () => {
    expect(await checked()).toMatchObject({
      exitCode: 0,
      told: true,
      data: reads && driver.facts.upload?.digests.length ? 'proved' : 'unchecked',
      content: reads ? 'proved' : 'unchecked',
      digest: reads && keeps ? 'proved' : 'unchecked',
      url: ifKept,
      serial: ifKept,
      signer: 'unchecked',
    });
    expect(streams.requests().filter(({ path }) => path.endsWith('.img'))).toEqual([]);
  });

  it('differs where its publisher has another file there, or none of it is told', async () => {
    noble.publish('20261120', qcow2Image(smallDisk(2)));
    expect(await checked()).toMatchObject(keeps ? { exitCode: 11, digest: 'differs' } : { exitCode: 0, digest: 'unchecked' });
    noble.withdraw('20261120');
    expect(await checked()).toMatchObject({ exitCode: 0, url: 'unchecked', serial: 'unchecked', told: true });
  });
});

describe.each(keeping)('what anybody has written on an image of %s', (_name, { driver, cloud: kind }) => {
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
    expect(exitCode).toBe(0);
    const [url] = (json() as readonly Row[]).filter(({ claim }) => claim === 'url');
    expect(url).toMatchObject({ result: 'unchecked', message: expect.stringContaining('not trusted with a request') });
    expect(streams.requests()).toEqual([]);
  });
});

describe('inspect --provenance', () => {
  it('is about images, and goes with nothing that is about files', async () => {
    await stage.image('plain');
    for (const more of ['--hash', '--content-id', '--verify=gpg', '--checksum=auto'])
      expect((await stage.run(['inspect', '--provenance', 'local:plain', more])).exitCode, more).toBe(2);
    expect((await stage.run(['inspect', '--provenance', 'local:nothing'])).exitCode).toBe(5);
    const plain = await stage.ok(['inspect', '--provenance', 'local:plain']);
    expect(plain.stdout).toContain('proved');
    expect(plain.stderr).toContain('digest could not be checked: no digest is on record');
  });
});
