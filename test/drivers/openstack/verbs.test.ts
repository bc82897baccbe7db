import { describe, expect, it } from 'vitest';
import type { Changes } from '../../../src/core/operation.ts';
import { projects } from '../../clouds/openstack/keystone.ts';
import { useOpenstack } from '../../clouds/openstack/use.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';

const { cloud, session, bodies } = useOpenstack();
const show = (id: string) => session().require('show').run({ id }, testCall());
const patch = (id: string, changes: Changes) => session().require('patch').run({ id, changes, extras: {} }, testCall());

describe('words of a refusal', () => {
  const html =
    '<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1>It&#x27;s &lt;not&gt; yours.<br /><br />\n\n</body></html>';
  it.each([
    ['JSON', '{"message": "It\'s <not> yours.<br /><br />\\n\\n\\n", "code": "403 Forbidden"}'],
    ['HTML', html],
    ['text', "403 Forbidden\n\nIt's <not> yours.\n\n   "],
  ])('%s', async (_form, body) => {
    const [id = ''] = await cloud().seed([{ name: 'one' }]);
    cloud().fail({
      kind: 'answer',
      status: 403,
      body,
      headers: { 'x-openstack-request-id': 'req-42' },
      on: ({ path }) => path.startsWith('/image/'),
    });
    const error = await failureOf(show(id), 'AUTH');
    expect(error.message).toBe(`reading image ${id}: It's <not> yours. (HTTP 403)`);
    expect(error.circumstances.requestId).toBe('req-42');
  });
});

it('an id is never taken for a path, however it is written', async () => {
  const [id = ''] = await cloud().seed([{ name: 'one' }]);
  await show(id);
  cloud().forget();
  for (const bad of [
    '',
    '.',
    '..',
    'a/b',
    `${id}/file`,
    `${id}%2Ffile`,
    `..%2f${id}`,
    'a\0b',
    '%2e%2e',
    'a b',
    'a?b',
    'a#b',
    'a\\b',
  ])
    await failureOf(show(bad), 'USAGE');
  expect(cloud().requests()).toEqual([]);
});

describe('patch', () => {
  it('sends add, replace and remove in one request of Glance’s own type', async () => {
    const [id = ''] = await cloud().seed([{ name: 'one', tags: ['a', 'b'], properties: { old: '1', same: '2' } }]);
    const changes: Changes = {
      name: 'two',
      minDiskBytes: 1024 ** 3 + 1,
      minRamBytes: 1,
      hidden: true,
      description: 'd',
      removeTags: ['a'],
      addTags: ['c'],
      properties: { 'a/b~c': 'x', same: '2' },
      removeProperties: ['old', 'never-there'],
    };
    await patch(id, changes);
    expect(
      cloud()
        .requests()
        .find(({ method }) => method === 'PATCH')?.headers['content-type'],
    ).toBe('application/openstack-images-v2.1-json-patch');
    expect(bodies('PATCH')).toEqual([
      [
        { op: 'replace', path: '/name', value: 'two' },
        { op: 'add', path: '/description', value: 'd' },
        { op: 'replace', path: '/os_hidden', value: true },
        { op: 'replace', path: '/min_disk', value: 2 },
        { op: 'replace', path: '/min_ram', value: 1 },
        { op: 'replace', path: '/tags', value: ['b', 'c'] },
        { op: 'add', path: '/a~1b~0c', value: 'x' },
        { op: 'remove', path: '/old' },
      ],
    ]);
  });

  it('sends nothing when nothing changes', async () => {
    const [id = ''] = await cloud().seed([{ name: 'one', tags: ['a'] }]);
    await patch(id, { name: 'one', addTags: ['a'], description: null, protected: null });
    expect(bodies('PATCH')).toEqual([]);
  });

  it('refuses what is no property, or cannot be cleared, before anything is changed', async () => {
    const [id = ''] = await cloud().seed([{ name: 'one' }]);
    for (const changes of [
      { properties: { status: 'active' } },
      { removeProperties: ['os_hidden'] },
      { properties: { os_glance_x: '1' } },
      { visibility: null },
    ])
      await failureOf(patch(id, changes), 'USAGE');
    expect(bodies('PATCH')).toEqual([]);
  });

  it('of a format that is settled is a conflict, of a visibility that is not ours AUTH', async () => {
    const [id = ''] = await cloud().seed([{ name: 'one' }]);
    await failureOf(patch(id, { diskFormat: 'qcow2' }), 'CONFLICT');
    expect((await failureOf(patch(id, { visibility: 'public' }), 'AUTH')).message).toContain('publicize_image');
  });
});

