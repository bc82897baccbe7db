import { describe, expect, it } from 'vitest';
import { allOf, everything, failureOf, testCall } from '../conformance/stage.ts';
import { gather, makeContent } from '../support/content.ts';
import { valuesFor, type User } from './real-cloud.ts';
import { as, bed, missing, names, open, patch, show, unique, uploaded } from './site.ts';

describe.skipIf(missing !== undefined)(
  missing === undefined
    ? 'a real site: who we are and what we may'
    : `a real site: who we are and what we may (no real Glance: ${missing})`,
  () => {
    describe('sign-in', () => {
      it('tells who we are, in every region', async () => {
        for (const region of Object.keys(bed.glance)) {
          const identity = await as('demo', region).probe(testCall());
          expect(identity).toMatchObject({ who: 'demo@demo', missing: {}, details: { region, projectId: bed.projects.demo } });
          expect(identity.details.endpoint).toBe(`${bed.glance[region] ?? ''}/v2`);
        }
      });

      it('with an application credential, by id and by name', async () => {
        const base = { authUrl: bed.keystone, region: 'RegionOne', applicationCredentialSecret: 'appcred-secret' };
        for (const how of [
          { applicationCredentialId: bed.applicationCredentialId },
          { applicationCredentialName: 'bed', username: 'demo', userDomain: 'Default' },
        ])
          expect((await open({ ...base, ...how }).probe(testCall())).who).toBe('demo@demo');
        const wrong = { ...base, applicationCredentialId: bed.applicationCredentialId, applicationCredentialSecret: 'wrong' };
        await failureOf(open(wrong).probe(testCall()), 'AUTH');
        await failureOf(open({ ...base, applicationCredentialId: 'f'.repeat(32) }).probe(testCall()), 'AUTH');
      });

      it('refused in Keystone’s words', async () => {
        const error = await failureOf(open({ ...valuesFor(bed, 'demo'), password: 'wrong' }).probe(testCall()), 'AUTH');
        expect(error.message).toContain('The request you have made requires authentication.');
        await failureOf(open(valuesFor(bed, 'demo', 'Atlantis')).probe(testCall()), 'CONFIG');
      });

      it('behind prefixes, as a Platform9 has them: list over pages, upload and download', async () => {
        const { authUrl: _other, ...values } = valuesFor(bed, 'demo', 'Prefixed');
        const pcd = open({ ...values, host: bed.keystone });
        const content = makeContent({ format: 'raw' }, { seed: 3 });
        const { id } = await pcd.require('upload').run({ description: { name: unique('pcd') }, content, extras: {} }, testCall());
        const download = await pcd.require('download').run({ id }, testCall());
        expect((await gather(download.open())).equals(content.data)).toBe(true);
        expect((await gather(download.open(1000, 1999))).equals(content.data.subarray(1000, 2000))).toBe(true);
        const found = await allOf(
          pcd.require('list').run({ ...everything, filters: { name: (await show(id)).name } }, testCall()),
        );
        expect(found.map((image) => image.id)).toEqual([id]);
      });
    });
    describe('who may do what', () => {
      it('a plain member may not publish: refused with the reason, before any byte, and nothing is left', async () => {
        const name = unique('public');
        const content = makeContent({ format: 'raw' });
        const upload = as('demo')
          .require('upload')
          .run({ description: { name, visibility: 'public' }, content, extras: {} }, testCall());
        const error = await failureOf(upload, 'AUTH');
        expect(error.exitCode).toBe(4);
        expect(error.message).toContain('You are not authorized to complete publicize_image action.');
        expect(content.opened()).toBe(0);
        expect(await names({ filters: { name } })).toEqual([]);
        const { id } = await uploaded({ name: unique('private') });
        expect((await failureOf(patch(id, { visibility: 'public' }), 'AUTH')).message).toContain('publicize_image');
      });

      it('an administrator publishes once the data is there', async () => {
        const image = await uploaded({ name: unique('public'), visibility: 'public', protected: true }, 'admin');
        expect(image).toMatchObject({ status: 'active', visibility: 'public', protected: true });
        expect(await names({ filters: { name: image.name }, scope: 'all' })).toEqual([image.name]);
        expect(await names({ filters: { name: image.name } })).toEqual([]);
        await failureOf(as('demo').require('delete').run({ id: image.id }, testCall()), 'CONFLICT', 'AUTH');
        await failureOf(as('demo').require('deactivate').run({ id: image.id }, testCall()), 'AUTH');
        await patch(image.id, { protected: false }, 'admin');
        await as('admin').require('delete').run({ id: image.id }, testCall());
      });

      it('a plain member may not copy between stores', async () => {
        const { id } = await uploaded({ name: unique('copy') });
        const error = await failureOf(
          as('demo')
            .require('replicate')
            .run({ id, add: ['cheap'], remove: [] }, testCall()),
          'AUTH',
        );
        expect(error.exitCode).toBe(4);
        expect(error.message).toMatch(/copy_image|not authorized|forbidden/i);
      });
    });
    describe('sharing', () => {
      const share = (user: User, id: string, action: 'add' | 'remove' | 'accept' | 'reject' | 'list') =>
        as(user)
          .require('share')
          .run({ id, action, ...(action === 'add' || action === 'remove' ? { with: bed.projects.alt ?? '' } : {}) }, testCall());

      it('with another project, which accepts and rejects for itself', async () => {
        const { id, name } = await uploaded({ name: unique('shared') });
        const theirs = () => names({ filters: { name } }, 'alt');
        await share('demo', id, 'add');
        expect(await theirs()).toEqual([]);
        expect(await names({ own: { member_status: 'pending', name } }, 'alt')).toEqual([name]);
        expect(await share('alt', id, 'accept')).toMatchObject([{ with: bed.projects.alt, state: 'accepted' }]);
        expect(await theirs()).toEqual([name]);
        await failureOf(patch(id, { name: 'theirs now' }, 'alt'), 'AUTH');
        expect(await share('alt', id, 'reject')).toMatchObject([{ state: 'rejected' }]);
        expect(await theirs()).toEqual([]);
        await share('demo', id, 'remove');
        await failureOf(show(id, 'alt'), 'NOT_FOUND');
      });

      it('only of an image that is for sharing', async () => {
        const { id } = await uploaded({ name: unique('private'), visibility: 'private' });
        await failureOf(share('demo', id, 'add'), 'CONFLICT');
        expect(await share('demo', id, 'list')).toEqual([]);
      });
    });
  },
);
