import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  entry,
  md5,
  product,
  products,
  sha256,
  startSignedStreams,
  timeOf,
  usual,
  type Documents,
  type SignedStreams,
} from '../../clouds/simplestreams/signed.ts';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { publisher } from '../../support/publisher.ts';

const stage = commandStage();
const ours = publisher('Images');
let server: SignedStreams;
beforeEach(async () => {
  server = await startSignedStreams(ours);
});
afterEach(() => server.stop());

const run = (...args: readonly string[]) =>
  stage.run([...args, '--retries', '1'], {
    env: profileVariables('u', 'simplestreams', { url: server.origin, keyring: ours.key }),
  });
const ids = async (): Promise<readonly string[]> => {
  const { stdout } = await run('list', '-p', 'u', '--all', '-o', 'id');
  return stdout.split('\n').filter((line) => line !== '');
};
const index = (entries: object, updated = timeOf(20)) => ({ format: 'index:1.0', updated, index: entries });
const tree = (documents: Documents): Documents => ({ ...usual, ...documents });
const one = (name: string, more: object = {}, about: object = {}) =>
  products({ [name]: product(['20261120'], { ...more }, { ...about }) });

describe('an index', () => {
  it('may name another, and itself', async () => {
    server.serve(
      tree({
        'streams/v1/index': index({ c: entry('streams/v1/c'), more: entry('streams/v1/more', { format: 'index:1.0' }) }),
        'streams/v1/more': index({
          c: entry('streams/v1/c'),
          d: entry('streams/v1/d'),
          self: entry('streams/v1/more', { format: 'index:1.0' }),
          first: entry('streams/v1/index', { format: 'index:1.0' }),
        }),
        'streams/v1/d': one('d:1'),
      }),
    );
    expect(await ids()).toEqual([
      'c:24.04:amd64/20261120/disk1.img',
      'c:24.04:amd64/20261101/disk1.img',
      'd:1/20261120/disk1.img',
    ]);
    expect(server.asked().toSorted()).toEqual(['c.sjson', 'd.sjson', 'index.sjson', 'more.sjson']);
  });

  it('that goes on for ever is left at some depth', async () => {
    const level = (n: number) => index({ next: entry(`streams/v1/${n + 1}`, { format: 'index:1.0' }), c: entry('streams/v1/c') });
    const levels = Array.from({ length: 20 }, (_, n): [string, object] => [`streams/v1/${n}`, level(n)]);
    server.serve(tree({ ...Object.fromEntries(levels), 'streams/v1/index': level(-1) } as Documents));
    expect(await ids()).toHaveLength(2);
    expect(server.asked().length).toBeLessThan(8);
  });

  it('has ids of images in clouds, which are read only where there is nothing else, and have files', async () => {
    const cloudIds = entry('streams/v1/aws', { datatype: 'image-ids' });
    const aws = { ...one('aws:1'), datatype: 'image-ids' };
    server.serve(tree({ 'streams/v1/index': index({ c: entry('streams/v1/c'), aws: cloudIds }), 'streams/v1/aws': aws }));
    expect(await ids()).toHaveLength(2);
    server.serve(tree({ 'streams/v1/index': index({ aws: cloudIds }, timeOf(21)), 'streams/v1/aws': aws }));
    expect(await ids()).toEqual(['aws:1/20261120/disk1.img']);
  });

  it('some of whose products are not there tells the others, and means them with a warning', async () => {
    server.serve(tree({ 'streams/v1/index': index({ c: entry('streams/v1/c'), gone: entry('streams/v1/gone') }) }));
    const listed = await run('list', '-p', 'u', '-o', 'id');
    expect([listed.exitCode, listed.stdout]).toEqual([12, 'c:24.04:amd64/20261120/disk1.img\n']);
    const shown = await run('resolve', 'u:noble');
    expect([shown.exitCode, shown.stdout, shown.stderr]).toEqual([
      0,
      'c:24.04:amd64/20261120/disk1.img\n',
      expect.stringMatching(/warning: some products could not be read/),
    ]);
    expect((await run('resolve', 'u:jammy')).exitCode).toBe(12);
  });
});

describe('an image', () => {
  it.each(['../x', '%2e%2e/x', '/x', '//h/x', 'http://h/x', 'a\\b', 'a//b', 'a/./b', 'a?b', 'a#b', '', 'a\u0000b'])(
    'whose path is %j is left out, which is said, and never asked for',
    async (path) => {
      server.serve(
        tree({
          'streams/v1/c': products({ bad: product(['20261120'], { path }, { aliases: 'bad' }), good: product(['20261120']) }),
        }),
      );
      const { stdout, stderr } = await run('list', '-p', 'u', '--all', '-o', 'id');
      expect([stdout, stderr]).toEqual([
        'good/20261120/disk1.img\n',
        expect.stringMatching(/warning: 1 image is left out.*bad\/20261120/),
      ]);
      expect((await run('copy', 'u:bad', 'local:here')).exitCode).toBe(5);
      expect(server.asked().filter((name) => !/^(index|c)\.sjson/.test(name))).toEqual([]);
    },
  );

  it('whose size nobody tells is copied, and one without a digest is not', async () => {
    server.serve(tree({ 'streams/v1/c': one('p', { size: undefined }) }));
    expect((await run('copy', 'u:noble', 'local:here')).exitCode).toBe(0);
    server.serve(
      tree({
        'streams/v1/index': index({ c: entry('streams/v1/c') }, timeOf(21)),
        'streams/v1/c': one('p', { sha256: undefined, md5 }),
      }),
    );
    const { exitCode, stderr } = await run('copy', 'u:noble', 'local:other');
    expect([exitCode, stderr]).toEqual([11, expect.stringMatching(/no digest that can be relied on/)]);
    const checked = (digest: string) =>
      run('copy', 'u:noble', 'local:other', '--verify', 'none', '--checksum', `sha256:${digest}`);
    expect((await checked('0'.repeat(64))).exitCode).toBe(11);
    expect((await checked(sha256)).exitCode).toBe(0);
  });

  it.each([
    ['noble/20269999', '24.04/20261120'],
    ['24.04/20269999', '24.04/20261120'],
    ['24.04/riscv64', '24.04'],
    ['24.05', '24.04'],
  ])('that is called %s is none, and what is near can be typed', async (name, near) => {
    const { exitCode, stderr } = await run('resolve', `u:${name}`);
    expect(exitCode).toBe(5);
    const hint = /nearest names: (.*)/.exec(stderr)?.[1]?.split(', ') ?? [];
    expect(hint).toContain(near.replace('24.04/2', `${name.split('/')[0] ?? ''}/2`));
    for (const text of hint) expect((await run('resolve', `u:${text}`)).exitCode).toBe(0);
  });

  it('whose file redirects in a circle is given up at once', async () => {
    server.instead({ 'files/20261120.img': () => ({ status: 302, headers: { location: '20261120.img' } }) });
    expect((await run('copy', 'u:noble', 'local:here')).exitCode).toBe(9);
    expect(server.asked().filter((name) => name === '20261120.img')).toHaveLength(6);
  });

  it('of another architecture is told with it', async () => {
    server.serve(tree({ 'streams/v1/c': one('p', {}, { arch: 'arm64' }) }));
    const { exitCode, stderr } = await run('resolve', 'u:noble');
    expect([exitCode, stderr]).toEqual([5, expect.stringMatching(/nearest names: noble\/arm64/)]);
    expect((await run('resolve', 'u:noble/arm64')).stdout).toBe('p/20261120/disk1.img\n');
  });
});
