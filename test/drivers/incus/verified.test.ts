import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeBed, type Bed } from '../../clouds/bed.ts';
import { diskBytes } from '../../support/content.ts';

let bed: Bed;
let id: string;
beforeEach(async () => {
  bed = await makeBed({ x: 'incus' });
  id = await bed.cloud('x').seed('web');
});
afterEach(() => bed.stop());

const ways = [
  ['download', () => ['download', `x:${id}`, `${bed.home.folder}/out.qcow2`]],
  ['download to stdout', () => ['download', `x:${id}`, '-']],
  ['download as another format', () => ['download', `x:${id}`, `${bed.home.folder}/out.qcow2`, '--disk-format', 'raw']],
  ['copy', () => ['copy', `x:${id}`, 'local:web']],
] as const;

it.each(ways)('%s: what came is what the fingerprint is of, and nobody says that it is not verified', async (_way, args) => {
  const { exitCode, stderr } = await bed.run(...args());
  expect([exitCode, stderr.includes('not verified')]).toEqual([0, false]);
});

it.each(ways)('%s: what came otherwise is never there as a whole', async (_way, args) => {
  const data = bed.cloud('x').held()[0]?.data;
  data?.write('other', data.length - 100);
  const { exitCode, bytes } = await bed.run(...args());
  expect([exitCode, bytes.length < (data?.length ?? 0), bed.read('out.qcow2')]).toEqual([11, true, undefined]);
  expect((await bed.run('list', '-p', 'local', '-o', 'id')).stdout).toBe('');
});

it('an upload was compared with what the server has', async () => {
  const { exitCode, stderr } = await bed.run('upload', bed.file('disk.raw', diskBytes('raw', 1 << 20, 5)), '--name', 'x:new');
  expect([exitCode, stderr.includes('not verified')]).toEqual([0, false]);
  expect(stderr).toContain('verified: incus has what was sent');
});

it('a download takes no further digest of what the fingerprint has proved, but the one that is asked for', async () => {
  const sha256 = createHash('sha256')
    .update(bed.cloud('x').held()[0]?.data ?? '')
    .digest('hex');
  const download = async (...more: readonly string[]): Promise<object> => {
    const { stdout } = await bed.run('download', `x:${id}`, `${bed.home.folder}/out.qcow2`, '--force', '-o', 'json', ...more);
    return (JSON.parse(stdout) as { readonly digests: object }).digests;
  };
  expect(await download()).toEqual({});
  expect(await download('--checksum', `sha256:${sha256}`)).toEqual({ sha256 });
});
