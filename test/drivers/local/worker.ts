import { setTimeout as sleep } from 'node:timers/promises';
import { makeCall } from '../../../src/core/call.ts';
import local from '../../../src/drivers/local/index.ts';
import type { Call } from '../../../src/core/operation.ts';
import { contentOf } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';
import { diskOf } from './disk.ts';

/**
 * Works on a folder in a process of its own: `worker.mjs FOLDER NAME COUNT [IMAGE | stall]`. Each round makes an image of
 * its own (queued, filled, patched, every third one deleted again) and, where IMAGE is given, adds a tag to that one.
 * One line on stdout for every image that is finished: `done ID` or `gone ID`. With `stall` the last image of COUNT gets
 * the first bytes of its disk only: `stalled` is printed, and nothing happens any more until it is killed.
 */
const [folder = '', name = '', count = '0', shared] = process.argv.slice(2);
/** Waits between two chunks of the disk, for ever where it shall stall. */
async function slowly(round: number, offset: number): Promise<void> {
  if (shared !== 'stall' || round < Number(count) - 1 || offset === 0) return sleep(2);
  process.stdout.write('stalled\n');
  await sleep(2 ** 31 - 1);
}
const call: Call = makeCall({ signal: new AbortController().signal, retries: 0, limits: {}, note: () => undefined });
const { session } = openSession(local, { path: folder });

for (let round = 0; round < Number(count); round += 1) {
  const title = `${name}-${round}`;
  if (shared !== undefined && shared !== 'stall') {
    await session
      .require('patch')
      .run({ id: shared, changes: { addTags: [title], properties: { [title]: 'yes' } }, extras: {} }, call);
    continue;
  }
  const data = diskOf(title);
  const content = {
    ...contentOf(data, { format: 'raw' }, data.length, { before: (offset) => slowly(round, offset) }),
    repeatable: false,
  };
  const { id } = await session.require('create').run({ description: { name: title }, extras: {} }, call);
  await session.require('upload').run({ into: id, description: { name: title }, content, extras: {} }, call);
  await session.require('patch').run({ id, changes: { description: title, addTags: ['finished'] }, extras: {} }, call);
  process.stdout.write(`done ${id}\n`);
  if (round % 3 !== 2) continue;
  await session.require('delete').run({ id }, call);
  process.stdout.write(`gone ${id}\n`);
}
