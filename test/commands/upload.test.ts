import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startLinode } from '../clouds/linode/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const disk = smallDisk();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A qcow2 that reads from another file. */
function withBackingFile(): Buffer {
  const image = qcow2Image(disk);
  const name = Buffer.from('/etc/passwd');
  image.writeBigUInt64BE(1024n, 8);
  image.writeUInt32BE(name.length, 16);
  name.copy(image, 1024);
  return image;
}

/** Files that a transfer may have left in the home, besides the store itself. */
const leftBehind = (): readonly string[] => readdirSync(stage.file('.')).filter((name) => /spool|part|tmp/i.test(name));

async function onServer(body: Buffer, work: (server: FakeServer) => Promise<void>): Promise<void> {
  const server = await startFakeServer(({ url, headers }) => {
    if (url.pathname === '/moved') return { status: 302, headers: { location: '/disk.qcow2?token=secret' } };
    if (url.pathname !== '/disk.qcow2') return { status: 404, body: 'no such file' };
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '');
    if (!range) return { status: 200, body };
    const [from, to] = [Number(range[1]), range[2] ? Math.min(Number(range[2]), body.length - 1) : body.length - 1];
    return {
      status: 206,
      headers: { etag: '"one"', 'content-range': `bytes ${from}-${to}/${body.length}` },
      body: body.subarray(from, to + 1),
    };
  });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

