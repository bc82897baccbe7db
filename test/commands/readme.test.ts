import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { qcow2Image, vmdkSparseImage } from '../support/disk-images.ts';
import { commandStage, smallDisk } from './stage.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const section = (title: string): string => new RegExp(`^## ${title}\\n(.*?)^## `, 'ms').exec(readme)?.[1] ?? '';

/** What a newcomer types, in order: without what needs a network, a shell or an account. */
const lines = ['First minute', 'Everyday tasks']
  .flatMap((title) =>
    section(title)
      .replaceAll(/ \\\n +/g, ' ')
      .split('\n'),
  )
  .filter((line) => line.startsWith('    imgctl '))
  .map((line) => line.replace(/ {2,}#.*$/, '').trim())
  .filter((line) => !/https:|\||profile |\blin\b|lin:|share |uses |ubuntu[:-]|scs-0102/.test(line));

const stage = commandStage();

it('a newcomer can type the first minute and the everyday tasks in the order of the README', async () => {
  for (const name of ['pcd', 'lab', 'dc-1', 'dc-2'])
    await stage.ok(['profile', 'add', name, '--provider', 'local', '--set', `path=${stage.file(name)}`]);
  const disk = smallDisk(3);
  stage.write('disk.qcow2', qcow2Image(disk));
  stage.write('disk.vmdk', vmdkSparseImage(disk));
  stage.write('rules.yaml', 'version: 1\nrules: [{ id: named, require: { name: { present: true } } }]\n');
  await stage.ok(['upload', stage.file('disk.vmdk'), '--name', 'pcd:golden']);
  await stage.ok(['upload', stage.file('disk.vmdk'), '--name', 'web-old']);
  expect(lines.length).toBeGreaterThanOrEqual(12);
  for (const line of lines) {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain).slice(1);
    const typed = words.map((word) => (/^(disk|golden|web|rules)\.\w/.test(word) ? stage.file(word) : word));
    await stage.ok(words[0] === 'delete' ? [...typed, '--yes'] : typed);
  }
  expect(stage.read('web.raw')).toEqual(disk);
  expect(await stage.names()).toEqual(['web']);
});
