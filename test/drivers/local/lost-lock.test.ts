import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Session } from '../../../src/core/driver.ts';
import local from '../../../src/drivers/local/index.ts';
import { createLock } from '../../../src/host/lock.ts';
import { breakLock, readLock } from '../../../src/host/lock-folder.ts';
import { allOf, everything, testCall } from '../../conformance/stage.ts';
import { contentOf, gather } from '../../support/content.ts';
import { changes, interruptedAt, type Interruption } from '../../support/interrupted-files.ts';
import { openSession } from '../../support/open-session.ts';
import { diskOf } from './disk.ts';
import { stride } from '../../support/sweep.ts';

const interruption = vi.hoisted((): Interruption => ({}));
vi.mock('node:fs/promises', async (original) => {
  const { interrupted } = await import('../../support/interrupted-files.ts');
  return interrupted(await original(), interruption);
});

const root = mkdtempSync(path.join(tmpdir(), 'imgctl-lost-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const quick = { patienceMs: 60_000, silenceMs: 100, beatMs: 60_000 };
/** As another process would open the folder: with a lock of its own. */
const sessionAt = (folder: string): Session =>
  openSession(local, { path: folder, places: `second=${folder}-second` }, { lock: createLock(quick) }).session;

const disk = diskOf('shared');
const upload = (session: Session, id: string, into?: string): Promise<unknown> =>
  session.require('upload').run(
    {
      ...(into === undefined ? { id } : { into }),
      description: { name: id },
      content: { ...contentOf(disk, { format: 'raw' }, disk.length), repeatable: false },
      extras: {},
    },
    testCall(),
  );
const create = (session: Session, id: string): Promise<unknown> =>
  session.require('create').run({ id, description: { name: id }, extras: {} }, testCall());

/** Whether the change of each verb is to be seen. */
const verbs: Readonly<Record<string, { run(session: Session): Promise<unknown>; isDone(session: Session): Promise<boolean> }>> = {
  create: {
    run: (session) => create(session, 'new'),
    isDone: async (session) => (await idsOf(session)).has('new'),
  },
  upload: {
    run: (session) => upload(session, 'new'),
    isDone: async (session) => (await idsOf(session)).has('new'),
  },
  'upload into a queued record': {
    run: (session) => upload(session, 'queued', 'queued'),
    isDone: async (session) => (await session.require('show').run({ id: 'queued' }, testCall())).status === 'active',
  },
  patch: {
    run: (session) => session.require('patch').run({ id: 'old', changes: { addTags: ['t'] }, extras: {} }, testCall()),
    isDone: async (session) => (await session.require('show').run({ id: 'old' }, testCall())).tags.includes('t'),
  },
  delete: {
    run: (session) => session.require('delete').run({ id: 'old' }, testCall()),
    isDone: async (session) => !(await idsOf(session)).has('old'),
  },
  replicate: {
    run: (session) => session.require('replicate').run({ id: 'old', add: ['second'], remove: [] }, testCall()),
    isDone: async (session) =>
      (await session.require('show').run({ id: 'old' }, testCall())).places.some(({ name }) => name === 'second'),
  },
};

const imagesOf = async (session: Session) => allOf(session.require('list').run(everything, testCall()));
const idsOf = async (session: Session): Promise<ReadonlySet<string>> => new Set((await imagesOf(session)).map(({ id }) => id));

/** Every image that is shown can be read to its end, and nothing is warned of. */
async function expectWhole(session: Session): Promise<void> {
  const call = testCall();
  for (const image of await allOf(session.require('list').run(everything, call))) {
    if (image.status !== 'active') continue;
    const data = await gather((await session.require('download').run({ id: image.id }, testCall())).open());
    expect(data.equals(disk), image.id).toBe(true);
  }
  expect(call.notes).toEqual([]);
}

/** What another process does that takes this one for dead: it takes over, and puts in the very disk that this one works on. */
async function takeOver(folder: string): Promise<void> {
  for (const each of [folder, `${folder}-second`]) {
    const lock = path.join(each, 'imgctl', 'index.lock');
    const holding = await readLock(lock).catch(() => undefined);
    if (holding) await breakLock(lock, holding);
  }
  await upload(sessionAt(folder), 'other');
}

describe('a process that stood still while another one took over its lock', () => {
  it.each(Object.entries(verbs))(
    '%s is done, or it failed and is not; what the other did stays',
    async (name, { run, isDone }) => {
      const outcomes: string[] = [];
      const template = path.join(root, `${name}-template`);
      await upload(sessionAt(template), 'old');
      await create(sessionAt(template), 'queued');
      for (let number = 1; ; number += stride(3)) {
        const folder = path.join(root, `${name.replaceAll(' ', '-')}-${number}`);
        cpSync(template, folder, { recursive: true });
        const { result, calls } = await interruptedAt(
          interruption,
          number,
          () => takeOver(folder),
          () => run(sessionAt(folder)),
          changes,
        );
        if (calls < number) break;
        const after = sessionAt(folder);
        const where = `${name}, interrupted before call ${number}`;
        expect(await idsOf(after), where).toContain('other');
        await expectWhole(after);
        const failure = result.status === 'rejected' ? (result.reason as { code: string; message: string }) : undefined;
        if (failure) expect(failure, `${where}: ${failure.message}`).toMatchObject({ code: 'CONFLICT' });
        expect(await isDone(after), `${where}: ${failure?.message ?? 'done'}`).toBe(failure === undefined);
        outcomes.push(failure ? 'lost' : 'done');
        rmSync(folder, { recursive: true });
        rmSync(`${folder}-second`, { recursive: true, force: true });
      }
      expect(new Set(outcomes)).toEqual(new Set(['lost', 'done']));
    },
  );
});
