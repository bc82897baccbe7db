// Lists of a real Glance (test/live/openstack-bed), beside the programs that are made for it.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareEnv, bin, has, inTurn } from './measure.mjs';
import { figure, ms, row, skipped } from './row.mjs';

const node = process.execPath;
const bed = fileURLToPath(new URL('../live/openstack-bed', import.meta.url));
const seed = fileURLToPath(new URL('seed.py', import.meta.url));
const images = 5000;
const runs = 11;

const run = (program, args) => {
  const { status, stderr } = spawnSync(program, args, { env: bareEnv(), stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? `${program} ended with ${status}`);
};

/** A Keystone and a Glance of so many workers with 5,000 images of demo's and one of alt's. Throws where they cannot be had here. */
function up(folder, port, workers) {
  run('bash', [bed, 'up', folder, '--port', String(port), '--workers', String(workers), '--owner', String(process.pid)]);
  run('/usr/bin/python3', [seed, folder, 'demo', String(images)]);
  run('/usr/bin/python3', [seed, folder, 'alt', '1']);
  const { keystone, glance } = JSON.parse(readFileSync(path.join(folder, 'bed.json'), 'utf8'));
  return { folder, keystone, glance: glance.RegionOne, down: () => run('bash', [bed, 'down', folder]) };
}

/** The variables that all of OpenStack's programs read, and imgctl too. */
const envOf = ({ keystone, folder }, user) =>
  bareEnv({
    OS_AUTH_URL: `${keystone}/v3`,
    OS_USERNAME: user,
    OS_PASSWORD: `${user}-secret`,
    OS_PROJECT_NAME: user,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: 'RegionOne',
    OS_IDENTITY_API_VERSION: '3',
    IMGCTL_CONFIG_DIR: path.join(folder, 'imgctl'),
  });

/** What somebody without a client writes: sign in, and page after page of 1,000. */
const paging = ({ glance, folder }) => `
auth='{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"'$OS_USERNAME'","domain":{"name":"Default"},"password":"'$OS_PASSWORD'"}}},"scope":{"project":{"name":"'$OS_PROJECT_NAME'","domain":{"name":"Default"}}}}}'
token=$(curl -sf -D - -o ${folder}/token.json -H 'content-type: application/json' -d "$auth" $OS_AUTH_URL/auth/tokens | sed -n 's/^x-subject-token: //Ip' | tr -d '\\r')
next='/v2/images?limit=1000'
while [ -n "$next" ]; do
  curl -sf -H "x-auth-token: $token" -o ${folder}/page.json "${glance}$next"
  jq '.images[]' ${folder}/page.json
  next=$(jq -r '.next // empty' ${folder}/page.json)
done
`;

const list = `${node} ${bin} list -p env:openstack -o json`;
const openstack = 'openstack image list -f json';

/** The programs that are there, with what they are called in the table. */
const rivals = (named) => named.filter(([command]) => has(command.split(' ')[0]));

async function smallList(at) {
  const others = rivals([
    [openstack, '≤ 0.17 ×'],
    ['glance image-list', '≤ 0.25 ×'],
  ]);
  const [ours, ...theirs] = await inTurn([list, ...others.map(([command]) => command)], runs, { env: envOf(at, 'alt') });
  return theirs.map((their, index) =>
    row('`list -o json` of 1 image, real Glance', `\`${others[index][0]}\``, ours, their, others[index][1], 'cpu', ms),
  );
}

/** `goal`: for the time of whoever pages by hand. */
async function longList(at, work, goal) {
  const script = path.join(at.folder, 'paging.sh');
  writeFileSync(script, paging(at));
  const others = rivals([[openstack]]).map(([command]) => command);
  const [ours, paged, client] = await inTurn([list, `bash -euo pipefail ${script}`, ...others], runs, { env: envOf(at, 'demo') });
  return [
    row(work, '`curl` + `jq`, pages of 1,000', ours, paged, goal),
    figure(`${work}: CPU of imgctl`, `${ours.cpu.toFixed(2)} s`, '≤ 0.5 s'),
    ...(client
      ? [row(work, `\`${openstack}\``, ours, client, '≤ 0.2 ×'), row(work, `\`${openstack}\``, ours, client, '≤ 0.1 ×', 'cpu')]
      : [skipped(`${work}, beside the client`, 'no openstack')]),
  ];
}

export const glance = {
  name: 'glance',
  async run({ folder }) {
    const missing = ['curl', 'jq'].filter((program) => !has(program));
    if (missing.length > 0) return [skipped('lists of a real Glance', `no ${missing.join(', ')}`)];
    const rows = [];
    for (const [workers, port] of [
      [0, 15_810],
      [4, 15_820],
    ]) {
      const work = `${images.toLocaleString('en')} images, real Glance${workers > 0 ? ` of ${workers} workers` : ''}`;
      let at;
      try {
        at = up(path.join(folder, `bed-${workers}`), port, workers);
      } catch (error) {
        rows.push(skipped(work, error.message));
        continue;
      }
      try {
        if (workers === 0) rows.push(...(await smallList(at)));
        rows.push(...(await longList(at, work, workers === 0 ? '≤ 1.1 ×' : '< 1 ×')));
      } finally {
        at.down();
      }
    }
    return rows;
  },
};
