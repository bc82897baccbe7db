import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { guestDisk, qcow2Image } from '../../support/disk-images.ts';
import { titled } from '../daemon.ts';
import { valuesFor } from '../real-cloud.ts';
import { missing as noRegistry, startRegistry, type Registry } from '../registry/bed.ts';
import { valuesFor as registryValues } from '../registry/cloud.ts';
import { bed, missing as noGlance, unique } from '../site.ts';
import { lab } from './lab.ts';
import { missing } from './server.ts';

const reason = missing ?? noGlance ?? noRegistry;
type Shown = { readonly id: string; readonly contentId?: string };

describe.skipIf(reason !== undefined)(titled('from Glance over Incus, LXD, a folder and a registry to Glance', reason), () => {
  const site = lab();
  const stage = commandStage();
  let registry: Registry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry.stop());

  it('a disk is the same one at the end, and known as that everywhere', async () => {
    const env = {
      ...site.env(),
      ...profileVariables('glance', 'openstack', valuesFor(bed, 'demo')),
      ...profileVariables('glance2', 'openstack', valuesFor(bed, 'demo', 'RegionTwo')),
      ...profileVariables('folder', 'local', { path: stage.file('folder') }),
      ...profileVariables('registry', 'oci', registryValues(registry)),
    };
    const made = async (...args: readonly string[]): Promise<Shown> =>
      (await stage.ok([...args, '-o', 'json'], { env })).json() as Shown;
    const disk = guestDisk(8 << 20, 41);
    const name = unique('journey');
    const first = await made(
      'upload',
      stage.write('disk.qcow2', qcow2Image(disk)),
      '--name',
      `glance:${name}`,
      '--property',
      'os=x',
    );
    const way = ['glance', 'incus', 'lxd', 'folder', 'registry', 'glance2'];
    for (const [at, to] of way.slice(1).entries()) {
      const { contentId } = await made('copy', `${way[at] ?? ''}:${name}`, `${to}:${name}`);
      expect(contentId, to).toBe(first.contentId);
      expect((await made('show', `${to}:${name}`)).contentId, to).toBe(first.contentId);
    }
    await made('download', `glance2:${name}`, stage.file('back.raw'), '--disk-format', 'raw');
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    expect(sha256(stage.read('back.raw'))).toBe(sha256(disk));
  });
});
