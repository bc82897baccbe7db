import { expect } from 'vitest';
import rancher from '../../../../src/drivers/rancher/index.ts';
import { allOf, everything, failure, failureOf, testCall } from '../../../conformance/stage.ts';
import { openSession } from '../../../support/open-session.ts';
import { onRancher, patientCall } from '../visit.ts';
import { images, listed, root, type Cases } from './case.ts';

/** Discovery, keys, projects, URLs and origins. */
export const connecting: Cases = {
  R01: {
    title: 'Discovery and plain list',
    async run(visit, version) {
      visit.cloud.put({ state: 'active' });
      visit.cloud.put({ state: 'active' });
      visit.cloud.put({ state: 'inactive' });
      const found = await listed(visit);
      await listed(visit);
      expect(found.map(({ id, name, status }) => [id, name, status])).toEqual([
        ['1i1', 'img-1', 'active'],
        ['1i2', 'img-2', 'active'],
        ['1i3', 'img-3', 'inactive'],
      ]);
      expect(found[0]?.createdAt).toBe('2017-03-01T10:01:00Z');
      const paths = visit.cloud.requests().map(({ path }) => path.split('?')[0]);
      expect(paths).toEqual([`${root(version)}/projects/1a5/schemas`, images(version), images(version)]);
      expect(new URLSearchParams(visit.cloud.requests()[1]?.path.split('?')[1]).get('removed_null')).toBe('1');
      for (const { headers } of visit.cloud.requests()) {
        expect(headers['accept']).toBe('application/json');
        expect(headers['authorization']).toBe(`Basic ${Buffer.from('ENVKEY:made-up-secret-4711').toString('base64')}`);
        expect(headers).not.toHaveProperty('cookie');
        expect(headers['user-agent']).not.toMatch(/mozilla/i);
      }
    },
  },
  R22: {
    title: 'Bad key',
    async run({ cloud }) {
      const { session, traces } = openSession(rancher, { ...cloud.values, secretKey: 'wrong-secret-0815' });
      const error = await failureOf(allOf(session.require('list').run(everything, patientCall())), 'AUTH');
      expect(error.message).toContain(cloud.origin);
      expect(error.circumstances.next).toEqual([{ verb: 'profile show' }]);
      expect([error.message, error.stack, ...traces].join()).not.toContain('wrong-secret-0815');
      expect(cloud.requests().length).toBe(1);
    },
  },
  R23: {
    title: 'Project not yours',
    async run({ cloud }, version) {
      const { session } = openSession(rancher, { ...cloud.values, url: `${cloud.origin}${root(version)}/projects/1a999` });
      const error = await failureOf(allOf(session.require('list').run(everything, testCall())), 'AUTH');
      expect(`${error.message} ${error.circumstances.hint ?? ''}`).toContain('1a999');
      expect(error.circumstances.status).toBe(403);
    },
  },
  R24: {
    title: 'Base URL forms',
    async run({ cloud }, version) {
      await cloud.seed([{ name: 'a' }, { name: 'b' }]);
      const paths = [
        '',
        '/',
        '/v1',
        '/v1/',
        '/v1/schemas',
        '/v1/projects/1a5',
        '/v1/projects/1a5/',
        '/v1/projects/1a5/schemas',
        '//v1//projects/1a5',
        '/v1/images',
        '/V1',
      ];
      const newer = ['/v2-beta', '/v2-beta/schemas', '/v2-beta/projects/1a5', '/v2-beta/projects/1a5/schemas'];
      for (const path of version === '1.1' ? paths : [...paths, ...newer]) {
        const { session } = openSession(rancher, { ...cloud.values, url: `${cloud.origin}${path}` });
        const found = await allOf(session.require('list').run(everything, testCall()));
        expect(
          found.map(({ name }) => name),
          path,
        ).toEqual(['a', 'b']);
      }
      cloud.forget();
      const refused = (): unknown => openSession(rancher, { ...cloud.values, url: `${cloud.origin}/v3` });
      expect(refused).toThrow(/Rancher 2/);
      expect(cloud.requests()).toEqual([]);
    },
  },
  R25: {
    title: 'Account key on a project base URL',
    options: { key: 'account' },
    async run(visit, version) {
      await visit.cloud.seed([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
      expect((await listed(visit)).length).toBe(3);
      expect(visit.cloud.requests()[0]?.path).toBe(`${root(version)}/projects/1a5/schemas`);
      const named = openSession(rancher, {
        ...visit.cloud.values,
        url: `${visit.cloud.origin}${root(version)}`,
        project: 'Default',
      });
      expect((await allOf(named.session.require('list').run(everything, testCall()))).length).toBe(3);
    },
  },
  R27: {
    title: 'upload unsupported',
    async run(visit) {
      for (const verb of ['upload', 'download', 'replicate', 'import', 'share'] as const) {
        expect(() => visit.session.require(verb)).toThrow(/rancher does not offer .*container images, not disks/);
      }
      expect(visit.cloud.requests()).toEqual([]);
    },
  },
  R30: {
    title: 'Links to another origin',
    async run(visit) {
      await onRancher({}, async (stranger) => {
        visit.cloud.tricks.linkOrigin = stranger.cloud.origin;
        const error = await failure(listed(visit));
        expect(error.code).toBe('PROVIDER');
        expect(error.message).toContain(stranger.cloud.origin);
        expect(error.message).toContain(visit.cloud.origin);
        expect(stranger.cloud.requests()).toEqual([]);
      });
    },
  },
};
