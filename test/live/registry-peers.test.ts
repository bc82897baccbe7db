import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { types } from '../clouds/oci/seeds.ts';
import { sha256 } from '../clouds/oci/store.ts';
import { commandStage, profileVariables } from '../commands/stage.ts';
import { guestDisk } from '../support/disk-images.ts';
import { titled } from './daemon.ts';
import { missing, startRegistry, type Registry } from './registry/bed.ts';
import { library, raw, valuesFor } from './registry/cloud.ts';
import { peer } from './registry/peers.ts';

const MiB = 1024 ** 2;
const disk = guestDisk(12 * MiB, 17);
const oras = peer('oras', '.ci/go-tools');
const umoci = peer('umoci', 'apt-get install umoci');
const conformance = peer('conformance', '.ci/go-tools');

describe.skipIf(missing !== undefined)(titled('what imgctl writes into a real registry', missing), () => {
  const stage = commandStage();
  let registry: Registry;
  let digest = '';
  let manifest = Buffer.alloc(0);
  const env = () => ({
    ...profileVariables('reg', 'oci', valuesFor(registry)),
    ...profileVariables('two', 'oci', { ...valuesFor(registry), repository: 'lib/two' }),
    ...profileVariables('folder', 'local', { path: stage.file('layout') }),
  });
  const ok = (...args: readonly string[]) => stage.ok(args, { env: env() });
  const back = async (image: string): Promise<Buffer> => {
    await ok('download', image, stage.file('back.raw'), '--force', '-q');
    return readFileSync(stage.file('back.raw'));
  };
  const at = (tag: string): string => `${registry.host}/${library}:${tag}`;

  beforeEach(async () => {
    registry = await startRegistry();
    const file = stage.write('disk.raw', disk);
    await ok('upload', file, '--name', 'reg:layers');
    await ok('upload', file, '--name', 'reg:single', '--set', 'layout=single');
    const made = ['--disk-format', 'qcow2', '--set', 'artifact=containerdisk'];
    await ok('upload', file, '--name', 'reg:container', ...made);
    const url = `${registry.origin}/v2/${library}/manifests/layers`;
    manifest = Buffer.from(await (await raw(url, { method: 'GET', headers: { accept: types.manifest } })).arrayBuffer());
    digest = sha256(manifest);
  });
  afterEach(() => registry.stop());

  describe.skipIf(oras.missing !== undefined)(titled('is read by oras', oras.missing), () => {
    it('which takes the disk out of one blob, under the name of the image', async () => {
      await oras.run(['pull', '--plain-http', '-o', stage.file('pulled'), at('single')]);
      expect(readdirSync(stage.file('pulled'))).toEqual(['single.raw']);
      expect(readFileSync(stage.file('pulled/single.raw')).equals(disk)).toBe(true);
    });

    it('which copies a disk in blocks to another repository and into a folder, where it is the same image', async () => {
      expect(await oras.run(['resolve', '--plain-http', at('layers')])).toContain(digest);
      await oras.run(['copy', '--from-plain-http', '--to-plain-http', at('layers'), `${registry.host}/lib/two:copied`]);
      await oras.run(['copy', '--from-plain-http', '--to-oci-layout', at('layers'), `${stage.file('layout')}:copied`]);
      for (const image of ['two:copied', 'folder:copied']) expect((await back(image)).equals(disk)).toBe(true);
      expect(await oras.run(['resolve', '--oci-layout', `${stage.file('layout')}:copied`])).toContain(digest);
    });
  });

  it.skipIf(umoci.missing !== undefined)(
    titled('is listed by umoci in a folder, and a container disk is an image to it', umoci.missing),
    async () => {
      const folder = stage.file('images');
      const here = { ...env(), ...profileVariables('images', 'local', { path: folder }) };
      await stage.ok(['copy', 'reg:layers', 'images:layers'], { env: here });
      await stage.ok(['copy', 'reg:single', 'images:single'], { env: here });
      expect((await umoci.run(['list', '--layout', folder])).trim().split('\n').sort()).toEqual(['layers', 'single']);
      if (oras.missing !== undefined) return;
      await oras.run(['copy', '--from-plain-http', '--to-oci-layout', at('container'), `${folder}:container`]);
      const { history } = JSON.parse(await umoci.run(['stat', '--image', `${folder}:container`, '--json'])) as {
        history: readonly { readonly layer: { readonly mediaType: string } }[];
      };
      expect(history.map(({ layer }) => layer.mediaType)).toEqual([expect.stringContaining('image.layer')]);
    },
  );

  it.skipIf(conformance.missing !== undefined)(
    titled('is what the conformance run of the distribution-spec pulls: manifests and blobs', conformance.missing),
    async () => {
      const { config, layers } = JSON.parse(manifest.toString()) as {
        config: { digest: string };
        layers: readonly { digest: string }[];
      };
      const off = ['PUSH', 'REFERRER', 'BLOBS_DELETE', 'MANIFESTS_DELETE', 'TAGS_DELETE', 'TAGS_LIST'];
      const said = await conformance
        .run([], {
          OCI_REGISTRY: registry.host,
          OCI_TLS: 'disabled',
          OCI_REPO1: library,
          OCI_RESULTS_DIR: stage.file('results'),
          OCI_RO_DATA_TAGS: 'layers single container',
          OCI_RO_DATA_MANIFESTS: digest,
          OCI_RO_DATA_BLOBS: [config, ...layers].map((each) => each.digest).join(' '),
          ...Object.fromEntries(off.map((api) => [`OCI_API_${api}`, 'false'])),
        })
        // It asks registries for other things too, of which this one fails some.
        .catch((error: unknown) => (error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)));
      const pulls = said
        .split('\n')
        .filter((line) => /\/read-only\/(?:head|pull)\//.test(line) && line.includes('OCI Conformance Test'));
      expect(pulls.length).toBeGreaterThan(2 * layers.length);
      expect(pulls.filter((line) => !line.trim().endsWith(': Pass'))).toEqual([]);
    },
  );
});
