import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/aws/index.ts';
import { Secret } from '../../../src/core/secret.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { startAws, type RunningAws } from '../../clouds/aws/index.ts';
import { blockBytes, gib } from '../../clouds/aws/store.ts';
import { gather, makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';
import type { Cache } from '../../../src/core/driver.ts';
import type { Content, ExtraValues, UploadRequest } from '../../../src/core/operation.ts';

let cloud: RunningAws;
let kept: Map<string, string>;
beforeEach(async () => {
  cloud = await startAws();
  kept = new Map();
});
afterEach(() => cloud.stop());

const cache = (): Cache => ({
  get: async (key) => kept.get(key),
  put: async (key, text) => void kept.set(key, text),
  getBytes: async () => undefined,
  putBytes: async () => undefined,
});
const open = (values: Readonly<Record<string, string>> = {}) =>
  openSession(driver, { ...cloud.values, ...values }, { cache: cache() }).session;

/** A disk of so many blocks, each full of one byte; 0 is a block of zeros. */
const disk = (...blocks: readonly number[]): Buffer => Buffer.concat(blocks.map((byte) => Buffer.alloc(blockBytes, byte)));
function contentOf(data: Buffer): Content {
  const made = makeContent({ format: 'raw' }, { diskLength: 512 });
  return {
    ...made,
    bytes: data.length,
    virtualBytes: data.length,
    repeatable: true,
    sent: () => ({ bytes: data.length, digests: {} }),
    async *open() {
      yield await Promise.resolve(data);
    },
  };
}
const request = (data: Buffer, extras: ExtraValues = {}, name = 'web'): UploadRequest => ({
  description: { name },
  content: contentOf(data),
  extras,
});
const upload = (data: Buffer, extras: ExtraValues = {}, name = 'web') =>
  open()
    .require('upload')
    .run(request(data, extras, name), testCall());
const puts = (): readonly number[] =>
  cloud
    .requests()
    .flatMap(({ method, path }) => (method === 'PUT' ? [Number(/\/blocks\/(\d+)$/.exec(path)?.[1])] : []))
    .sort((a, b) => a - b);
const failing = (action: RegExp, fault: object): void =>
  cloud.fail({ kind: 'answer', status: 400, ...fault, on: ({ path }) => action.test(path) });
const ebsError = (code: string, reason: string) => ({
  headers: { 'x-amzn-errortype': code },
  body: JSON.stringify({ Message: 'words', Reason: reason }),
});

describe('an upload to AWS', () => {
  it('sends blocks that are not all zeros, and registers what can start today', async () => {
    const image = await upload(disk(1, 0, 0, 2), {}, 'web');
    expect(puts()).toEqual([0, 3]);
    const [complete] = cloud.requests().filter(({ path }) => path.includes('/completion/'));
    expect(complete?.headers['x-amz-changedblockscount']).toBe('2');
    expect(image).toMatchObject({ status: 'active', architecture: 'x86_64', virtualBytes: 4 * blockBytes, minDiskBytes: gib });
    expect(image.raw).toMatchObject({ virtualizationType: 'hvm', enaSupport: 'true', rootDeviceName: '/dev/xvda' });
  });

  it('is none where the image that was registered is of another snapshot, and nothing is left', async () => {
    const other = cloud.store.addSnapshot({ region: 'us-east-1', gib: 15, blocks: new Map() });
    cloud.retold = (record) => ({ ...record, blockDeviceMapping: [{ deviceName: '/dev/sda1', ebs: { snapshotId: other.id } }] });
    const error = await failureOf(upload(disk(1)), 'PROVIDER');
    expect(error.message).toMatch(new RegExp(`was to be made of snap-[0-9a-f]+, and is of ${other.id}`));
    const kept = [...cloud.store.images.values(), ...cloud.store.snapshots.values()].filter(({ binnedAt }) => !binnedAt);
    expect(kept.map(({ id }) => id)).toEqual([other.id]);
    const made = open()
      .require('create')
      .run({ description: { name: 'web' }, fromDisk: other.id, extras: {} }, testCall());
    await expect(made).resolves.toMatchObject({ name: 'web' });
    const mine = cloud.store.addSnapshot({ region: 'us-east-1', gib: 1, blocks: new Map() });
    const wrong = open()
      .require('create')
      .run({ description: { name: 'web-2' }, fromDisk: mine.id, extras: {} }, testCall());
    expect((await failureOf(wrong, 'PROVIDER')).circumstances.leftover).toMatch(/^ami-/);
  });

  it('whose run died once the image was registered is not undone below that: the image is named, and kept', async () => {
    const { id } = await upload(disk(1));
    const [snapshot] = cloud.store.snapshots.values();
    const abandoned = async (): Promise<void> =>
      open()
        .require('upload')
        .abandon?.(`us-east-1/${snapshot?.id ?? ''}:0`, testCall());
    const { circumstances } = await failureOf(abandoned(), 'CONFLICT');
    expect([circumstances.leftover, circumstances.next]).toEqual([id, [{ verb: 'delete', image: id }]]);
    expect(cloud.store.images.get(id)?.state).toBe('available');
    cloud.store.images.delete(id);
    await abandoned();
    expect([...cloud.store.snapshots.values()].filter(({ binnedAt }) => !binnedAt)).toEqual([]);
  });

  it('takes a hundred thousand blocks of zeros for none', async () => {
    const zeros = 100_000 * blockBytes;
    const content: Content = {
      ...contentOf(disk(1)),
      bytes: zeros + blockBytes,
      async *pieces() {
        yield await Promise.resolve(disk(1));
        yield zeros;
      },
    };
    await open()
      .require('upload')
      .run({ description: { name: 'web' }, content, extras: {} }, testCall());
    expect(puts()).toEqual([0]);
  });

  it('of a disk that ends within a block gives it back as it was', async () => {
    const data = Buffer.concat([disk(1), Buffer.from('the end')]);
    const { id } = await upload(data);
    const given = await open().require('download').run({ id }, testCall());
    expect([given.bytes, (await gather(given.open())).equals(data)]).toEqual([data.length, true]);
  });

  it('that is built on another image sends what differs, zeros too, and reads nothing that this machine remembers', async () => {
    const { id: parent } = await upload(disk(1, 2, 0, 4));
    cloud.forget();
    const { id } = await upload(disk(1, 0, 0, 5), { parent }, 'next');
    expect(puts()).toEqual([1, 3]);
    expect(cloud.requests().filter(({ method, path }) => method === 'GET' && path.includes('/blocks'))).toEqual([]);
    expect((await gather((await open().require('download').run({ id }, testCall())).open())).equals(disk(1, 0, 0, 5))).toBe(true);
  });

  it('that is built on what this machine does not know reads it first', async () => {
    const { id: parent } = await upload(disk(1, 2, 3));
    kept.clear();
    cloud.forget();
    await upload(disk(1, 2, 9), { parent }, 'next');
    expect(puts()).toEqual([2]);
    await failureOf(upload(disk(1), { parent: 'ami-0dead0dead0dead00' }, 'third'), 'NOT_FOUND');
  });

  it('waits while the new snapshot is not known, and while too much is asked, and neither is a retry', async () => {
    cloud.store.settings.unseen = 2;
    failing(/\/blocks\/1$/, { ...ebsError('RequestThrottledException', 'RESOURCE_LEVEL_THROTTLE') });
    failing(/\/blocks\/1$/, { ...ebsError('ValidationException', 'WRITE_REQUEST_TIMEOUT') });
    expect((await upload(disk(1, 2))).status).toBe('active');
  });

  it('ends with the reason where the snapshot fails, and leaves none behind', async () => {
    cloud.store.settings.snapshotFails = 'The key is gone';
    const error = await failureOf(upload(disk(1)), 'PROVIDER');
    expect(error.message).toContain('The key is gone');
    expect([cloud.store.images.size, cloud.store.snapshots.size]).toEqual([0, 0]);
  });

  it('names the snapshot that it could not take away', async () => {
    cloud.store.settings.snapshotFails = 'broken';
    let isDown = true;
    const on = ({ path }: { path: string }) => isDown && /Action=DeleteSnapshot/.test(path);
    cloud.fail({ kind: 'answer', status: 500, body: '', times: 9, on });
    const error = await failureOf(upload(disk(1)), 'PROVIDER');
    isDown = false;
    const [snapshot = ''] = cloud.store.snapshots.keys();
    expect(error.circumstances.leftover).toContain(snapshot);
    // It is no image: what is told to be typed is what takes it away.
    const typed = `aws ec2 delete-snapshot --region us-east-1 --snapshot-id ${snapshot}`;
    expect(error.circumstances).toMatchObject({ isLeftoverPart: true, hint: expect.stringContaining(typed) });
    await open()
      .require('upload')
      .abandon?.(error.circumstances.leftover ?? '', testCall());
    expect(cloud.store.snapshots.size).toBe(0);
  });

  it('makes one image where the answer that it was made is lost', async () => {
    const id = cloud.put({ name: 'other' });
    cloud.fail({ kind: 'truncate', on: ({ path }) => path.includes('Action=RegisterImage') });
    const call = testCall(undefined, 2);
    const image = await open()
      .require('upload')
      .run(request(disk(1)), call);
    expect([...cloud.store.images.keys()].sort()).toEqual([id, image.id].sort());
  });

  it('takes an image back of which nobody could say whether it was made', async () => {
    let looks = 0;
    cloud.fail({ kind: 'truncate', on: ({ path }) => path.includes('Action=RegisterImage') });
    // The first look is for a free name.
    const isSecond = ({ path }: { path: string }) => path.includes('Action=DescribeImages') && (looks += 1) === 2;
    cloud.fail({ kind: 'answer', status: 500, body: '', on: isSecond });
    await failureOf(upload(disk(1)), 'NETWORK');
    expect([...cloud.store.images.values()].every(({ binnedAt }) => binnedAt !== undefined)).toBe(true);
    expect([...cloud.store.snapshots.values()].every(({ binnedAt }) => binnedAt !== undefined)).toBe(true);
  });

  it('asks for a free name before a byte is sent, also of images that are disabled', async () => {
    const id = cloud.put({ name: 'web', status: 'inactive' });
    const error = await failureOf(upload(disk(1)), 'CONFLICT');
    expect([error.message.includes(id), puts()]).toEqual([true, []]);
    await failureOf(upload(disk(1), {}, 'a'), 'USAGE');
    await failureOf(upload(disk(1), { architecture: 'sparc' }, 'free'), 'USAGE');
    expect(cloud.store.snapshots.size).toBe(1);
  });

  it('goes on with what another run has put there', async () => {
    const { blocks: facts, begin, resume } = open().require('upload');
    expect(facts).toMatchObject({ bytes: blockBytes, sparse: true });
    const { content: _bytes, ...asked } = request(disk(1, 2, 3));
    const content = { encoding: { format: 'raw' as const }, bytes: 3 * blockBytes, repeatable: true };
    const begun = await begin!({ ...asked, content }, testCall());
    if (!('ref' in begun)) throw new Error('it is an upload');
    expect(begun.ref).toMatch(/^us-east-1\/snap-[0-9a-f]+:0$/);
    const again = await resume!(begun.ref.replace(/0$/, '2'), { ...asked, content }, testCall());
    expect([0, 1, 2].map((index) => again.has?.(index))).toEqual([false, true, false]);
    await begun.abort(testCall());
    await failureOf(resume!(begun.ref, { ...asked, content }, testCall()), 'NOT_FOUND');
  });
});

describe('a request to AWS', () => {
  it('is signed by the time that it is there, once that is told', async () => {
    cloud.put({ name: 'web' });
    cloud.store.settings.clockMs = 20 * 60_000;
    const call = testCall();
    const found: string[] = [];
    for await (const { name } of open().require('list').run({ filters: {}, own: {}, scope: 'own', hidden: false }, call))
      found.push(name);
    expect(found).toEqual(['web']);
    expect(call.notes).toEqual([
      { kind: 'warning', message: expect.stringMatching(/clock of this machine is (19|20) min behind/) as string },
    ]);
  });

  it('with a wrong secret is AUTH, and shows neither', async () => {
    const error = await failureOf(
      open({ secretAccessKey: 'wrong-secret-4711' }).require('show').run({ id: 'ami-0dead0dead0dead00' }, testCall()),
      'AUTH',
    );
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('wrong-secret');
    expect(String(new Secret('x'))).toBe('[secret]');
  });
});

describe('several regions', () => {
  it('are listed side by side, each image with its own, and an id is found in any of them', async () => {
    const east = cloud.put({ name: 'east' });
    const west = cloud.put({ name: 'west' }, { region: 'eu-west-1' });
    for (const region of ['us-east-1,eu-west-1', 'all']) {
      const session = open({ region });
      const found: Record<string, string> = {};
      for await (const { id, places } of session
        .require('list')
        .run({ filters: {}, own: {}, scope: 'mine', hidden: false }, testCall()))
        found[id] = places.map(({ name }) => name).join();
      expect(found).toEqual({ [east]: 'us-east-1', [west]: 'eu-west-1' });
      expect((await open({ region }).require('show').run({ id: west }, testCall())).name).toBe('west');
    }
  });
});

describe('what others can do with an image', () => {
  it('is both to launch and to copy it, or neither', async () => {
    const id = cloud.put({ name: 'web' });
    const [snapshot] = cloud.store.snapshots.values();
    const share = (action: 'add' | 'remove') => open().require('share').run({ id, action, with: '444455556666' }, testCall());
    await share('add');
    expect([cloud.store.images.get(id)?.holders.size, snapshot?.holders.size]).toEqual([1, 1]);
    await share('remove');
    expect([cloud.store.images.get(id)?.holders.size, snapshot?.holders.size]).toEqual([0, 0]);
    if (snapshot) snapshot.kmsKey = 'alias/aws/ebs';
    const error = await failureOf(share('add'), 'CONFLICT');
    expect([error.message.includes('key'), cloud.store.images.get(id)?.holders.size]).toEqual([true, 0]);
  });

  it('goes with the image, and so do its snapshots, but for those that others hold', async () => {
    const one = cloud.put({ name: 'one' });
    const disks = cloud.store.images.get(one)?.disks ?? [];
    cloud.put({ name: 'two' }, { disks });
    const call = testCall();
    await open().require('delete').run({ id: one }, call);
    expect(call.notes).toContainEqual({ kind: 'warning', message: expect.stringContaining(disks[0]?.snapshot ?? '') as string });
    expect(cloud.store.snapshots.get(disks[0]?.snapshot ?? '')?.binnedAt).toBeUndefined();
  });
});
