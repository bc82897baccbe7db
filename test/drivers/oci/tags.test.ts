import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { keepManifest } from '../../clouds/oci/store.ts';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { guestDisk } from '../../support/disk-images/guest.ts';

const stage = commandStage();
const docker = 'application/vnd.docker.distribution.manifest.v2+json';
let cloud: OciCloud;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  cloud = await startOci({ auth: 'none' });
  env = profileVariables('reg', 'oci', { ...cloud.values, places: '' });
});
afterEach(() => cloud.stop());

const tags = (): ReadonlyMap<string, string> => cloud.store.of(library).tags;
const names = (): readonly string[] => [...tags().keys()].sort();
const upload = (seed: number, name: string, ...more: readonly string[]) =>
  stage.run(['upload', stage.write('disk.raw', guestDisk(256 * 1024, seed)), '--name', `reg:${name}`, '-o', 'id', ...more], {
    env,
  });
const made = async (...args: Parameters<typeof upload>): Promise<string> => {
  const result = await upload(...args);
  expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 /);
  return result.stdout.trim();
};
const foreign = (tag: string): string => {
  const text = JSON.stringify({ schemaVersion: 2, mediaType: docker, layers: [], of: tag });
  return keepManifest(cloud.store.of(library), tag, docker, Buffer.from(text));
};

describe('an uploaded image has a tag that is made of its name, and one that is taken', () => {
  it.each([
    ['by another name', 'web-1', () => made(1, 'web-1')],
    ['by another tool', 'web-1', async () => void foreign('web-1')],
    ['in another case', 'WEB-1', () => made(1, 'WEB-1')],
  ])('%s is never moved: the upload is refused, or gets a number where it may be renamed', async (_what, holder, hold) => {
    expect(await made(9, 'api:2.0')).toBe('api-2.0');
    await hold();
    const held = tags().get(holder);
    for (const how of ['fail', 'skip']) {
      const refused = await upload(2, 'web:1', '--if-exists', how);
      expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringMatching(/the tag \S+ of .* is taken by/)]);
      expect(refused.stderr).toContain('--if-exists rename');
    }
    expect(names()).toEqual([holder, 'api-2.0'].sort());
    expect(await made(2, 'web:1', '--if-exists', 'rename')).toBe('web-1-2');
    expect(await made(3, 'web:1', '--if-exists', 'replace', '--yes')).toBe('web-1-2');
    expect(await made(4, 'other', '--id', 'chosen')).toBe('chosen');
    expect(tags().get(holder)).toBe(held);
  });

  it('by the image that is replaced goes over to the new one in one step, and nothing is left of the old one', async () => {
    expect(await made(1, 'web:1')).toBe('web-1');
    const old = tags().get('web-1') ?? '';
    cloud.forget();
    const wish = ['--name', 'reg:web:1', '--if-exists', 'replace', '--dry-run'];
    const planned = await stage.run(['upload', stage.write('disk.raw', guestDisk(256 * 1024, 2)), ...wish], { env });
    expect([planned.exitCode, planned.stdout]).toEqual([0, expect.stringContaining('delete the image that is web-1 now')]);
    expect(await made(2, 'web:1', '--if-exists', 'replace', '--yes')).toBe('web-1');
    const writes = cloud.requests().filter(({ method, path }) => /PUT|DELETE/.test(method) && path.includes('/manifests/'));
    expect(writes.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)).toEqual(['PUT web-1', `DELETE ${old}`]);
    expect(names()).toEqual(['web-1']);
    expect([...cloud.store.of(library).manifests.keys()]).toEqual([tags().get('web-1')]);
    const chosen = await made(3, 'web:1', '--if-exists', 'replace', '--yes', '--id', 'web-1');
    expect([chosen, names()]).toEqual(['web-1', ['web-1']]);
  });

  it('by the image that is replaced goes over also where nothing is deleted, and the old one stays where tags do not move', async () => {
    await made(1, 'web');
    cloud.switches.deletion = 'pretended';
    expect(await made(2, 'web', '--if-exists', 'replace', '--yes')).toBe('web');
    cloud.switches.deletion = 'manifest';
    cloud.switches.immutable = 409;
    expect(await made(3, 'web', '--if-exists', 'replace', '--yes')).toBe('web-2');
    expect(names()).toEqual(['web-2']);
  });

  it('by an image that another tool has tagged too leaves that tag what it is', async () => {
    await made(1, 'web');
    const old = tags().get('web') ?? '';
    const { tags: all, manifests } = cloud.store.of(library);
    all.set('stable', old);
    const listed = await stage.ok(['list', '-p', 'reg', '-o', 'id'], { env });
    expect([listed.stdout, listed.stderr]).toEqual(['web\n', expect.stringContaining('stable (web)')]);
    expect(await made(2, 'web', '--if-exists', 'replace', '--yes')).toBe('web');
    expect([all.get('stable'), manifests.has(old), all.get('web') === old]).toEqual([old, true, false]);
    await stage.ok(['patch', 'reg:stable', '--name', 'stable'], { env });
    all.set('latest', all.get('stable') ?? '');
    await stage.ok(['patch', 'reg:latest', '--name', 'latest'], { env });
    const kept = all.get('stable');
    expect(await made(3, 'latest', '--if-exists', 'replace', '--yes')).toBe('latest');
    expect([all.get('stable'), manifests.has(kept ?? '')]).toEqual([kept, true]);
  });

  it('by the same image, word for word, stays', async () => {
    const file = stage.write('disk.raw', guestDisk(256 * 1024, 1));
    await stage.ok(['upload', file, '--name', 'local:web'], { env });
    for (const more of [[], ['--if-exists', 'replace', '--yes']]) await stage.ok(['copy', 'local:web', 'reg:', ...more], { env });
    expect(names()).toEqual(['web']);
    await stage.ok(['download', 'reg:web', stage.file('back')], { env });
  });

  it('by an image with copies in other places takes those away with it', async () => {
    env = profileVariables('reg', 'oci', { ...cloud.values, places: 'lib/copies' });
    await made(1, 'web');
    await stage.ok(['replicate', 'reg:web', '--to', 'lib/copies'], { env });
    expect(cloud.store.of('lib/copies').tags.has('web')).toBe(true);
    await made(2, 'web', '--if-exists', 'replace', '--yes');
    expect(cloud.store.of('lib/copies').tags.has('web')).toBe(false);
    await stage.ok(['replicate', 'reg:web', '--to', 'lib/copies'], { env });
    expect(cloud.store.of('lib/copies').tags.get('web')).toBe(tags().get('web'));
  });
});
