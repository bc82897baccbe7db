import { describe, expect, it } from 'vitest';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();
const id = `blocks-sha256:${'a'.repeat(64)}`;

/** Every way in which a user can give a property, by what follows `imgctl`. */
const ways: readonly (readonly [string, (file: string) => readonly string[]])[] = [
  ['create', () => ['create', 'new', '--property', `imgctl.contentId=${id}`]],
  ['upload', (file) => ['upload', file, '--name', 'new', '--property', `imgctl.contentId=${id}`]],
  ['import', () => ['import', 'new', '--url', 'http://127.0.0.1:9/x', '--disk-format', 'raw', '--property', `imgctl.x=${id}`]],
  ['copy', () => ['copy', 'local:a', 'local:new', '--property', `IMGCTL.contentId=${id}`]],
  ['patch', () => ['patch', 'a', '--property', `imgctl.contentId=${id}`]],
  ['patch --json-patch', () => ['patch', 'a', '--json-patch', 'json.patch']],
  ['patch --json-patch of all properties', () => ['patch', 'a', '--json-patch', 'all.patch']],
  ['patch --merge-patch', () => ['patch', 'a', '--merge-patch', 'merge.patch']],
];

function documents(): void {
  const properties = { 'imgctl.contentId': id };
  stage.write('json.patch', JSON.stringify([{ op: 'add', path: '/properties/imgctl.contentId', value: id }]));
  stage.write('all.patch', JSON.stringify([{ op: 'replace', path: '/properties', value: properties }]));
  stage.write('merge.patch', JSON.stringify({ properties }));
}

describe('a property that is imgctl’s own', () => {
  it.each(ways)('is not set by %s', async (_, args) => {
    documents();
    await stage.image('a');
    const before = (await stage.ok(['show', 'a', '-o', 'json'])).stdout;
    const given = args(stage.file('seed.raw')).map((arg) => (arg.endsWith('.patch') ? stage.file(arg) : arg));
    const refused = await stage.run([...given, '--json']);
    expect([refused.exitCode, errorOf(refused).message]).toEqual([
      2,
      expect.stringMatching(/^property imgctl\.\w+ is set by imgctl only/i),
    ]);
    expect((await stage.ok(['show', 'a', '-o', 'json'])).stdout).toBe(before);
    expect(await stage.names()).toEqual(['a']);
  });

  it('may be removed, and stays where it is written as it was', async () => {
    await stage.image('a');
    const { properties } = (await stage.ok(['show', 'a', '-o', 'json'])).json() as { properties: Record<string, string> };
    expect(Object.keys(properties)).toContain('imgctl.contentId');
    await stage.ok(['patch', 'a', '--merge-patch', stage.write('m', JSON.stringify({ properties: { ...properties, os: 'x' } }))]);
    await stage.ok(['patch', 'a', '--remove-property', 'imgctl.contentId']);
    expect((await stage.ok(['show', 'a', '-o', 'json'])).json()).toMatchObject({ properties: { os: 'x' } });
  });
});
