import { describe, expect, it } from 'vitest';
import { useOpenstackCli } from '../clouds/openstack/cli.ts';
import { errorOf } from './stage.ts';

const cli = useOpenstackCli();

/** Marks that a command of their own takes away, and what is told to be typed. */
const kept: Readonly<Record<string, RegExp>> = {
  'imgctl.channel.stable':
    /imgctl channel set NAME@stable (demo:)?IMAGE or .*rollback NAME@stable.* or imgctl channel delete NAME@stable/,
  'imgctl.channelLog.stable':
    /imgctl channel set NAME@stable (demo:)?IMAGE or .*rollback NAME@stable.* or imgctl channel delete NAME@stable/,
  'imgctl.managed': /imgctl patch (demo:)?IMAGE --unmanage/,
  'imgctl.name': /imgctl patch (demo:)?IMAGE --unmanage/,
  'imgctl.retired': /imgctl patch (demo:)?IMAGE --unmanage/,
  'imgctl.wanted': /imgctl patch (demo:)?IMAGE --unmanage/,
  'imgctl.marksOf': /imgctl patch (demo:)?IMAGE --unmanage/,
};
/** What is imgctl's own, and goes by its name as any property does. */
const free = ['imgctl.revoked', 'imgctl.contentId', 'imgctl.source.url'];

type Way = (name: string) => readonly [args: readonly string[], stdin?: unknown];
const merge = (content: unknown): ReturnType<Way> => [['--merge-patch', '-'], content];
const steps = (...content: readonly unknown[]): ReturnType<Way> => [['--json-patch', '-'], content];

/** Every way to remove one property. */
const byName: Readonly<Record<string, Way>> = {
  '--remove-property': (name) => [['--remove-property', name]],
  'a merge patch': (name) => merge({ properties: { [name]: null } }),
  'a JSON Patch that removes it': (name) => steps({ op: 'remove', path: `/properties/${name}` }),
  'a JSON Patch that moves it': (name) => steps({ op: 'move', from: `/properties/${name}`, path: '/properties/other' }),
  'a JSON Patch that removes it before all are replaced': (name) =>
    steps({ op: 'remove', path: `/properties/${name}` }, { op: 'replace', path: '/properties', value: {} }),
};
/** Every way to write all of the properties. */
const ofAll: Readonly<Record<string, ReturnType<Way>>> = {
  'a merge patch': merge({ properties: null }),
  'a JSON Patch that removes them': steps({ op: 'remove', path: '/properties' }),
  'a JSON Patch that replaces them': steps({ op: 'replace', path: '/properties', value: {} }),
  'a JSON Patch that puts others there': steps({ op: 'add', path: '/properties', value: { b: '2' } }),
};

const own = Object.fromEntries([...Object.keys(kept), ...free].map((name) => [name, 'x']));
const marked = (): string => String(cli.image('web', { ...own, a: '1' }).wire.id);
const properties = async (id: string): Promise<Readonly<Record<string, string>>> =>
  ((await cli.ok(['show', `demo:${id}`, '-o', 'json'])).json() as { properties: Record<string, string> }).properties;
const patched = (id: string, [args, stdin]: ReturnType<Way>) =>
  cli.run(['patch', `demo:${id}`, ...args, '--json'], { stdin: JSON.stringify(stdin) });

describe.each(Object.entries(byName))('what is imgctl’s own, and %s', (_, way) => {
  it.each(Object.entries(kept))('%s stays, and what to type instead is told', async (name, hint) => {
    const id = marked();
    const before = await properties(id);
    const refused = await patched(id, way(name));
    expect([refused.exitCode, await properties(id)]).toEqual([2, before]);
    expect(errorOf(refused)).toMatchObject({
      message: `property ${name} is removed by imgctl only`,
      hint: expect.stringMatching(hint) as string,
    });
  });

  it.each(free)('%s goes', async (name) => {
    const id = marked();
    const done = await patched(id, way(name));
    expect([done.exitCode, done.stderr]).toEqual([0, '']);
    expect(Object.keys(await properties(id))).not.toContain(name);
    expect(await properties(id)).toMatchObject(Object.fromEntries(Object.keys(kept).map((mark) => [mark, 'x'])));
  });
});

it('a mark in other letters stays too: some providers do not tell cases apart', async () => {
  const refused = await patched(marked(), [['--remove-property', 'IMGCTL.Channel.stable']]);
  expect(refused.exitCode).toBe(2);
});

it.each(Object.entries(ofAll))('%s, of all properties, leaves what is imgctl’s own', async (_, way) => {
  const id = marked();
  const done = await patched(id, way);
  expect([done.exitCode, done.stderr]).toEqual([0, '']);
  const after = await properties(id);
  expect(after).toMatchObject(own);
  expect(Object.keys(after)).not.toContain('a');
});

it('a revocation is taken back by its name, and a channel may point there again', async () => {
  const id = String(cli.image('web').wire.id);
  await cli.ok(['channel', 'revoke', `demo:${id}`, '--reason', 'by mistake', '--yes']);
  await cli.ok(['patch', `demo:${id}`, '--remove-property', 'imgctl.revoked']);
  expect(Object.keys(await properties(id)).filter((name) => name.startsWith('imgctl.'))).toEqual([]);
  await cli.ok(['reactivate', `demo:${id}`]);
  await cli.ok(['channel', 'set', 'web@stable', `demo:${id}`]);
  expect((await cli.ok(['resolve', 'demo:web@stable'])).stdout.trim()).toBe(id);
});
