import { expect } from 'vitest';
import type { Member, ShareRequest } from '../../src/core/operation.ts';
import { failureOf, testCall, type Stage } from './stage.ts';

export function shareTests(stage: Stage): void {
  const partner = stage.partner ?? 'f00d0000c0ffee00f00d0000c0ffee00';
  const share = (request: ShareRequest): Promise<readonly Member[]> =>
    stage.open().session.require('share').run(request, testCall());
  const members = async (id: string): Promise<readonly string[]> =>
    (await share({ id, action: 'list' })).map((member) => member.with);

  stage.test('gives access and takes it away', async () => {
    const id = await stage.active();
    expect(await members(id)).toEqual([]);
    await share({ id, action: 'add', with: partner });
    const [member, ...more] = await share({ id, action: 'list' });
    expect(more).toEqual([]);
    expect(member?.with).toBe(partner);
    expect(['pending', 'accepted']).toContain(member?.state);
    await share({ id, action: 'remove', with: partner });
    expect(await members(id)).toEqual([]);
  });

  stage.test('does not take away what was not given', async () => {
    await failureOf(share({ id: await stage.active(), action: 'remove', with: partner }), 'NOT_FOUND');
  });

  stage.test('does not share an id that is not there', async () => {
    await failureOf(share({ id: stage.missing, action: 'add', with: partner }), 'NOT_FOUND');
  });
}
