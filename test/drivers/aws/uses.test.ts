import { afterEach, beforeEach, expect, it } from 'vitest';
import driver from '../../../src/drivers/aws/index.ts';
import { mayBeUsed } from '../../../src/core/uses.ts';
import type { ImageUses } from '../../../src/core/operation.ts';
import { testCall } from '../../conformance/stage.ts';
import { ec2Error, startAws, type RunningAws } from '../../clouds/aws/index.ts';
import { account, stranger, type FakeImage } from '../../clouds/aws/store.ts';
import { openSession } from '../../support/open-session.ts';

let cloud: RunningAws;
beforeEach(async () => {
  cloud = await startAws();
});
afterEach(() => cloud.stop());

/** What is told of an image that was looked at before `then`. */
async function usesOf(id: string, then: () => void = () => undefined): Promise<ImageUses> {
  const { session } = openSession(driver, cloud.values);
  const image = await session.require('show').run({ id }, testCall());
  then();
  const [uses] = await session.require('uses').run({ images: [image] }, testCall());
  if (!uses) throw new Error('no answer');
  return uses;
}

const partner = '444455556666';
const instances = { kind: 'instance', of: 'others', reason: 'the instances of other accounts cannot be seen' };

it.each<[string, Partial<FakeImage>, Pick<ImageUses, 'uses' | 'unasked'>]>([
  ['nobody but its owner', {}, { uses: [], unasked: [] }],
  ['an account', { holders: new Set([partner]) }, { uses: [{ kind: 'share', id: partner }], unasked: [instances as never] }],
  ['everybody', { holders: new Set(['all']) }, { uses: [], unasked: [instances as never] }],
  [
    'us, of somebody else',
    { owner: stranger, holders: new Set([account]) },
    { uses: [], unasked: [{ kind: 'share', of: 'others', reason: 'only its owner is told who has it' }] },
  ],
])('an image that may be launched by %s', async (_who, more, told) => {
  const { uses, unasked } = await usesOf(cloud.put({ name: 'web' }, more));
  expect({ uses, unasked }).toEqual(told);
});

it.each<[string, number, string, string]>([
  ['this user may not ask', 403, 'UnauthorizedOperation', 'You are not authorized to perform this operation.'],
  ['the question fails', 500, 'InternalError', 'An internal error has occurred'],
])('who has it is not known where %s: that counts as used, and the rest is told', async (_why, status, code, words) => {
  const id = cloud.put({ name: 'web' });
  cloud.store.instances.push({ id: 'i-0123456789abcdef0', image: id });
  const headers = { 'content-type': 'text/xml' };
  const refuse = (): void =>
    cloud.fail({
      kind: 'answer',
      status,
      headers,
      body: ec2Error(code, words),
      on: ({ path }) => path.includes('Attribute=launchPermission'),
    });
  const told = await usesOf(id, () => {
    for (let tries = 0; tries < 8; tries += 1) refuse();
  });
  expect(told.uses.map(({ kind, id: what }) => [kind, what])).toEqual([['instance', 'i-0123456789abcdef0']]);
  expect(told.unasked.map(({ kind }) => kind)).toEqual(['share']);
  expect(mayBeUsed(told)).toBe(true);
});
