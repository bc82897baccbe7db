// Lists: over loopback HTTP, as tables, of many profiles, and of the local store.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bareEnv, bin, firstBytes, has, inTurn, peakMemory } from './measure.mjs';
import { figure, ms, row, skipped } from './row.mjs';

const node = process.execPath;
const runs = 11;

/** The requests of a list, without a program around them. */
const plainList = (origin) => `
  const http = require('node:http'); require('node:https');
  const agent = new http.Agent({ keepAlive: true });
  const ask = (method, path, headers, body) => new Promise((resolve) => { const r = http.request('${origin}' + path, { method, headers, agent }, (a) => { let t = ''; a.on('data', (c) => (t += c)); a.on('end', () => resolve({ a, t })); }); r.end(body); });
  (async () => {
    const { a } = await ask('POST', '/v3/auth/tokens', { 'content-type': 'application/json' }, '{}');
    const { t } = await ask('GET', '/v2/images?limit=1000', { 'x-auth-token': a.headers['x-subject-token'] });
    process.stdout.write(JSON.stringify(JSON.parse(t).images, null, 2)); agent.destroy();
  })();`;

/** The environment of a profile of a sink. */
export const openstackEnv = (origin, more = {}) =>
  bareEnv({
    IMGCTL_PROFILE: 'os',
    IMGCTL_PROFILE_OS_PROVIDER: 'openstack',
    IMGCTL_PROFILE_OS_AUTH_URL: `${origin}/v3`,
    IMGCTL_PROFILE_OS_USERNAME: 'u',
    IMGCTL_PROFILE_OS_PASSWORD: 'p',
    IMGCTL_PROFILE_OS_PROJECT: 'p',
    ...more,
  });

/** The same for fifty of them, P0 to P49. */
export const fleetEnv = (origin) =>
  Object.fromEntries(
    Array.from({ length: 50 }, (_, index) =>
      Object.entries(openstackEnv(origin))
        .filter(([key]) => key.startsWith('IMGCTL_PROFILE_OS_'))
        .map(([key, value]) => [key.replace('_OS_', `_P${index}_`), value]),
    ).flat(),
  );

export const lists = {
  name: 'list',
  async run({ folder, sink }) {
    const config = { IMGCTL_CONFIG_DIR: path.join(folder, 'list') };
    const one = await sink({ listed: 25 });
    const script = path.join(folder, 'list.cjs');
    writeFileSync(script, plainList(one));
    const [page, plain] = await inTurn([`${node} ${bin} list -o json`, `${node} ${script}`], runs, {
      env: openstackEnv(one, config),
    });
    const many = openstackEnv(await sink({ listed: 100_000 }), config);
    const flat = peakMemory(['list', '-o', 'jsonl'], { env: many });
    const [firstLine, firstPage] = await firstBytes(
      [
        ['list', '-o', 'jsonl'],
        ['list', '-o', 'jsonl', '--limit', '1000', '--all'],
      ],
      runs,
      many,
    );
    const slow = await sink({ listed: 25, latencyMs: 200 });
    const [fleet, alone] = await inTurn([`${node} ${bin} list -A -o json`, `${node} ${bin} list -p p0 -o json`], runs, {
      env: bareEnv({ ...fleetEnv(slow), ...config }),
    });
    return [
      row(
        '`list -o json`, one page, sign-in included',
        'a `node:http` script',
        page,
        plain,
        '≤ 1.8 × (24), ≤ 2.5 × (20)',
        'cpu',
        ms,
      ),
      figure('peak memory of 100,000 images as jsonl', `${Math.round(flat * 1.048576)} MB`, '≤ 120 MB'),
      row('the first line of them', 'the first line of a list of one page', firstLine, firstPage, '≤ 1.5 ×', 'wall', ms),
      row('50 profiles, 200 ms latency each', 'one of them alone', fleet, alone, '≤ 1.3 ×'),
    ];
  },
};

