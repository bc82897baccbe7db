import { expect } from 'vitest';
import { failureOf, testCall } from '../../../conformance/stage.ts';
import { patientCall } from '../visit.ts';
import { images, writes, type Cases } from './case.ts';

const hour = 3_600_000;

/** Actions that are taken, refused, raced and retried. */
export const acting: Cases = {
  R07: {
    title: 'Deactivate and wait',
    options: { transitionMs: hour },
    async run(visit, version) {
      const id = visit.cloud.put({ state: 'active' });
      const begun = await visit.session.require('deactivate').run({ id }, testCall());
      expect(begun).toMatchObject({ status: 'pending', providerStatus: 'deactivating', progress: { message: 'In Progress' } });
      expect(visit.asked()).toEqual([`GET ${images(version)}/1i1`, `POST ${images(version)}/1i1/?action=deactivate`]);
      visit.cloud.forget();
      const settled = visit.settled(id, 'deactivate');
      await expect.poll(() => visit.asked().length).toBeGreaterThan(1);
      visit.cloud.advance(hour);
      expect(await settled).toMatchObject({ status: 'inactive', providerStatus: 'inactive' });
    },
  },
  R08: {
    title: 'Action not offered',
    async run(visit) {
      const id = visit.cloud.put({ state: 'removed' });
      const error = await failureOf(visit.session.require('deactivate').run({ id }, testCall()), 'CONFLICT');
      expect(error.message).toContain('1i1 is removed');
      expect(error.message).toContain('only: ');
      expect(error.exitCode).toBe(6);
      // What it asks for is so already: nothing to refuse, and nothing to send.
      const inactive = visit.cloud.put({ state: 'inactive' });
      expect(await visit.session.require('deactivate').run({ id: inactive }, testCall())).toMatchObject({ status: 'inactive' });
      expect(writes(visit)).toEqual([]);
    },
  },
  R09: {
    title: 'Race: offered, then 422',
    async run(visit) {
      const id = visit.cloud.put({ state: 'inactive' });
      visit.cloud.tricks.afterRead = () => void (visit.cloud.row(id).state = 'active');
      const image = await visit.session.require('reactivate').run({ id }, testCall());
      expect(image.status).toBe('active');
      expect(visit.asked().map((line) => line.split(' ')[0])).toEqual(['GET', 'POST', 'GET']);
      visit.cloud.row(id).state = 'inactive';
      visit.cloud.tricks.afterRead = () => void (visit.cloud.row(id).state = 'removed');
      const error = await failureOf(visit.session.require('reactivate').run({ id }, testCall()), 'CONFLICT');
      expect(error.message).toContain('1i1 is removed');
      expect(error.message).not.toContain('null');
    },
  },
  R10: {
    title: '409 is retried',
    async run(visit) {
      const id = visit.cloud.put({ state: 'active' });
      visit.cloud.tricks.conflicts = 1;
      const call = patientCall();
      const times: number[] = [];
      const begun = await visit.session
        .require('deactivate')
        .run({ id }, { ...call, note: (event) => void (event.kind === 'retry' && times.push(event.afterMs)) });
      expect(begun.providerStatus).toBe('deactivating');
      expect(writes(visit).length).toBe(2);
      expect(times.length).toBe(1);
      expect(times[0]).toBeGreaterThanOrEqual(100);
      expect(call.retries.left).toBe(4);

      const other = visit.cloud.put({ state: 'active' });
      visit.cloud.tricks.conflicts = 100;
      visit.cloud.forget();
      const error = await failureOf(visit.session.require('deactivate').run({ id: other }, patientCall()), 'CONFLICT');
      expect(error.message).toContain('Conflict');
      expect(writes(visit).length).toBe(3);
    },
  },
  R11: {
    title: 'Transition ends in error',
    async run(visit) {
      const id = visit.cloud.put({ state: 'inactive' });
      visit.cloud.pace.failWith = 'storage pool is gone';
      expect((await visit.session.require('reactivate').run({ id }, testCall())).status).toBe('pending');
      expect(await visit.settled(id, 'reactivate')).toMatchObject({
        status: 'failed',
        providerStatus: 'inactive',
        progress: { message: 'storage pool is gone' },
      });
    },
  },
};
