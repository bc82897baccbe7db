import { makeCall } from '../../../src/core/call.ts';
import local from '../../../src/drivers/local/index.ts';
import { openSession } from '../../support/open-session.ts';

/** Lists a folder several times in a process of its own: `lister.mjs FOLDER TIMES`. A line for each: images found, CPU in ms. */
const [folder = '', times = '1'] = process.argv.slice(2);

for (let round = 0; round < Number(times); round += 1) {
  const { session } = openSession(local, { path: folder });
  const call = makeCall({ signal: new AbortController().signal, retries: 0, limits: {}, note: () => undefined });
  const before = process.cpuUsage();
  let found = 0;
  for await (const _image of session.require('list').run({ filters: {}, own: {}, scope: 'mine', hidden: false }, call))
    found += 1;
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${found} ${(user + system) / 1000}\n`);
}
