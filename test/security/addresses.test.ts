import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandStage, smallDisk } from '../commands/stage.ts';
import { startWebServer } from '../support/web-server.ts';

/** Addresses that somebody else has made hold signatures under any name: none is shown, wherever it was typed. */
const stage = commandStage();
let server: Awaited<ReturnType<typeof startWebServer>>;
beforeAll(async () => {
  const body = smallDisk();
  server = await startWebServer(() => ({ body, etag: '"a"' }));
});
afterAll(() => server.stop());

const names = ['jwt', 'sas', 'Policy', 'hdnts', 'st', 'ticket', 'xyz', 'X-Amz-Signature'];
const secret = 'QQ11-val-QQ';
const query = names.map((name) => `${name}=${secret}`).join('&');
const addresses = (): readonly string[] => [
  `${server.origin}/d.raw?${query}`,
  `${server.origin}/d.raw;${query.replaceAll('&', ';')}`,
  `${server.origin.replace('//', `//me:${secret}@`)}/d.raw#${secret}`,
];

describe('a signed address', () => {
  const lines: readonly (readonly string[])[] = [
    ['inspect', 'URL', '--no-hash'],
    ['inspect', 'URL', '--hash', '-o', 'json'],
    ['inspect', 'URL', '--hash', '-o', 'yaml', '--debug'],
    ['upload', 'URL', '--name', 'n', '--dry-run', '--debug'],
    ['upload', 'URL', '--name', 'n', '--debug'],
    ['upload', 'URL', '--name', 'n', '--debug', '--checksum', `sha256:${'0'.repeat(64)}`],
    ['convert', 'URL', 'OUT', '--disk-format', 'qcow2', '--debug', '--progress', 'plain', '--force'],
  ];
  it.each(lines.map((line) => [line.join(' '), line] as const))('is on no output: %s', async (_name, line) => {
    for (const url of addresses()) {
      const typed = line.map((word) => (word === 'URL' ? url : word === 'OUT' ? stage.file('out.qcow2') : word));
      const { stdout, stderr } = await stage.run([...typed, ...(line[0] === 'upload' ? ['--if-exists', 'replace'] : [])]);
      expect(`${stdout}${stderr}`).not.toContain('QQ');
    }
  });
});