export const tables = {
  name: 'table',
  async run({ folder, sink }) {
    const work = '10,000 rows as a table on a terminal';
    if (!has('script')) return [skipped(work, 'no script(1)')];
    const env = openstackEnv(await sink({ listed: 10_000 }), { IMGCTL_CONFIG_DIR: path.join(folder, 'table'), TERM: 'xterm' });
    const drawn = (format) => `script -qefc "stty cols 160 rows 50; ${node} ${bin} list -o ${format}" /dev/null < /dev/null`;
    const [table, json] = await inTurn([drawn('table'), drawn('json')], runs, { env });
    return [row(work, 'the same as JSON', table, json, '≤ 1.5 ×', 'cpu', ms)];
  },
};

/** Makes `count` images out of the only one of a local store, each with documents of its own. */
function multiply(store, count) {
  const blob = (digest) => path.join(store, 'blobs', 'sha256', digest.replace('sha256:', ''));
  const put = (text) => {
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    writeFileSync(blob(digest), text);
    return digest;
  };
  const file = path.join(store, 'index.json');
  const index = JSON.parse(readFileSync(file, 'utf8'));
  const [entry] = index.manifests;
  const id = entry.annotations['org.opencontainers.image.ref.name'];
  const manifest = JSON.parse(readFileSync(blob(entry.digest), 'utf8'));
  const parts = [manifest.config, ...manifest.layers].filter(({ digest }) => existsSync(blob(digest)));
  const part = parts.find(({ digest, size }) => size < 65_536 && readFileSync(blob(digest), 'utf8').includes(id));
  if (!part) throw new Error(`no record of ${id} in ${store}`);
  const record = readFileSync(blob(part.digest), 'utf8');
  index.manifests = Array.from({ length: count }, (_, number) => {
    const own = `${String(number).padStart(8, '0')}${id.slice(8)}`;
    part.digest = put(record.replaceAll(id, own));
    const text = JSON.stringify(manifest);
    return {
      ...entry,
      digest: put(text),
      size: Buffer.byteLength(text),
      annotations: { ...entry.annotations, 'org.opencontainers.image.ref.name': own },
    };
  });
  writeFileSync(file, JSON.stringify(index));
  return { file, last: index.manifests.at(-1).annotations['org.opencontainers.image.ref.name'] };
}

export const localStore = {
  name: 'local',
  async run({ folder }) {
    if (!has('jq')) return [skipped('the local store of 10,000 images', 'no jq')];
    const store = path.join(folder, 'store');
    const env = bareEnv({
      IMGCTL_CONFIG_DIR: path.join(folder, 'local'),
      IMGCTL_PROFILE: 'l',
      IMGCTL_PROFILE_L_PROVIDER: 'local',
      IMGCTL_PROFILE_L_PATH: store,
    });
    const raw = path.join(folder, 'small.raw');
    // No text, which would be refused.
    writeFileSync(raw, Buffer.alloc(1 << 20, 0x80));
    execFileSync(node, [bin, 'upload', raw, '--name', 'x', '-q'], { env, stdio: 'ignore' });
    const { file, last } = multiply(store, 10_000);
    const ref = '.annotations["org.opencontainers.image.ref.name"]';
    execFileSync(node, [bin, 'list', '-o', 'id'], { env, stdio: 'ignore' });
    const printed = path.join(folder, 'printed.json');
    writeFileSync(printed, execFileSync(node, [bin, 'list', '-o', 'json'], { env, maxBuffer: 1 << 28 }));
    const [list, jqList, jqPrinted, show, jqShow] = await inTurn(
      [
        `${node} ${bin} list -o json`,
        `jq '.manifests' ${file}`,
        `jq . ${printed}`,
        `${node} ${bin} show ${last} -o json`,
        `jq '.manifests[] | select(${ref} == "${last}")' ${file}`,
      ],
      runs,
      { env },
    );
    const against = '`jq` over its index';
    return [
      row('local store of 10,000 images: `list -o json`', against, list, jqList, '≤ 2 ×', 'cpu', ms),
      row('the same', '`jq` over the same images in one file', list, jqPrinted, '', 'cpu', ms),
      row('the same: `show ID`', against, show, jqShow, '≤ 2 ×', 'cpu', ms),
    ];
  },
};
