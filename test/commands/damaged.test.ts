import { gzipSync } from 'node:zlib';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { qcow2Image } from '../support/disk-images.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { commandStage, smallDisk } from './stage.ts';

const stage = commandStage();

describe('what looks like a success and is none', () => {
  it('a compressed disk that breaks off leaves no image', async () => {
    const whole = gzipSync(smallDisk());
    const file = stage.write('cut.raw.gz', whole.subarray(0, whole.length >> 1));
    expect((await stage.run(['upload', file, '--name', 'cut'])).exitCode).toBe(11);
    expect(await stage.names()).toEqual([]);
  });

  it('a longer disk with the same beginning and zeros behind it is not the same disk', async () => {
    const disk = smallDisk();
    await stage.ok(['upload', stage.write('short.raw', disk), '--name', 'web']);
    const longer = stage.write('long.raw', Buffer.concat([disk, Buffer.alloc(disk.length)]));
    const skipped = await stage.run(['upload', longer, '--name', 'web', '--if-exists', 'skip']);
    expect(skipped.exitCode).toBe(6);
    expect(skipped.stderr).toContain('different (or unknown) content');
  });

  it('an import into a folder is looked at as an upload is', async () => {
    const overlay = qcow2Image(smallDisk());
    overlay.writeBigUInt64BE(1024n, 8);
    overlay.writeUInt32BE(11, 16);
    Buffer.from('/etc/passwd').copy(overlay, 1024);
    const server = await startFakeServer(() => ({ status: 200, body: overlay }));
    try {
      const args = ['import', 'x', '--url', `${server.origin}/x.qcow2`, '--disk-format'];
      expect((await stage.run([...args, 'qcow2'])).exitCode).toBe(11);
      expect((await stage.run([...args, 'raw'])).exitCode).toBe(11);
      expect(await stage.names()).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it('a record without data says how it is filled', async () => {
    const id = await stage.queued('web', '--disk-format', 'raw');
    const file = stage.write('web.raw', smallDisk());
    for (const how of ['fail', 'skip']) {
      const taken = await stage.run(['upload', file, '--name', 'web', '--if-exists', how]);
      expect(taken.exitCode).toBe(6);
      expect(taken.stderr).toContain(`--into local:${id}`);
    }
  });

  it('a file is not written in another format than its name promises', async () => {
    const file = stage.write('disk.raw', smallDisk());
    for (const name of ['disk.vmdk', 'disk.raw.xz']) {
      expect((await stage.run(['convert', file, stage.file(name)])).exitCode).toBe(7);
      expect(existsSync(stage.file(name))).toBe(false);
    }
  });

  it('a name that begins like a profile is warned about, and an empty one is refused', async () => {
    const file = stage.write('disk.raw', smallDisk());
    const typo = await stage.ok(['upload', file, '--name', 'nowhere:web']);
    expect(typo.stderr).toContain('no such profile: nowhere');
    expect((await stage.run(['create', ''])).exitCode).toBe(2);
    expect((await stage.run(['patch', 'nowhere:web', '--name', ''])).exitCode).toBe(2);
  });

  it("of a server's page about its refusal only the words are told", async () => {
    const server = await startFakeServer(() => ({
      status: 404,
      body: '<html><title>404 Not Found</title><body><p>long page</p><script>x()</script></body></html>',
    }));
    try {
      const refused = await stage.run(['inspect', `${server.origin}/x.raw`]);
      expect(refused.exitCode).toBe(5);
      expect(refused.stderr).not.toMatch(/script|x\(\)|[<>]/);
    } finally {
      await server.stop();
    }
  });
});
