import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { stages, withVerbs } from '../clouds/index.ts';
import { diskBytes } from '../support/content.ts';
import { qcow2Image, tarImage } from '../support/disk-images.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))));

/** An address where these bytes are, under a name; without ranges. */
async function urlOf(bytes: Buffer, name: string): Promise<string> {
  const server = createServer((_request, response) => response.end(bytes));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/images/${name}?x=y.raw`;
}

const begins = (text: string): Buffer => {
  const file = diskBytes('raw', 65536, 9);
  file.write(text, 'latin1');
  return file;
};
const page = Buffer.from('<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>\n');

const refused: readonly (readonly [what: string, name: string, bytes: Buffer, code: string])[] = [
  ['a page', 'disk.img', page, 'text'],
  ['a page in gzip', 'disk.img.gz', gzipSync(page), 'text'],
  ['a page in an archive', 'disk.tar', tarImage(page), 'text'],
  ['a 7-Zip archive', 'disk', begins('7z\xbc\xaf\x27\x1c'), 'banned_format'],
  ['LZ4 in gzip', 'disk.gz', gzipSync(begins('\x04\x22\x4d\x18')), 'banned_format'],
  ['a raw disk named as a qcow2', 'disk.qcow2', smallDisk(), 'name'],
  ['a raw disk named as a gzip', 'disk.raw.gz', smallDisk(), 'name'],
  ['a raw disk in what is named as a qcow2 in gzip', 'disk.qcow2.gz', gzipSync(smallDisk()), 'name'],
  [
    'a qcow2 without its first byte',
    'disk.qcow2',
    Buffer.concat([Buffer.from('x'), qcow2Image(smallDisk()).subarray(1)]),
    'name',
  ],
];

describe('what is no disk', () => {
  it.each(refused)('%s is refused by every verb, from every source, and leaves nothing', async (_what, name, bytes, code) => {
    const file = stage.write(name, bytes);
    const out = stage.file('out.qcow2');
    const sources = [
      [file, undefined],
      [await urlOf(bytes, name), undefined],
      // Standard input has no name.
      ...(code === 'name' ? [] : [['-', bytes] as const]),
    ] as const;
    for (const [source, stdin] of sources)
      for (const args of [
        ['inspect', source],
        ['upload', source, '--name', 'x'],
        ['convert', source, out],
      ]) {
        const { exitCode, stderr } = await stage.run(args, stdin ? { stdin } : {});
        expect([exitCode, stderr], args.join(' ')).toEqual([11, expect.stringContaining(`[${code}]`)]);
      }
    expect(existsSync(out)).toBe(false);
    expect(await stage.names()).toEqual([]);
  });

  it('is taken with the code of what was found, where that leads to something', async () => {
    await stage.ok(['upload', stage.write('disk.qcow2', smallDisk()), '--name', 'x', '--allow-unsafe', 'name']);
    await stage.ok(['upload', stage.write('page.img', page), '--name', 'y', '--allow-unsafe', 'text']);
    const archive = await stage.run(['upload', stage.write('z', begins('7z\xbc\xaf\x27\x1c')), '--name', 'z']);
    expect(archive.stderr).toMatch(/7z x /);
    expect(archive.stderr).not.toMatch(/--allow-unsafe/);
    expect(await stage.names()).toEqual(['x', 'y']);
  });
});

describe('what may be a disk', () => {
  it.each<[string, string, Buffer, RegExp | undefined]>([
    ['an odd length', 'disk.img', smallDisk().subarray(0, -1), /\[odd_length\]/],
    ['a program', 'disk.raw', begins('\x7fELF'), /\[program\]/],
    ['an encrypted disk', 'disk.raw', diskBytes('raw', 65536), /\[no_volume\]/],
    ['a blank disk', 'disk.raw', Buffer.alloc(65536), undefined],
    ['a qcow2 called .img', 'disk.img', qcow2Image(smallDisk()), undefined],
    ['a disk without an ending', 'debian-12.7', smallDisk(), undefined],
    ['the flat part of a VMDK', 'vm-flat.vmdk', smallDisk(), undefined],
  ])('%s is taken; what is odd about it is said', async (_what, name, bytes, said) => {
    const { stderr } = await stage.ok(['upload', stage.write(name, bytes), '--name', 'x']);
    if (said) expect(stderr).toMatch(said);
    else expect(stderr).not.toContain('warning');
  });
});

describe.each(withVerbs(Object.entries(stages), 'upload'))(
  'a disk of no bytes, for %s',
  (provider, { cloud: { start }, driver }) => {
    it('is refused in whatever it is packed, and sent with a warning where that is known to be taken', async () => {
      const cloud = await start();
      try {
        const env = profileVariables('p', provider, cloud.values);
        const packings = {
          '': Buffer.alloc(0),
          '.gz': gzipSync(Buffer.alloc(0)),
          '.zst': Buffer.from('28b52ffd2000010000', 'hex'),
        };
        for (const [ending, bytes] of Object.entries(packings)) {
          const file = stage.write(`none.raw${ending}`, bytes);
          const { exitCode, stderr } = await stage.run(
            ['upload', file, '--name', `none${ending}`, '-p', 'p', '--poll-interval', '5ms'],
            {
              env,
            },
          );
          const taken = ending === '.gz' && driver.facts.upload?.accepts.some(({ mayBeEmpty }) => mayBeEmpty);
          expect([exitCode, stderr], `${ending} ${stderr}`).toEqual([taken ? 0 : 11, expect.stringContaining('[empty]')]);
          const listed = await stage.ok(['list', `p:none${ending}`, '-o', 'json'], { env });
          expect(listed.json(), ending).toHaveLength(taken ? 1 : 0);
        }
      } finally {
        await cloud.stop();
      }
    });
  },
);
