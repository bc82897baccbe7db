import { describe, expect, it } from 'vitest';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { opened } from './stage.ts';

describe('an image with several names', () => {
  it('shows all of them, the shortest as its own, and is found by each', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'webs' }]);
    for (const alias of ['web', 'a/b c']) cloud.images.aliases.set(alias, { target: id, description: '' });
    for (const name of ['web', 'webs', 'a/b c', id])
      expect(await session.require('show').run({ id: name }, testCall())).toMatchObject({
        id,
        name: 'web',
        aliases: ['a/b c', 'webs'],
      });
    await failureOf(session.require('show').run({ id: 'nobody' }, testCall()), 'NOT_FOUND');
  });

  it('gets and loses names by patch; one that leads elsewhere is a CONFLICT, and stays there', async () => {
    const { session, cloud } = await opened();
    const [id = '', other = ''] = await cloud.seed([{ name: 'web' }, { name: 'db' }]);
    const patch = (extras: Record<string, string>) => session.require('patch').run({ id, changes: {}, extras }, testCall());
    expect(await patch({ alias: 'webb, webbb' })).toMatchObject({ name: 'web', aliases: ['webb', 'webbb'] });
    expect(await patch({ removeAlias: 'webb,nobody' })).toMatchObject({ aliases: ['webbb'] });
    await failureOf(patch({ alias: 'db' }), 'CONFLICT');
    await failureOf(patch({ removeAlias: 'db' }), 'CONFLICT');
    await failureOf(patch({ alias: '.' }), 'USAGE');
    expect(cloud.images.aliases.get('db')?.target).toBe(other);
  });

  it('is made with them or not at all', async () => {
    const { session, cloud } = await opened();
    const [db = ''] = await cloud.seed([{ name: 'db' }]);
    const upload = (alias: string) =>
      session
        .require('upload')
        .run({ description: { name: 'web' }, content: makeContent({ format: 'qcow2' }), extras: { alias } }, testCall());
    await failureOf(upload('w2,db'), 'CONFLICT');
    expect([...cloud.images.byId.keys()]).toEqual([db]);
    expect(await upload('w2')).toMatchObject({ name: 'w2', aliases: ['web'] });
  });

  it('a name that is taken is told before a byte is sent', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web' }]);
    const request = { description: { name: 'web' }, content: makeContent({ format: 'qcow2' }), nameMustBeFree: true, extras: {} };
    expect((await failureOf(session.require('upload').run(request, testCall()), 'CONFLICT')).message).toContain(id);
    expect(cloud.requests().every(({ method }) => method === 'GET')).toBe(true);
  });
});

describe('an expiry', () => {
  it('is set, and everything else stays as it was', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web', properties: { os: 'x' }, isPublic: true }]);
    const image = cloud.images.byId.get(id);
    if (image) image.profiles = ['own'];
    const patch = (expiresAt: string) => session.require('patch').run({ id, changes: {}, extras: { expiresAt } }, testCall());
    expect(await patch('2031-01-02')).toMatchObject({
      expiresAt: '2031-01-02T00:00:00Z',
      visibility: 'public',
      properties: { os: 'x' },
    });
    expect(await patch('2032-01-02T05:00:00+02:00')).toMatchObject({ expiresAt: '2032-01-02T03:00:00Z' });
    expect(image).toMatchObject({ profiles: ['own'], public: true });
  });

  it.each(['never', '', '1970-01-01', '2031-13-01', 'tomorrow'])('%s is refused before any request', async (expiresAt) => {
    const { session, cloud } = await opened();
    await failureOf(
      session.require('patch').run({ id: '0'.repeat(64), changes: {}, extras: { expiresAt } }, testCall()),
      'USAGE',
    );
    expect(cloud.requests()).toEqual([]);
  });
});
