import { existsSync, rmSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { commandStage, smallDisk } from './stage.ts';

const stage = commandStage();
afterEach(() => rmSync('-', { recursive: true, force: true }));

it.each<[string, readonly string[]]>([
  ['plan --out', ['plan', '-f', 'MANIFEST', '--out', '-']],
  ['publish', ['publish', 'simplestreams', '-', '-p', 'local']],
  ['convert', ['convert', 'DISK', '-']],
])('%s, of which the result is no stream, makes nothing that is called "-"', async (_what, line) => {
  const disk = stage.write('disk.raw', smallDisk());
  await stage.ok(['upload', disk, '--name', 'web']);
  const manifest = stage.write(
    'images.json',
    JSON.stringify({ manifest: 'm', images: [{ name: 'a', source: disk, targets: 'local' }] }),
  );
  const refused = await stage.run(line.map((word) => ({ MANIFEST: manifest, DISK: disk })[word] ?? word));
  expect([refused.exitCode, refused.stdout, existsSync('-')], refused.stderr).toEqual([2, '', false]);
});
