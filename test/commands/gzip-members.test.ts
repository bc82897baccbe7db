import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const several = Buffer.concat([gzipSync(smallDisk()), gzipSync(smallDisk(2))]);
let linode: RunningLinode;
beforeAll(async () => {
  linode = await startLinode({ listsPerMinute: 1_000_000, workMs: 5 });
});
afterAll(() => linode.stop());

describe('a gzip of several members', () => {
  it.each([
    ['a file', several, true],
    ['standard input', several, true],
    ['a file of one member', gzipSync(smallDisk()), false],
    ['standard input of one member', gzipSync(smallDisk()), false],
  ])('%s: is warned of where only the first may be unpacked', async (what, bytes, isTold) => {
    const source = what.startsWith('a file') ? stage.write('disk.raw.gz', bytes) : '-';
    const result = await stage.run(['upload', source, '--name', `lin:${what.replaceAll(' ', '-')}`, '--poll-interval', '5ms'], {
      env: profileVariables('lin', 'linode', linode.values),
      ...(source === '-' ? { stdin: bytes } : {}),
    });
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stderr.match(/several gzip members/g) ?? []).toHaveLength(isTold ? 1 : 0);
  });

  it('is not, where all of them are', async () => {
    expect((await stage.ok(['upload', stage.write('disk.raw.gz', several), '--name', 'x'])).stderr).not.toContain('members');
  });
});
