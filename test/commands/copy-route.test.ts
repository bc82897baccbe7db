import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { otherFileSystem } from '../support/other-file-system.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let env: Readonly<Record<string, string>>;
beforeEach(() => {
  env = {
    ...profileVariables('here', 'local', { path: stage.file('here') }),
    ...profileVariables('there', 'local', { path: stage.file('there') }),
  };
});
const planted = async (bytes: Buffer = disk): Promise<void> =>
  void (await stage.ok(['upload', stage.write('seed', bytes), '--name', 'here:web', '--tag', 'x', '--property', 'os=debian'], {
    env,
  }));
const blob = (store: string, hex: string): string => stage.file(path.join(store, 'blobs', 'sha256', hex));

describe('a copy between folders', () => {
  it('is planned as a link, made as one, and says what that proves', async () => {
    await planted();
    const planned = await stage.ok(['copy', 'here:web', 'there:web', '-n', '-o', 'json'], { env });
    expect(planned.json()).toMatchObject({ route: 'link', steps: ['no data is copied', 'verify'] });
    expect(existsSync(stage.file('there')), 'a dry run makes nothing').toBe(false);
    const made = await stage.ok(['copy', 'here:web', 'there:web', '-o', 'json'], { env });
    expect(made.json()).toMatchObject({
      profile: 'there',
      route: 'link',
      tags: ['x'],
      properties: { os: 'debian' },
      checksums: { sha256: sha256(disk) },
      contentId: expect.stringMatching(/^blocks-/),
    });
    const told = await stage.ok(['copy', 'here:web', 'there:web-2'], { env, terminal: true });
    expect(told.stderr).toContain('route: link (no data is copied → verify)');
    expect(told.stderr).toContain('verified: the linked file has the recorded sha256');
    await stage.ok(['delete', 'here:web', '--yes'], { env });
    await stage.ok(['download', 'there:web', stage.file('back')], { env });
    expect(sha256(stage.read('back'))).toBe(sha256(disk));
  });

  it('within one folder links too, also under the same name where that is wanted', async () => {
    await planted();
    expect((await stage.ok(['copy', 'here:web', 'here:web-2', '-o', 'json'], { env })).json()).toMatchObject({ route: 'link' });
    expect((await stage.run(['copy', 'here:web', 'here', '-o', 'json'], { env })).exitCode).toBe(6);
    const renamed = await stage.ok(['copy', 'here:web', 'here', '--if-exists', 'rename', '-o', 'json'], { env });
    expect(renamed.json()).toMatchObject({ route: 'link', name: expect.stringMatching(/^web-\d{14}$/) });
    const skipped = await stage.ok(['copy', 'here:web', 'here:web-2', '--if-exists', 'skip', '-o', 'json'], { env });
    expect(skipped.json(), 'nothing came by any route').not.toHaveProperty('route');
  });

  it('reads and writes every byte where that is asked for, or where the disk is converted', async () => {
    await planted(qcow2Image(disk));
    const sent = await stage.ok(['copy', 'here:web', 'there:a', '--relay', '-o', 'json'], { env });
    expect(sent.json()).toMatchObject({ route: 'relay' });
    const hex = (sent.json() as { checksums: { sha256: string } }).checksums.sha256;
    expect(statSync(blob('there', hex)).ino).not.toBe(statSync(blob('here', hex)).ino);
    const converted = await stage.ok(['copy', 'here:web', 'there:b', '--disk-format', 'raw', '-o', 'json'], { env });
    expect(converted.json()).toMatchObject({ route: 'relay', diskFormat: 'raw', checksums: { sha256: sha256(disk) } });
  });

  it('is not linked where a checksum is wanted that nobody has taken: the bytes are read and compared', async () => {
    await planted();
    const wrong = await stage.run(['copy', 'here:web', 'there', '--checksum', `md5:${'0'.repeat(32)}`], { env });
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      11,
      expect.stringContaining('relaying through this machine: no md5 of the source is published'),
    ]);
    expect((await stage.run(['copy', 'here:web', 'there', '--checksum', `sha256:${'0'.repeat(64)}`], { env })).exitCode).toBe(11);
    expect((await stage.ok(['list', '-p', 'there', '-o', 'json'], { env })).json()).toEqual([]);
    const md5 = createHash('md5').update(disk).digest('hex');
    await stage.ok(['copy', 'here:web', 'there', '--checksum', `md5:${md5}`], { env });
  });

  it.skipIf(otherFileSystem === undefined)(
    `on two file systems is a relay, and is planned as one (needs one besides that of temporary files)`,
    async () => {
      await planted();
      const root = mkdtempSync(path.join(otherFileSystem ?? '', 'imgctl-copy-'));
      try {
        const far = { ...env, ...profileVariables('far', 'local', { path: path.join(root, 'images') }) };
        const planned = await stage.ok(['copy', 'here:web', 'far', '-n', '-o', 'json'], { env: far });
        expect(planned.json()).toMatchObject({ route: 'relay' });
        const made = await stage.ok(['copy', 'here:web', 'far', '-o', 'json'], { env: far });
        expect(made.json()).toMatchObject({ route: 'relay', checksums: { sha256: sha256(disk) } });
        const told = await stage.ok(['copy', 'here:web', 'far:b'], { env: far });
        expect(told.stderr).toContain('relaying through this machine: the two folders are on different file systems');
        expect(readFileSync(path.join(root, 'images', 'blobs', 'sha256', sha256(disk)))).toEqual(disk);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  );
});

describe('a copy between regions of one cloud', () => {
  it('is not fetched where a checksum is wanted that the cloud has not published', async () => {
    const openstack = await startOpenstack();
    try {
      const regions = {
        ...profileVariables('one', 'openstack', openstack.values),
        ...profileVariables('two', 'openstack', { ...openstack.values, region: 'RegionTwo' }),
      };
      openstack.two.site.elsewhere = (_region, id) => openstack.one.store.images.get(id)?.data;
      await stage.ok(['upload', stage.write('seed', disk), '--name', 'one:web'], { env: regions });
      const args = ['copy', 'one:web', 'two', '--poll-interval', '20ms', '--checksum'];
      expect((await stage.run([...args, `sha1:${'0'.repeat(40)}`], { env: regions })).exitCode).toBe(11);
      const sha1 = createHash('sha1').update(disk).digest('hex');
      expect((await stage.ok([...args, `sha1:${sha1}`, '-o', 'json'], { env: regions })).json()).toMatchObject({
        route: 'relay',
      });
      const within = await stage.ok(['copy', 'one:web', 'one:web-2', '-n', '-o', 'json'], { env: regions });
      expect(within.json()).toMatchObject({ route: 'relay' });
    } finally {
      await openstack.stop();
    }
  });
});
