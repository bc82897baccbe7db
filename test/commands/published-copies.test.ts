import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import {
  product,
  products,
  published,
  sha256,
  startSignedStreams,
  usual,
  type SignedStreams,
} from '../clouds/simplestreams/signed.ts';
import { publisher } from '../support/publisher.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
const ours = publisher('Images');
let server: SignedStreams;
let registry: OciCloud;
beforeEach(async () => {
  server = await startSignedStreams(ours);
  registry = await startOci({ auth: 'none' });
});
afterEach(() => Promise.all([server.stop(), registry.stop()]));

const env = () => ({
  ...profileVariables('u', 'simplestreams', { url: server.origin, keyring: ours.key }),
  ...profileVariables('reg', 'oci', registry.values),
});
const copied = async (...args: readonly string[]): Promise<Image> =>
  (await stage.ok(['copy', ...args, '-o', 'json'], { env: env() })).json() as Image;
const files = (): readonly string[] => server.asked().filter((name) => name.includes('.img'));
async function bytesOf(image: string): Promise<Buffer> {
  await stage.ok(['download', image, stage.file('back'), '--disk-format', 'raw', '--force'], { env: env() });
  return stage.read('back');
}

describe.each(['local:here', 'reg:here'])('a published image copied to %s', (target) => {
  it('is what was signed, says who signed it, and moves no byte the next night', async () => {
    const image = await copied('u:noble', target);
    expect(image.properties).toMatchObject({
      product_name: 'c:24.04:amd64',
      version_name: '20261120',
      item_name: 'disk1.img',
      source_content_id: 'c',
      'imgctl.source.digest': `sha256:${sha256}`,
      'imgctl.source.signer': ours.fingerprint,
    });
    expect(await bytesOf(target)).toEqual(published);
    server.forget();
    const again = await stage.ok(['copy', 'u:noble', target, '--if-exists', 'skip'], { env: env() });
    expect([files(), again.stderr]).toEqual([[], expect.stringContaining('already up to date')]);
  });

  it('that is compressed is held against its digest, and is the disk inside', async () => {
    const packed = gzipSync(published);
    const item = {
      ftype: 'disk.raw.gz',
      path: 'files/20261120.img.gz',
      size: packed.length,
      sha256: createHash('sha256').update(packed).digest('hex'),
    };
    server.serve({ ...usual, 'streams/v1/c': products({ 'c:24.04:amd64': product(['20261120'], item) }) });
    server.instead({ 'files/20261120.img.gz': () => ({ status: 200, body: packed }) });
    const plain = await stage.ok(['upload', stage.write('plain.raw', published), '--name', 'plain', '-o', 'json']);
    const image = await copied('u:c:24.04:amd64/20261120/disk1.img', target);
    expect(image.contentId).toBe((plain.json() as Image).contentId);
    expect(image.properties['imgctl.source.digest']).toBe(`sha256:${item.sha256}`);
    expect(await bytesOf(target)).toEqual(published);
    packed.writeUInt8(packed.readUInt8(packed.length >> 1) ^ 1, packed.length >> 1);
    const { exitCode } = await stage.run(['copy', 'u:c:24.04:amd64/20261120/disk1.img', `${target}-too`], { env: env() });
    expect(exitCode).toBe(11);
  });
});