describe('upload', () => {
  it('makes an image of a file: format by content, digest, size, content id, fields', async () => {
    const file = stage.write('disk.txt', disk);
    const made = await stage.ok(['upload', file, '--name', 'web', '--tag', 'x', '--property', 'os=debian', '-o', 'json']);
    expect(made.json()).toMatchObject({
      profile: 'local',
      name: 'web',
      status: 'active',
      diskFormat: 'raw',
      sizeBytes: disk.length,
      checksums: { sha256: sha256(disk) },
      tags: ['x'],
      contentId: expect.stringMatching(/^blocks-sha256:[0-9a-f]{64}$/),
    });
    const qcow2 = await stage.ok(['upload', stage.write('q.img', qcow2Image(disk)), '--name', 'q', '-o', 'json']);
    expect(qcow2.json()).toMatchObject({ diskFormat: 'qcow2', virtualBytes: disk.length });
    expect(qcow2.json(), 'the same disk, whatever its format').toMatchObject({
      contentId: (made.json() as { contentId: string }).contentId,
    });
    expect(leftBehind()).toEqual([]);
  });

  it('converts where another format is wanted, also what comes compressed', async () => {
    const file = stage.write('disk.qcow2', qcow2Image(disk, { compression: 'zlib' }));
    const raw = await stage.ok(['upload', file, '--name', 'raw', '--disk-format', 'raw', '-o', 'json']);
    expect(raw.json()).toMatchObject({ diskFormat: 'raw', sizeBytes: disk.length, checksums: { sha256: sha256(disk) } });
    const packed = stage.write('disk.qcow2.gz', gzipSync(qcow2Image(disk)));
    expect((await stage.ok(['upload', packed, '--name', 'unpacked', '--disk-format', 'raw', '-o', 'json'])).json()).toMatchObject(
      {
        checksums: { sha256: sha256(disk) },
      },
    );
    const back = await stage.ok(['upload', stage.write('disk.raw', disk), '--name', 'q', '--disk-format', 'qcow2', '-o', 'json']);
    expect(back.json()).toMatchObject({ diskFormat: 'qcow2', virtualBytes: disk.length });
    expect(leftBehind()).toEqual([]);
  });

  it('takes standard input, known by its content too', async () => {
    const made = await stage.ok(['upload', '-', '--name', 'web', '-o', 'json'], { stdin: qcow2Image(disk) });
    expect(made.json()).toMatchObject({ diskFormat: 'qcow2', status: 'active' });
    expect((await stage.ok(['upload', '-', '--name', 'raw', '-o', 'json'], { stdin: disk })).json()).toMatchObject({
      diskFormat: 'raw',
      checksums: { sha256: sha256(disk) },
    });
    const terminal = await stage.run(['upload', '-', '--name', 'x', '--json'], { terminal: true });
    expect(errorOf(terminal)).toMatchObject({ code: 'USAGE', message: 'standard input is a terminal, not a disk image' });
  });

  it('takes a URL, through a redirect, and tells nobody its query', () =>
    onServer(qcow2Image(disk), async (server) => {
      const made = await stage.ok(['upload', `${server.origin}/moved`, '--name', 'web', '-o', 'json']);
      expect(made.json()).toMatchObject({ diskFormat: 'qcow2', virtualBytes: disk.length });
      const raw = await stage.ok([
        'upload',
        `${server.origin}/disk.qcow2`,
        '--name',
        'raw',
        '--disk-format',
        'raw',
        '-o',
        'json',
      ]);
      expect(raw.json()).toMatchObject({ checksums: { sha256: sha256(disk) } });
      const missing = await stage.run(['upload', `${server.origin}/none?token=secret`, '--name', 'x', '--json']);
      expect([missing.exitCode, errorOf(missing).message]).toEqual([5, `reading ${server.origin}/none: no such file (HTTP 404)`]);
      expect(missing.stderr).not.toContain('secret');
    }));

  it('fills a queued record, and only that', async () => {
    const id = await stage.queued('golden', '--disk-format', 'raw', '--description', 'd');
    const file = stage.write('disk.raw', disk);
    const filled = await stage.ok(['upload', file, '--into', 'golden', '-o', 'json']);
    expect(filled.json()).toMatchObject({
      id,
      name: 'golden',
      description: 'd',
      status: 'active',
      checksums: { sha256: sha256(disk) },
    });
    const again = await stage.run(['upload', file, '--into', id, '--json']);
    expect(errorOf(again)).toMatchObject({ code: 'CONFLICT', exitCode: 6 });
    const other = await stage.queued('other', '--disk-format', 'qcow2');
    const odd = await stage.run(['upload', file, '--into', other, '--json']);
    expect(odd.exitCode).toBe(6);
    const typed = /imgctl (patch .*)/.exec(errorOf(odd).hint ?? '')?.[1] ?? '';
    expect((await stage.ok([...typed.split(' '), '--dry-run', '-o', 'json'])).json()).toMatchObject({
      body: { diskFormat: 'raw' },
    });
    expect((await stage.ok(['show', other, '--json'])).json()).toMatchObject({ status: 'queued' });
    expect(await stage.names()).toEqual(['golden', 'other']);
  });

  it('takes an id of one’s own', async () => {
    const file = stage.write('disk.raw', disk);
    expect((await stage.ok(['upload', file, '--name', 'web', '--id', 'web-1', '-o', 'id'])).stdout).toBe('web-1\n');
    const taken = await stage.run(['upload', file, '--name', 'db', '--id', 'web-1', '--json']);
    expect(errorOf(taken)).toMatchObject({ code: 'CONFLICT', exitCode: 6 });
  });

  it('checks a checksum before anything stays', async () => {
    const file = stage.write('disk.raw', disk);
    for (const source of [file, '-']) {
      const wrong = await stage.run(['upload', source, '--name', 'web', '--checksum', `sha256:${'0'.repeat(64)}`, '--json'], {
        stdin: disk,
      });
      expect([wrong.exitCode, errorOf(wrong).code], source).toEqual([11, 'INTEGRITY']);
      expect(errorOf(wrong).message).toContain(`has the sha256 ${sha256(disk)}, not ${'0'.repeat(64)}`);
      expect(await stage.names()).toEqual([]);
    }
    const converted = ['upload', stage.write('q', qcow2Image(disk)), '--name', 'web', '--disk-format', 'raw'];
    const wrong = await stage.run([...converted, '--checksum', `md5:${'0'.repeat(32)}`]);
    expect(wrong.exitCode).toBe(11);
    expect(await stage.names()).toEqual([]);
    expect(leftBehind()).toEqual([]);
    const md5 = createHash('md5').update(disk).digest('hex').toUpperCase();
    await stage.ok(['upload', file, '--name', 'web', '--checksum', `MD5:${md5}`]);
  });

  it('refuses an unsafe image with 11 unless its finding is allowed by code', async () => {
    const file = stage.write('evil.qcow2', withBackingFile());
    const refused = await stage.run(['upload', file, '--name', 'web', '--json']);
    expect(refused.exitCode).toBe(11);
    const code = /\[([\w-]+)\]/.exec(errorOf(refused).message)?.[1] ?? '';
    expect(errorOf(refused).hint).toBe(
      `Flatten it with: qemu-img convert -O qcow2 ${file} flat.qcow2\nOverride (risky): --allow-unsafe ${code}`,
    );
    expect((await stage.run(['upload', '-', '--name', 'web'], { stdin: withBackingFile() })).exitCode).toBe(11);
    expect((await stage.run(['upload', file, '--name', 'web', '--allow-unsafe', 'other'])).exitCode).toBe(11);
    expect(await stage.names()).toEqual([]);
    const allowed = await stage.ok(['upload', file, '--name', 'web', '--allow-unsafe', code]);
    expect(allowed.stderr).toContain(`[${code}]`);
    expect(await stage.names()).toEqual(['web']);
  });

  it('refuses a file that is not what it is said to be', async () => {
    const file = stage.write('disk.qcow2', qcow2Image(disk));
    const refused = await stage.run(['upload', file, '--name', 'web', '--from-format', 'raw', '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'USAGE', message: `${file} is qcow2 by its content, not raw`, exitCode: 2 });
    expect(await stage.names()).toEqual([]);
  });

  it.each([
    [['--name', 'a', '--into', 'b'], 2, '--name and --into cannot be combined'],
    [[], 2, '--name or --into is required'],
    [['--name', ''], 2, '--name is empty'],
    [['--name', 'local:'], 2, "--name is missing the image's name"],
    [['--name', 'x', '--checksum', 'crc:1'], 2, '--checksum: "crc" is not one of md5, sha1, sha256, sha512'],
    [['--name', 'x', '--checksum', 'sha256:abc'], 2, '--checksum: a sha256 digest has 64 hexadecimal digits'],
    [['--name', 'x', '--set', 'cloudInit=true'], 2, '--set: unknown field for local: cloudInit'],
    [['--name', 'x', '--disk-format', 'vmdk'], 7, 'imgctl cannot write vmdk'],
    [['--name', 'x', '--if-exists', 'maybe'], 2, '--if-exists: "maybe" is not one of fail, skip, replace, rename'],
  ])('refuses %j', async (options, exitCode, message) => {
    const refused = await stage.run(['upload', stage.write('disk.raw', disk), ...options, '--json']);
    expect(errorOf(refused)).toMatchObject({ message, exitCode });
    expect(refused.exitCode).toBe(exitCode);
    expect(await stage.names()).toEqual([]);
  });

  it('refuses a word for a field of the provider that it does not know, before any request, also in a dry run', async () => {
    const env = {
      IMGCTL_PROFILE_REG_PROVIDER: 'oci',
      IMGCTL_PROFILE_REG_REGISTRY: '127.0.0.1:1',
      IMGCTL_PROFILE_REG_REPOSITORY: 'a/b',
    };
    for (const more of [[], ['--dry-run']]) {
      const args = ['upload', stage.write('disk.raw', disk), '--name', 'reg:x', '--set', 'layout=x', '--json', ...more];
      const refused = await stage.run(args, { env });
      expect(errorOf(refused)).toMatchObject({ message: '--set layout: "x" is not one of layers, single', exitCode: 2 });
    }
  });

  it('refuses a file that is not there with 5, and a folder with 2', async () => {
    const missing = await stage.run(['upload', stage.file('none'), '--name', 'x', '--json']);
    expect(errorOf(missing)).toMatchObject({ code: 'NOT_FOUND', message: `no such file: ${stage.file('none')}`, exitCode: 5 });
    const folder = await stage.run(['upload', stage.file('.'), '--name', 'x', '--json']);
    expect(errorOf(folder)).toMatchObject({ code: 'USAGE', exitCode: 2 });
  });

  it('prints its plan in a dry run, and makes nothing', async () => {
    const planned = await stage.ok([
      'upload',
      stage.write('q', qcow2Image(disk)),
      '--name',
      'web',
      '--disk-format',
      'raw',
      '-n',
      '--json',
    ]);
    expect(planned.json()).toEqual({
      dryRun: true,
      verb: 'upload',
      profile: 'local',
      provider: 'local',
      risk: 'add',
      image: 'web',
      source: { name: expect.any(String), format: 'qcow2', bytes: expect.any(Number) },
      target: { format: 'raw' },
      steps: ['read', 'check', 'decode qcow2', 'send', 'verify'],
    });
    expect(await stage.names()).toEqual([]);
  });

  it('stops with 130 in the middle, and leaves nothing', () =>
    onServer(disk, async (server) => {
      const stopping = new AbortController();
      const isWhole = () => server.requests().length > 2;
      server.fail({ kind: 'stall', on: isWhole });
      const waiting = setInterval(() => isWhole() && stopping.abort(130), 20);
      const source = `${server.origin}/disk.qcow2`;
      const result = await stage.run(['upload', source, '--name', 'web', '--json'], { signal: stopping.signal });
      clearInterval(waiting);
      expect([result.exitCode, errorOf(result).code]).toEqual([130, 'ABORTED']);
      expect(await stage.names()).toEqual([]);
      expect(leftBehind()).toEqual([]);
    }));
});

describe('upload --if-exists', () => {
  const again = (how: string, file: string, ...more: readonly string[]) =>
    stage.run(['upload', file, '--name', 'web', '--if-exists', how, '--json', ...more]);

  it('fails where the name is taken, which is the default', async () => {
    const id = await stage.image('web');
    const file = stage.write('other.raw', smallDisk(2));
    for (const options of [[], ['--if-exists', 'fail']]) {
      const refused = await stage.run(['upload', file, '--name', 'web', '--json', ...options]);
      expect(errorOf(refused)).toMatchObject({
        code: 'CONFLICT',
        message: `image "web" already exists in local (${id})`,
        hint: expect.stringMatching(
          /^Choose with --if-exists skip\|replace\|rename\.\nskip: .*; replace: .*; rename: /,
        ) as string,
        exitCode: 6,
      });
    }
    expect(await stage.names()).toEqual(['web']);
  });

  it('skips only where the content is the same, in whatever format', async () => {
    const id = await stage.image('web');
    expect((await again('skip', stage.write('same.qcow2', qcow2Image(disk)))).json()).toMatchObject({ id });
    const other = await again('skip', stage.write('other.raw', smallDisk(2)));
    expect([other.exitCode, errorOf(other).message]).toEqual([
      6,
      expect.stringContaining('exists with different (or unknown) content'),
    ]);
    expect(await stage.names()).toEqual(['web']);
  });

  it('replaces after asking', async () => {
    const id = await stage.image('web');
    const file = stage.write('other.raw', smallDisk(2));
    const unasked = await again('replace', file);
    expect(errorOf(unasked)).toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('Pass --yes to skip the prompt.') as string,
    });
    expect((await stage.run(['show', id])).exitCode).toBe(0);
    const replaced = await again('replace', file, '--yes');
    expect(replaced.json()).toMatchObject({ name: 'web', checksums: { sha256: sha256(smallDisk(2)) } });
    expect((await stage.run(['show', id])).exitCode).toBe(5);
    expect(await stage.names()).toEqual(['web']);
  });

  it('renames', async () => {
    await stage.image('web');
    const renamed = await stage.run(
      ['upload', stage.write('d', smallDisk(2)), '--name', 'web', '--if-exists', 'rename', '--json'],
      {
        now: () => Date.parse('2026-01-02T03:04:05Z'),
      },
    );
    expect(renamed.json()).toMatchObject({ name: 'web-20260102030405' });
    expect((await stage.names()).length).toBe(2);
  });
});

