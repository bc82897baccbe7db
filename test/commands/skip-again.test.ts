import { readdirSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
let linode: RunningLinode;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  linode = await startLinode({ listsPerMinute: 1_000_000, workMs: 5 });
});
beforeEach(() => {
  env = profileVariables('lin', 'linode', linode.values);
});
afterAll(() => linode.stop());

let count = 0;
const patience = ['--poll-interval', '5ms', '-o', 'json'];
/** Uploads bytes to Linode, under a fresh name where none is given. */
async function upload(bytes: Buffer, name = `image-${(count += 1)}`, ...more: readonly string[]) {
  const result = await stage.run(['upload', stage.write('disk', bytes), '--name', `lin:${name}`, ...patience, ...more], { env });
  return { name, result, id: result.exitCode === 0 ? (result.json() as { id: string }).id : '' };
}
const skip = ['--if-exists', 'skip'];
/** Requests that changed something. */
const changes = (): readonly string[] =>
  linode
    .requests()
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);

/** The second upload of the same is none: it finds the first, and sends nothing. */
async function isSkipped(first: { readonly name: string; readonly id: string }, bytes: Buffer): Promise<void> {
  linode.forget();
  const again = await upload(bytes, first.name, ...skip);
  expect([again.result.exitCode, again.id, changes()]).toEqual([0, first.id, []]);
}
async function isConflict(first: { readonly name: string }, bytes: Buffer): Promise<void> {
  linode.forget();
  const again = await upload(bytes, first.name, ...skip);
  expect([again.result.exitCode, errorOf(again.result).code, changes()]).toEqual([6, 'CONFLICT', []]);
}

describe('a second upload to a provider that keeps nothing of the content', () => {
  it('moves no byte, in whatever form the disk comes', async () => {
    const first = await upload(qcow2Image(disk));
    for (const bytes of [qcow2Image(disk), disk, gzipSync(disk)]) await isSkipped(first, bytes);
    await isConflict(first, smallDisk(2));
    await isConflict(first, Buffer.concat([disk, Buffer.alloc(1 << 20)]));
  });

  it('moves no byte of what goes as it is, which is known by its digest', async () => {
    const packed = gzipSync(disk);
    const first = await upload(packed);
    await isSkipped(first, packed);
    await isConflict(first, gzipSync(smallDisk(2)));
  });

  it('moves no byte where the first was not waited for, once it has arrived', async () => {
    const first = await upload(disk, `image-${(count += 1)}`, '--no-wait');
    await stage.ok(['wait', `lin:${first.id}`, '--poll-interval', '5ms'], { env });
    await isSkipped(first, disk);
  });

  it('is a conflict for an image of that name that is not the one that was uploaded', async () => {
    const first = await upload(disk);
    const image = linode.account.images.get(first.id);
    if (!image) throw new Error('the fake has lost the image');
    const { created, size } = image;
    Object.assign(image, { created: '2001-01-01T00:00:00' });
    await isConflict(first, disk);
    Object.assign(image, { created, size: (size ?? 0) + 1 });
    await isConflict(first, disk);
    Object.assign(image, { size });
    await isSkipped(first, disk);
    const [other = ''] = await linode.seed([{ name: 'seeded' }]);
    expect(other).not.toBe('');
    await isConflict({ name: 'seeded' }, disk);
  });

  it('is a conflict where this machine has forgotten, or knows the image of another account', async () => {
    const first = await upload(disk);
    env = { ...env, ...profileVariables('lin', 'linode', { ...linode.values, apiVersion: 'v4beta' }) };
    await isConflict(first, disk);
    env = profileVariables('lin', 'linode', linode.values);
    const folder = stage.file('.cache/imgctl/documents');
    expect(readdirSync(folder).length).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
    await isConflict(first, disk);
  });

  it('moves no byte of a copy either', async () => {
    await stage.ok(['upload', stage.write('q', qcow2Image(disk)), '--name', 'local:web']);
    const copied = await stage.ok(['copy', 'local:web', 'lin', ...patience], { env });
    linode.forget();
    const again = await stage.ok(['copy', 'local:web', 'lin', ...skip, ...patience], { env });
    expect([(again.json() as { id: string }).id, changes()]).toEqual([(copied.json() as { id: string }).id, []]);
  });
});
