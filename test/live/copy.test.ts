import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { commandStage, profileVariables } from '../commands/stage.ts';
import { guestDisk, qcow2Image, vmdkStreamImage } from '../support/disk-images.ts';
import { valuesFor } from './real-cloud.ts';
import { bed, missing, unique } from './site.ts';

const stage = commandStage();
const disk = guestDisk(3 << 20, 21);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const images = {
  raw: disk,
  'qcow2, zlib': qcow2Image(disk, { compression: 'zlib' }),
  'vmdk, streamOptimized': vmdkStreamImage(disk),
  'raw.gz': gzipSync(disk),
};
type Shown = { readonly id: string; readonly contentId?: string };

describe.skipIf(missing !== undefined)(
  missing === undefined ? 'copies with a real Glance' : `copies with a real Glance (there is none: ${missing})`,
  () => {
    let linode: RunningLinode;
    beforeAll(async () => {
      linode = await startLinode({ listsPerMinute: 1_000_000, workMs: 20 });
    });
    afterAll(() => linode.stop());

    const env = (): Readonly<Record<string, string>> => ({
      ...profileVariables('here', 'local', { path: stage.file('here') }),
      ...profileVariables('there', 'local', { path: stage.file('there') }),
      ...profileVariables('one', 'openstack', valuesFor(bed, 'demo')),
      ...profileVariables('two', 'openstack', valuesFor(bed, 'demo', 'RegionTwo')),
      ...profileVariables('lin', 'linode', linode.values),
    });
    const run = async (...args: readonly string[]) => stage.ok(args, { env: env() });
    const made = async (...args: readonly string[]): Promise<Shown> =>
      (await run(...args, '--poll-interval', '100ms', '-o', 'json')).json() as Shown;

    async function diskAt(profile: string, id: string): Promise<Buffer> {
      if (profile === 'lin') return gunzipSync(linode.account.received.get(id) ?? Buffer.alloc(0));
      const file = stage.file('back.raw');
      await run('download', `${profile}:${id}`, file, '--disk-format', 'raw', '--force');
      return readFileSync(file);
    }

    describe.each(Object.entries(images))('%s', (_kind, bytes) => {
      it.each(['here', 'one'])('from %s to everywhere: the same disk', async (from) => {
        const name = unique('copy');
        await made('upload', stage.write('seed', bytes), '--name', `${from}:${name}`);
        for (const to of ['there', 'two', 'one', 'lin']) {
          const { id } = await made('copy', `${from}:${name}`, `${to}:${name}-${to}`);
          expect(sha256(await diskAt(to, id)), to).toBe(sha256(disk));
        }
      });
    });

    it('goes from region to region without coming through here, and only once', async () => {
      const name = unique('pull');
      await made('upload', stage.write('seed', images['qcow2, zlib']), '--name', `one:${name}`, '--tag', 'x');
      const copied = await run('copy', `one:${name}`, 'two', '--poll-interval', '100ms', '-o', 'yaml');
      expect(copied.stderr).toContain('route: pull');
      const again = await run('copy', `one:${name}`, 'two', '--if-exists', 'skip', '-o', 'yaml');
      expect(again.stderr).toContain('already up to date');
    });
  },
);
