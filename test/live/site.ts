import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type { Session } from '../../src/core/driver.ts';
import type { Image } from '../../src/core/image.ts';
import type { Changes, Description, ListRequest, OperationName } from '../../src/core/operation.ts';
import driver from '../../src/drivers/openstack/index.ts';
import { allOf, everything, testCall } from '../conformance/stage.ts';
import { makeContent } from '../support/content.ts';
import { openSession } from '../support/open-session.ts';
import { valuesFor, type User } from './real-cloud.ts';
import type { Bed } from './setup.ts';
import { awaited } from '../support/awaited.ts';

const given = inject('bed');
/** Why nothing can be tested; absent: it can. */
export const missing = 'missing' in given ? given.missing : undefined;
export const bed: Bed =
  'missing' in given ? { port: 0, keystone: '', glance: {}, projects: {}, applicationCredentialId: '' } : given;

const run = randomBytes(3).toString('hex');
let count = 0;
/** A name that no other test uses: nothing on the bed is shared between tests. */
export const unique = (word: string): string => `live-${run}-${(count += 1)}-${word}`;

const sessions = new Map<string, Session>();
/** A session with these values, kept for the file. */
export function open(values: Readonly<Record<string, string>>): Session {
  const key = JSON.stringify(values);
  const session = sessions.get(key) ?? openSession(driver, values).session;
  sessions.set(key, session);
  return session;
}

export const as = (user: User, region?: string): Session => open(valuesFor(bed, user, region));
export const show = (id: string, user: User = 'demo'): Promise<Image> => as(user).require('show').run({ id }, testCall());
export const patch = (id: string, changes: Changes, user: User = 'demo'): Promise<Image> =>
  as(user).require('patch').run({ id, changes, extras: {} }, testCall());
const list = (request: Partial<ListRequest>, user: User = 'demo'): Promise<readonly Image[]> =>
  allOf(
    as(user)
      .require('list')
      .run({ ...everything, ...request }, testCall()),
  );
export const names = async (request: Partial<ListRequest>, user: User = 'demo'): Promise<readonly string[]> =>
  (await list(request, user)).map((image) => image.name);

/** Uploads 1 MiB under a description. */
export const uploaded = (
  description: Description & { readonly name: string },
  user: User = 'demo',
  more: { readonly place?: string; readonly extras?: Readonly<Record<string, string>> } = {},
): Promise<Image> =>
  as(user)
    .require('upload')
    .run({ description, content: makeContent({ format: 'raw' }), extras: {}, ...more }, testCall());

/** Looks until the work is done or has failed. */
export async function outcome(
  id: string,
  verb: OperationName,
  done: (image: Image) => boolean,
  user: User = 'demo',
  region?: string,
): Promise<Image> {
  const since = new Date().toISOString();
  for (const until = Date.now() + 100_000; ;) {
    const image = await awaited(as(user, region), { verb, image: id, since });
    if (image.status === 'failed' || done(image)) return image;
    if (Date.now() > until) throw new Error(`${id} is still ${image.providerStatus}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
