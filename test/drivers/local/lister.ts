import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { makeCall } from '../../../src/core/call.ts';
import local from '../../../src/drivers/local/index.ts';
import { openSession } from '../../support/open-session.ts';

/**
 * Lists a folder several times in a process of its own: `lister.mjs FOLDER TIMES`. A line for each: images found, CPU in ms, and that of the least that could
 * be done instead, which is to ask the system about each of its files.
 */
const [folder = '', times = '1'] = process.argv.slice(2);
const blobs = path.join(folder, 'blobs', 'sha256');

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

for (let round = 0; round < Number(times); round += 1) {
  const { session } = openSession(local, { path: folder });
  const call = makeCall({ signal: new AbortController().signal, retries: 0, limits: {}, note: () => undefined });
  const before = process.cpuUsage();
  let found = 0;
  for await (const _image of session.require('list').run({ filters: {}, own: {}, scope: 'mine', hidden: false }, call))
    found += 1;
  const listing = cpuSince(before);
  const beside = process.cpuUsage();
  for (const name of readdirSync(blobs)) JSON.stringify(statSync(path.join(blobs, name)));
  process.stdout.write(`${found} ${listing} ${cpuSince(beside)}\n`);
}
