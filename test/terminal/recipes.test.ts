import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { fillImage, newImage } from '../clouds/openstack/store.ts';
import { guestDisk, MiB } from '../support/disk-images/guest.ts';
import { openDesk, type Desk } from './desk.ts';

const help = (...words: readonly string[]): string => {
  const desk = openDesk();
  try {
    return desk.imgctl(...words);
  } finally {
    desk.clear();
  }
};
const printed = [
  readFileSync(new URL('../../README.md', import.meta.url), 'utf8'),
  help('help', 'man'),
  ...['ci', 'delete', 'deactivate', 'list', 'inspect', 'purge'].map((topic) => help('help', topic)),
];
const lines = printed.flatMap((text) => text.split('\n')).map((line) => line.trim().replace(/^(?:- )?(?:run: )?/, ''));
/** As a job would have them: the profile is that of the job, `name` of the composite action is web. */
const ready = (line: string): string =>
  line
    .replaceAll(String.raw`\-`, '-')
    .replaceAll(/ -p (?:pcd|lin)\b/g, '')
    .replaceAll(/\$\{\{ inputs\.name \}\}/g, 'web');
const recipes = [...new Set(lines.filter((line) => /imgctl.*xargs.*imgctl/.test(line)).map(ready))];
const inspections = [
  ...new Set(
    lines.filter((line) => line.startsWith('imgctl inspect disk.qcow2')).map((line) => line.replace(/ {2,}#? ?.*$/, '')),
  ),
];

const shells: Readonly<Record<string, readonly string[]>> = {
  'bash -eo pipefail': ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c'],
  'bash -e': ['bash', '--noprofile', '--norc', '-e', '-c'],
  sh: ['sh', '-c'],
};

describe.each(Object.entries(shells))('in %s', (_name, [shell = '', ...options]) => {
  let desk: Desk;
  let cloud: OpenstackCloud;
  beforeEach(async () => {
    cloud = await startOpenstack();
    desk = openDesk({
      IMGCTL_PROFILE: 'prod',
      [fieldVariable('prod', 'provider')]: 'openstack',
      ...Object.fromEntries(
        Object.entries(cloud.valuesFor('demo')).map(([field, value]) => [fieldVariable('prod', field), value]),
      ),
    });
  });
  afterEach(async () => {
    desk.clear();
    await cloud.stop();
  });

  const run = (script: string): Promise<number> =>
    new Promise((resolve) => {
      const child = execFile(shell, [...options, script], { env: desk.env, cwd: desk.folder });
      child.stdin?.end();
      child.on('exit', (code) => resolve(code ?? -1));
    });
  const { demo = '', alt = '' } = projects;
  let made = 0;
  /** An image, newer than those before it. */
  const image = (name: string, fields: object = {}, owner = demo): string => {
    const kept = newImage(cloud.one.store, owner, { name, disk_format: 'raw', container_format: 'bare', visibility: 'shared' });
    made += 1;
    fillImage(kept, guestDisk(MiB, made), ['fast']);
    kept.members.set(demo, { status: 'accepted', created_at: '2026-01-01T00:00:00Z' });
    Object.assign(kept.wire, { created_at: `2026-01-01T00:00:${String(made).padStart(2, '0')}Z`, ...fields });
    return String(kept.wire.id);
  };
  const left = (): readonly string[] =>
    [...cloud.one.store.images.values()].filter(({ wire }) => wire.status === 'active').map(({ wire }) => String(wire.id));

  describe.each(recipes)('%s', (recipe) => {
    it.each<[string, object, string]>([
      ['broken uploads', { status: 'queued' }, demo],
      ['uploads that go on', { status: 'saving' }, demo],
      ['deactivated ones', { status: 'deactivated' }, demo],
      ['images that another project shares', {}, alt],
    ])('leaves the last good image, whatever is newer: %s', async (_what, fields, owner) => {
      const good = image('web-1');
      for (const name of ['web-2', 'web-3', 'web-4']) image(name, fields, owner);
      const before = left();
      expect(await run(recipe)).toBe(0);
      expect(left()).toContain(good);
      expect(left()).toEqual(before);
    });

    it('leaves the three newest of five good ones', async () => {
      const ids = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5'].map((name) => image(name));
      expect(await run(recipe)).toBe(0);
      expect(left()).toEqual(ids.slice(2));
    });

    it('deletes nothing where there is nothing', async () => {
      expect(await run(recipe)).toBe(0);
    });

    it('fails, and deletes nothing, where the list breaks off', async () => {
      // More than a page; the second never comes.
      const ids = Array.from({ length: 25 }, (_, at) => image(`web-${at}`));
      let pages = 0;
      cloud.fail({
        kind: 'answer',
        status: 403,
        times: 1000,
        on: ({ method, path }) => method === 'GET' && path.includes('/v2/images?') && (pages += 1) > 1,
      });
      expect(await run(recipe)).not.toBe(0);
      expect(left()).toEqual(ids);
    });
  });

  it.each(inspections)('%s fails for an unsafe image', async (line) => {
    const header = Buffer.alloc(4096);
    header.write('QFI\u00fb', 'latin1');
    header.writeUInt32BE(9, 4);
    desk.write('disk.qcow2', header);
    expect(await run(line)).not.toBe(0);
  });
});

it('the recipes and inspections that are printed are found', () => {
  expect(recipes.length).toBeGreaterThanOrEqual(2);
  expect(inspections.length).toBeGreaterThanOrEqual(3);
});
