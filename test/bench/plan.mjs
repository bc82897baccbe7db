// A plan over many accounts, beside the plan of one of them.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fleetEnv } from './lists.mjs';
import { bareEnv, bin, inTurn, peakMemory } from './measure.mjs';
import { figure, row } from './row.mjs';

export const plan = {
  name: 'plan',
  async run({ folder, sink }) {
    const origin = await sink({ listed: 200, latencyMs: 200 });
    const env = bareEnv({ ...fleetEnv(origin), IMGCTL_CONFIG_DIR: path.join(folder, 'plan') });
    writeFileSync(path.join(folder, 'web.raw'), Buffer.alloc(2 ** 20, 'x'));
    const planOf = (target) => {
      const file = path.join(folder, `${target.replace('*', 's')}.json`);
      writeFileSync(
        file,
        JSON.stringify({ manifest: 'fleet', images: [{ name: 'web', source: './web.raw', targets: [target] }] }),
      );
      return ['plan', '-f', file, '-o', 'json', '-q'];
    };
    const lineOf = (target) => [process.execPath, bin, ...planOf(target)].join(' ');
    const [fleet, alone] = await inTurn([lineOf('p*'), lineOf('p0')], 7, { env });
    return [
      row(
        '`plan` over 50 profiles of 200 images and 200 hidden ones, 200 ms latency each',
        'one of them alone',
        fleet,
        alone,
        '≤ 1.3 ×',
      ),
      figure('peak memory of it', `${peakMemory(planOf('p*'), { env })} MiB`, '≤ 160 MB'),
    ];
  },
};
