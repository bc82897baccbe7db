import { describe, expect, it } from 'vitest';
import type { Changes } from '../../../src/core/operation.ts';
import { onRancher, patientCall } from '../../clouds/rancher/visit.ts';
import { failure, failureOf, testCall } from '../../conformance/stage.ts';

const json = { 'content-type': 'application/json' };

describe('actions of rancher', () => {
  it('follows an action link whatever its shape', () =>
    onRancher({ tricks: { opaqueActions: true } }, async (visit) => {
      const id = visit.cloud.put({ state: 'active' });
      await visit.session.require('deactivate').run({ id }, testCall());
      expect((await visit.settled(id, 'deactivate')).status).toBe('inactive');
      expect(visit.asked().join()).not.toContain('?action=');
    }));

  it('R17 says that restore is absent for good on 1.6, also where the frozen schema names it', async () => {
    for (const path of ['/v1/projects/1a5', '/v2-beta/projects/1a5'])
      await onRancher({ version: '1.6', path }, async (visit) => {
        const id = visit.cloud.put({ state: 'removed' });
        const error = await failureOf(visit.session.require('restore').run({ id }, testCall()), 'UNSUPPORTED');
        expect(error.message, path).toContain('1.6');
        expect(visit.cloud.requests().every(({ method }) => method === 'GET')).toBe(true);
      });
  });

  it('does not say so of an image that was never removed', () =>
    onRancher({ version: '1.5' }, async (visit) => {
      const id = visit.cloud.put({ state: 'active' });
      const error = await failureOf(visit.session.require('restore').run({ id }, testCall()), 'CONFLICT');
      expect(error.message).toContain('1i1 is active');
      expect(error.message).toContain('only: deactivate');
    }));

  it('refuses every change to a key that may only read, before looking at the image', () =>
    onRancher({ key: 'readonly' }, async (visit) => {
      const id = visit.cloud.put({ state: 'active' });
      for (const verb of ['deactivate', 'reactivate', 'delete', 'restore', 'purge'] as const)
        expect((await failure(visit.session.require(verb).run({ id }, testCall()))).code, verb).toBe('AUTH');
      expect(visit.asked()).toEqual([]);
      const { missing } = await visit.session.probe(testCall());
      expect(Object.keys(missing).sort()).toEqual(['create', 'deactivate', 'delete', 'patch', 'purge', 'reactivate', 'restore']);
    }));

  it('counts a purge as done when the server was quicker, by 422 and by 409', () =>
    onRancher({ transitionMs: 60_000 }, async (visit) => {
      const purge = visit.session.require('purge');
      const id = visit.cloud.put({ state: 'removed' });
      visit.cloud.tricks.afterRead = () => visit.cloud.start(id, 'purge');
      expect((await purge.run({ id }, testCall())).providerStatus).toBe('purging');
      const other = visit.cloud.put({ state: 'removed' });
      visit.cloud.fail({
        kind: 'answer',
        status: 409,
        headers: json,
        body: '{"type":"error","status":409,"code":"Conflict","message":"Conflict"}',
        on: ({ method }) => method === 'POST',
      });
      visit.cloud.tricks.afterRead = () => visit.cloud.start(other, 'purge');
      expect((await purge.run({ id: other }, testCall())).providerStatus).toBe('purging');
    }));

  it('survives a connection that drops after the action was taken', () =>
    onRancher({ transitionMs: 60_000 }, async (visit) => {
      const id = visit.cloud.put({ state: 'active' });
      visit.cloud.tricks.afterRead = () => visit.cloud.start(id, 'deactivate');
      visit.cloud.fail({ kind: 'drop', on: ({ method }) => method === 'POST' });
      expect((await visit.session.require('deactivate').run({ id }, patientCall())).providerStatus).toBe('deactivating');
    }));

  it('removes by DELETE what offers no action, where the key may', () =>
    onRancher({ key: 'superadmin' }, async (visit) => {
      const id = visit.cloud.put({ state: 'removing' });
      await visit.session.require('delete').run({ id }, testCall());
      expect(visit.asked().map((line) => line.split(' ')[0])).toEqual(['GET', 'DELETE']);
    }));
});

describe('changing on rancher', () => {
  it('is a failure where the server accepts a change and drops it', () =>
    onRancher({ key: 'superadmin' }, async (visit) => {
      const id = visit.cloud.put({ name: 'old', description: 'kept' });
      const body = JSON.stringify((await visit.show(id)).raw);
      const drops = () =>
        visit.cloud.fail({ kind: 'answer', status: 200, headers: json, body, on: ({ method }) => method === 'PUT' });
      const patch = (changes: Changes) => visit.session.require('patch').run({ id, changes, extras: {} }, testCall());
      drops();
      const error = await failureOf(patch({ name: 'new', description: 'kept' }), 'PROVIDER');
      expect(error.message).toContain('name is "old"');
      expect(error.message).not.toContain('description');
      drops();
      await failureOf(patch({ description: null }), 'PROVIDER');
      expect(await patch({ name: null, description: 'x' })).toMatchObject({ name: '', description: 'x' });
    }));
});

describe('waiting on rancher', () => {
  it('takes a new image that is only requested for work that goes on', () =>
    onRancher({ key: 'superadmin' }, async (visit) => {
      const body = JSON.stringify({ id: '1i7', type: 'image', state: 'requested', name: 'x', created: 5, transitioning: 'no' });
      visit.cloud.fail({ kind: 'answer', status: 201, headers: json, body, on: ({ method }) => method === 'POST' });
      const made = await visit.session.require('create').run({ description: { name: 'x' }, extras: {} }, testCall());
      expect(made).toMatchObject({ id: '1i7', status: 'pending', providerStatus: 'requested' });
      expect(made.createdAt, 'a date that is no text').toBeUndefined();
    }));

  it('shows how far a transition is, and that it goes on', () =>
    onRancher({}, async (visit) => {
      const id = visit.cloud.put({ state: 'active', percent: 40 });
      visit.cloud.pace.stick = true;
      visit.cloud.start(id, 'deactivate');
      visit.cloud.advance(86_400_000);
      const since = new Date().toISOString();
      expect(await visit.show(id, { verb: 'deactivate', since })).toMatchObject({
        status: 'pending',
        providerStatus: 'deactivating',
        progress: { percent: 40, message: 'In Progress' },
      });
    }));

  it('does not take requested for rest', () =>
    onRancher({}, async (visit) => {
      const id = visit.cloud.put({ state: 'requested' });
      const image = await visit.show(id, { verb: 'create', since: new Date().toISOString() });
      expect(image).toMatchObject({ status: 'pending', providerStatus: 'requested', raw: { transitioning: 'no' } });
    }));

  it('says so when the image came to rest elsewhere', () =>
    onRancher({}, async (visit) => {
      const since = new Date().toISOString();
      const id = visit.cloud.put({ state: 'active' });
      const image = await visit.show(id, { verb: 'deactivate', since });
      expect(image).toMatchObject({ status: 'failed', providerStatus: 'active' });
      expect(image.progress?.message).toContain('ended up active instead of inactive');
      const gone = visit.cloud.put({ state: 'removed' });
      expect((await visit.show(gone, { verb: 'purge', since })).status).toBe('failed');
      expect((await visit.show(gone, { verb: 'delete', since })).status).toBe('deleted');
      expect((await visit.show(id)).status).toBe('active');
    }));
});
