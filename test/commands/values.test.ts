import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { commandStage, errorOf, smallDisk } from './stage.ts';

const stage = commandStage();

async function patchFile(name: string, document: unknown): Promise<string> {
  const file = stage.file(name);
  await writeFile(file, JSON.stringify(document));
  return file;
}

describe('a name that cannot be typed', () => {
  const odd = ['nl\nname', 'tab\tname', 'esc\u001b[31mname', 'del\u007f', 'c1\u009b'];
  it.each(odd)('%j is refused with 2 by every verb that sets one, and nothing is made', async (name) => {
    const disk = stage.file('disk.raw');
    await writeFile(disk, smallDisk());
    const id = await stage.queued('there');
    await stage.ok(['upload', disk, '--name', 'web']);
    const before = (await stage.ok(['list', '--json'])).stdout;
    const lines = [
      ['upload', disk, '--name', name],
      ['upload', disk, '--name', `local:${name}`],
      ['create', name],
      ['create', `local:${name}`],
      ['import', name, '--url', 'https://example.org/x.qcow2', '-p', 'local'],
      ['copy', 'local:web', `local:${name}`],
      ['patch', id, '--name', name],
      ['patch', id, '--json-patch', await patchFile('name.json', [{ op: 'replace', path: '/name', value: name }])],
      ['patch', id, '--merge-patch', await patchFile('merge.json', { name })],
    ];
    for (const line of lines) {
      const refused = await stage.run([...line, '--json']);
      expect(errorOf(refused), line.join(' ')).toMatchObject({ code: 'USAGE', exitCode: 2 });
      expect(errorOf(refused).message).toContain('cannot hold control characters');
    }
    expect((await stage.ok(['list', '--json'])).stdout).toBe(before);
  });
});

describe('a value in a patch document', () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['visibility', 'secret'],
    ['visibility', 'Public'],
    ['visibility', 7],
    ['minDiskBytes', -5],
    ['minDiskBytes', 1.5],
    ['minDiskBytes', 1e300],
    ['minRamBytes', -1],
    ['minRamBytes', '512MiB'],
    ['protected', 'yes'],
    ['hidden', 1],
    ['name', ''],
    ['name', 5],
    ['tags', 'one'],
    ['properties', { a: 1 }],
  ];
  it.each(wrong)('%s %j is refused with 2, and the image stays as it is', async (field, value) => {
    const id = await stage.queued('there');
    const before = (await stage.ok(['show', id, '--json'])).stdout;
    for (const line of [
      ['--merge-patch', await patchFile('m.json', { [field]: value })],
      ['--json-patch', await patchFile('j.json', [{ op: 'add', path: `/${field}`, value }])],
    ]) {
      const refused = await stage.run(['patch', id, ...line, '--json']);
      expect(errorOf(refused), line.join(' ')).toMatchObject({ code: 'USAGE', exitCode: 2 });
    }
    expect((await stage.ok(['show', id, '--json'])).stdout).toBe(before);
  });
});