describe('import', () => {
  it('lets the provider fetch a URL, into a new image or a queued one', () =>
    onServer(qcow2Image(disk), async (server) => {
      const url = `${server.origin}/disk.qcow2`;
      const made = await stage.ok(['import', 'web', '--url', url, '--disk-format', 'qcow2', '--tag', 'x', '-o', 'json']);
      expect(made.json()).toMatchObject({ name: 'web', status: 'active', diskFormat: 'qcow2', tags: ['x'] });
      const id = await stage.queued('golden', '--disk-format', 'qcow2');
      expect((await stage.ok(['import', '--into', 'golden', '--url', url, '-o', 'json'])).json()).toMatchObject({
        id,
        status: 'active',
      });
      const planned = await stage.ok(['import', 'p', '--url', url, '--disk-format', 'qcow2', '-n', '-o', 'json']);
      expect(planned.json()).toMatchObject({ dryRun: true, verb: 'import', body: { url, description: { name: 'p' } } });
      expect(await stage.names()).toEqual(['golden', 'web']);
      const missing = await stage.run(['import', 'x', '--url', `${server.origin}/none`, '--disk-format', 'raw', '--json']);
      expect(missing.exitCode).toBe(5);
      expect(await stage.names()).toEqual(['golden', 'web']);
    }));

  it.each([
    [['web'], '--url is required'],
    [['web', '--into', 'x', '--url', 'https://h/x'], 'NAME and --into cannot be combined'],
    [['--url', 'https://h/x'], 'NAME or --into is required'],
    [['web', '--url', 'file:///etc/passwd'], '--url: unsupported by local: file:///etc/passwd'],
    [['web', '--url', 'no url'], '--url: unsupported by local: no url'],
    [['web', '--url', 'https://h/x'], '--disk-format is required'],
  ])('refuses %j with 2', async (args, message) => {
    const refused = await stage.run(['import', ...args, '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'USAGE', message });
  });

  it('refuses a method that the provider has not', async () => {
    const refused = await stage.run(['import', 'x', '--url', 'https://h/x', '--method', 'web-download', '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'UNSUPPORTED', message: 'local has no import method "web-download"' });
  });
});

describe('copy', () => {
  const labs = () => profileVariables('lab', 'local', { path: stage.file('lab') });

  it('takes data and record from one profile to another, under the same or another name', async () => {
    const id = await stage.image(
      'web',
      '--description',
      'd',
      '--tag',
      'x',
      '--property',
      'os=debian',
      '--min-ram',
      '1G',
      '--visibility',
      'public',
    );
    const env = labs();
    const copied = await stage.ok(['copy', 'web', 'lab', '-o', 'json'], { env });
    expect(copied.json()).toMatchObject({
      profile: 'lab',
      name: 'web',
      description: 'd',
      tags: ['x'],
      visibility: 'public',
      minRamBytes: 1_073_741_824,
      checksums: { sha256: sha256(disk) },
    });
    expect(copied.json()).toHaveProperty('properties.os', 'debian');
    expect((copied.json() as { id: string }).id).not.toBe(id);
    const named = await stage.ok(['cp', `local:${id}`, 'lab:web-2', '--disk-format', 'qcow2', '-o', 'json'], { env });
    expect(named.json()).toMatchObject({
      name: 'web-2',
      diskFormat: 'qcow2',
      contentId: (copied.json() as { contentId: string }).contentId,
    });
  });

  it('is as careful about names as upload', async () => {
    await stage.image('web');
    const env = labs();
    await stage.ok(['copy', 'web', 'lab'], { env });
    const taken = await stage.run(['copy', 'web', 'lab', '--json'], { env });
    expect(errorOf(taken)).toMatchObject({ code: 'CONFLICT', exitCode: 6 });
    await stage.ok(['copy', 'web', 'lab', '--if-exists', 'skip'], { env });
    expect((await stage.ok(['list', '-p', 'lab', '-o', 'id'], { env })).stdout.trim().split('\n').length).toBe(1);
    const none = await stage.run(['copy', 'web', 'nowhere', '--json'], { env });
    expect(errorOf(none)).toMatchObject({ code: 'CONFIG', message: 'no such profile: nowhere' });
    const queued = await stage.queued('empty');
    expect(errorOf(await stage.run(['copy', queued, 'lab', '--json'], { env }))).toMatchObject({ code: 'CONFLICT' });
  });

  it('takes a disk through three clouds, in whatever form each takes', async () => {
    const [openstack, linode] = await Promise.all([startOpenstack(), startLinode()]);
    try {
      const env = {
        ...profileVariables('pcd', 'openstack', openstack.values),
        ...profileVariables('lin', 'linode', linode.values),
      };
      await stage.ok(['upload', stage.write('d.qcow2', qcow2Image(disk)), '--name', 'web', '--property', 'os_distro=debian']);
      const there = await stage.ok(['copy', 'web', 'pcd', '--poll-interval', '20ms', '-o', 'json'], { env });
      expect(there.json()).toMatchObject({
        profile: 'pcd',
        diskFormat: 'qcow2',
        properties: { os_distro: 'debian' },
        status: 'active',
      });
      const raw = await stage.ok(['copy', 'pcd:web', 'lin:web-2', '--poll-interval', '20ms', '-o', 'json'], { env });
      expect(raw.json()).toMatchObject({ profile: 'lin', name: 'web-2', status: 'active' });
      const sent = linode.requests().find(({ method, path }) => method === 'PUT' && !path.includes('/images/'));
      expect(sent?.bodyBytes, 'gzip of the raw disk').toBeLessThan(disk.length);
      const back = await stage.ok(['copy', 'pcd:web', 'local:back', '--disk-format', 'raw', '-o', 'json'], { env });
      expect(back.json()).toMatchObject({ checksums: { sha256: sha256(disk) } });
      const refused = await stage.run(['copy', 'lin:web-2', 'local', '--json'], { env });
      expect([refused.exitCode, errorOf(refused).message]).toEqual([
        7,
        expect.stringContaining('linode does not offer download'),
      ]);
    } finally {
      await Promise.all([openstack.stop(), linode.stop()]);
    }
  });

  it('prints its route in a dry run, and makes nothing', async () => {
    await stage.image('web');
    const env = labs();
    const planned = await stage.ok(['copy', 'web', 'lab:w', '--relay', '-n', '-o', 'json'], { env });
    expect(planned.json()).toMatchObject({
      dryRun: true,
      verb: 'copy',
      profile: 'lab',
      image: 'w',
      steps: expect.arrayContaining(['send', 'verify']),
    });
    expect((await stage.ok(['list', '-p', 'lab', '-o', 'id'], { env })).stdout).toBe('');
  });
});