describe('the rest', () => {
  it('share: the receiving side answers for its own project', async () => {
    const [id = ''] = await cloud().seed([{ name: 'one' }]);
    const share = (action: 'add' | 'accept' | 'reject' | 'list', as = 'demo') =>
      session(as)
        .require('share')
        .run({ id, action, ...(action === 'add' ? { with: projects.alt ?? '' } : {}) }, testCall());
    await share('add');
    expect(await share('accept', 'alt')).toMatchObject([{ with: projects.alt, state: 'accepted' }]);
    expect(await share('reject', 'alt')).toMatchObject([{ state: 'rejected' }]);
    await failureOf(share('accept'), 'NOT_FOUND');
    expect(await share('add'), 'who was invited already').toMatchObject([{ with: projects.alt, state: 'rejected' }]);
  });

  it('share: an image of another visibility is a conflict, with the way out', async () => {
    const [id = ''] = await cloud().seed([{ name: 'one' }]);
    await patch(id, { visibility: 'private' });
    const error = await failureOf(session().require('share').run({ id, action: 'add', with: 'x' }, testCall()), 'CONFLICT');
    expect(error.circumstances).toMatchObject({
      hint: 'Make it shared with:',
      next: [{ verb: 'patch', image: id, options: { visibility: 'shared' } }],
    });
    expect(await session().require('share').run({ id, action: 'list' }, testCall())).toEqual([]);
  });

  it('download: a store that cannot begin in the middle is read from the start', async () => {
    const data = Buffer.from('0123456789'.repeat(1000));
    const [id = ''] = await cloud().seed([{ name: 'one', data }]);
    const download = await session().require('download').run({ id }, testCall());
    cloud().fail({ kind: 'answer', status: 200, body: data.toString(), times: 2, on: ({ path }) => path.endsWith('/file') });
    const read = async (from: number, to?: number) => {
      const chunks: Buffer[] = [];
      for await (const chunk of download.open(from, to)) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString();
    };
    expect(await read(9995)).toBe('56789');
    expect(await read(13, 16)).toBe('3456');
  });

  it('deactivate: a queued image is a conflict; what another project owns is AUTH', async () => {
    const [queued = '', theirs = ''] = await cloud().seed([
      { name: 'q', status: 'queued' },
      { name: 'p', isPublic: true },
    ]);
    const deactivate = (id: string) => session().require('deactivate').run({ id }, testCall());
    await failureOf(deactivate(queued), 'CONFLICT');
    await failureOf(deactivate(theirs), 'AUTH');
    await failureOf(session().require('delete').run({ id: theirs }, testCall()), 'AUTH');
  });

  it('create: counts up to whole units, and keeps the site’s words about an id', async () => {
    const create = (more: object) =>
      session()
        .require('create')
        .run({ description: { name: 'c', minDiskBytes: 1.5 * 1024 ** 3, minRamBytes: 1 }, extras: {}, ...more }, testCall());
    expect(await create({})).toMatchObject({ minDiskBytes: 2 * 1024 ** 3, minRamBytes: 1024 ** 2, containerFormat: 'bare' });
    await failureOf(create({ id: 'not-a-uuid' }), 'USAGE');
  });
});
