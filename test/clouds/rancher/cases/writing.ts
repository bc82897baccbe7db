import { expect } from 'vitest';
import { failureOf, testCall } from '../../../conformance/stage.ts';
import { images, listed, writes, type Cases } from './case.ts';

/** Removal and return, and the writes that only some keys may do. */
export const writing: Cases = {
  R12: {
    title: 'Remove an active image',
    async run(visit) {
      const id = visit.cloud.put({ state: 'active' });
      const error = await failureOf(visit.session.require('delete').run({ id }, testCall()), 'CONFLICT');
      expect(error.message).toContain('1i1 is active');
      expect(error.circumstances.next).toEqual([{ verb: 'deactivate', image: '1i1' }]);
      expect(writes(visit)).toEqual([]);
    },
  },
  R13: {
    title: 'Remove an inactive image by action',
    async run(visit, version) {
      const id = visit.cloud.put({ state: 'inactive' });
      visit.cloud.put({});
      await visit.session.require('delete').run({ id }, testCall());
      expect(writes(visit)).toEqual([`POST ${images(version)}/1i1/?action=remove`]);
      expect(await visit.settled(id, 'delete')).toMatchObject({ status: 'deleted', providerStatus: 'removed' });
      expect((await listed(visit)).map((image) => image.id)).toEqual(['1i2']);
      expect((await visit.show(id)).raw['removed']).toMatch(/Z$/);
    },
  },
  R14: {
    title: 'DELETE refused',
    options: { key: 'superadmin' },
    async run(visit, version) {
      const id = visit.cloud.put({ state: 'active' });
      const error = await failureOf(visit.session.require('delete').run({ id }, testCall()), 'CONFLICT');
      expect(writes(visit)).toEqual([`DELETE ${images(version)}/1i1`]);
      expect(error.message).toContain('is active');
      expect(error.circumstances.next).toEqual([{ verb: 'deactivate', image: '1i1' }]);
    },
  },
  R15: {
    title: 'Purge',
    async run(visit, version) {
      const id = visit.cloud.put({ state: 'removed' });
      const purge = visit.session.require('purge');
      expect(await purge.run({ id }, testCall())).toMatchObject({ status: 'deleting', providerStatus: 'purging' });
      expect(await visit.settled(id, 'purge')).toMatchObject({ status: 'deleted', providerStatus: 'purged' });
      expect((await purge.run({ id }, testCall())).providerStatus).toBe('purged');
      expect(writes(visit)).toEqual([`POST ${images(version)}/1i1/?action=purge`]);
    },
  },
  R16: {
    title: 'Restore on 1.5',
    on: ['1.1', '1.5'],
    async run(visit, version) {
      const id = visit.cloud.put({ state: 'removed', removedAt: Date.now(), removeTime: Date.now() + 60_000 });
      expect((await visit.session.require('restore').run({ id }, testCall())).providerStatus).toBe('restoring');
      expect(writes(visit)).toEqual([`POST ${images(version)}/1i1/?action=restore`]);
      const image = await visit.settled(id, 'restore');
      expect(image.status).toBe('inactive');
      expect(image.raw['removed']).toBeNull();
    },
  },
  R18: {
    title: 'Patch, role with PUT',
    options: { key: 'superadmin' },
    async run(visit, version) {
      const id = visit.cloud.put({ description: 'old' });
      const image = await visit.session
        .require('patch')
        .run({ id, changes: { name: 'new', description: '' }, extras: {} }, testCall());
      expect(image.name).toBe('new');
      expect(writes(visit)).toEqual([`PUT ${images(version)}/1i1`]);
      expect(JSON.parse(visit.cloud.requests().at(-1)?.body ?? '')).toEqual({ name: 'new', description: '' });
    },
  },
  R19: {
    title: 'Patch, role without PUT',
    async run(visit) {
      const id = visit.cloud.put({});
      const error = await failureOf(
        visit.session.require('patch').run({ id, changes: { name: 'new' }, extras: {} }, testCall()),
        'AUTH',
      );
      expect(error.message).toContain('does not let this key change images');
      expect(error.exitCode).toBe(4);
      expect(visit.asked()).toEqual([]);
    },
  },
  R20: {
    title: 'Create, role with POST',
    options: { key: 'superadmin' },
    async run(visit, version) {
      const call = testCall();
      const made = await visit.session.require('create').run({ description: { name: 'x' }, extras: {} }, call);
      expect(made).toMatchObject({ id: '1i1', name: 'x', status: 'pending', providerStatus: 'registering' });
      expect(call.notes).toMatchObject([
        { kind: 'created', id: '1i1' },
        { kind: 'began', job: { verb: 'create', image: '1i1' } },
      ]);
      expect(writes(visit)).toEqual([`POST ${images(version)}`]);
      expect(JSON.parse(visit.cloud.requests().at(-1)?.body ?? '')).toEqual({ name: 'x' });
      expect((await visit.settled(made.id, 'create')).status).toBe('active');
    },
  },
  R21: {
    title: 'Create, role without POST',
    async run(visit) {
      const error = await failureOf(
        visit.session.require('create').run({ description: { name: 'x' }, extras: {} }, testCall()),
        'AUTH',
      );
      expect(error.message).toContain('does not let this key create images');
      expect(visit.asked()).toEqual([]);
    },
  },
};
