// What is measured. Each group makes what it needs below `folder`, and gives its rows.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { bareEnv, bin, has, inTurn, peakMemory } from './measure.mjs';

const GiB = 2 ** 30;
const ms = (seconds) => `${Math.round(seconds * 1000)} ms`;
const s = (seconds) => `${seconds.toFixed(2)} s`;
const node = process.execPath;
const sh = (command, cwd) => execFileSync('bash', ['-c', command], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/** A row that compares CPU, or wall time. */
const row = (work, against, ours, theirs, goal, by = 'wall', show = s) => ({
  work,
  against,
  goal,
  ratio: `${(ours[by] / theirs[by]).toFixed(2)} ×`,
  figures: `${show(ours[by])} : ${show(theirs[by])}${by === 'cpu' ? ' CPU' : ''}`,
});
const skipped = (work, why) => ({ work, against: '', figures: `not measured: ${why}`, ratio: '', goal: '' });

/**
 * A disk with a file system's worth of data between zeros. The data compresses to about a third, also in a window of 4 KiB, which
 * is all that qcow2 allows: words of a small vocabulary, and a quarter of noise.
 */
function makeDisk(file, bytes, dataBytes) {
  const script = `
    const { openSync, writeSync, ftruncateSync } = require('node:fs'); const { randomBytes, randomFillSync } = require('node:crypto');
    const fd = openSync(${JSON.stringify(file)}, 'w'); const piece = 1 << 20; const pieces = ${dataBytes} / piece;
    const words = Array.from({ length: 96 }, () => randomBytes(4 + randomBytes(1)[0] % 12).toString('hex') + ' ');
    const text = Buffer.from(Array.from(randomBytes(1 << 19), (n) => words[n % 96]).join('').slice(0, 4 << 20), 'latin1');
    for (let i = 0; i < pieces; i++) {
      const b = randomBytes(piece);
      for (let at = 0; at < piece; at += 256) { const from = (at * 13 + i * 65599) % (text.length - 192); text.copy(b, at + 64, from, from + 192); }
      writeSync(fd, b, 0, piece, Math.floor(i * (${bytes} - piece) / pieces / 65536) * 65536);
    }
    ftruncateSync(fd, ${bytes});`;
  execFileSync(node, ['-e', script]);
}

const start = {
  name: 'start',
  async run({ folder }) {
    const env = bareEnv({ IMGCTL_CONFIG_DIR: path.join(folder, 'start') });
    const [bare, version, help, listHelp] = await inTurn(
      [`${node} -e 0`, `${node} ${bin} --version`, `${node} ${bin} --help`, `${node} ${bin} list --help`],
      15,
      { env },
    );
    return [
      row('`imgctl --version`', '`node -e 0`', version, bare, '≤ 1.15 ×', 'cpu', ms),
      row('`imgctl --help`', '`node -e 0`', help, bare, '≤ 1.15 ×', 'cpu', ms),
      row('`imgctl list --help`', '`node -e 0`', listHelp, bare, '≤ 1.5 ×', 'cpu', ms),
    ];
  },
};

const plainList = (origin) => `
  const http = require('node:http'); require('node:https');
  const agent = new http.Agent({ keepAlive: true });
  const ask = (method, path, headers, body) => new Promise((resolve) => { const r = http.request('${origin}' + path, { method, headers, agent }, (a) => { let t = ''; a.on('data', (c) => (t += c)); a.on('end', () => resolve({ a, t })); }); r.end(body); });
  (async () => {
    const { a } = await ask('POST', '/v3/auth/tokens', { 'content-type': 'application/json' }, '{}');
    const { t } = await ask('GET', '/v2/images?limit=1000', { 'x-auth-token': a.headers['x-subject-token'] });
    process.stdout.write(JSON.stringify(JSON.parse(t).images, null, 2)); agent.destroy();
  })();`;

const openstackEnv = (origin, more = {}) =>
  bareEnv({
    IMGCTL_PROFILE: 'os',
    IMGCTL_PROFILE_OS_PROVIDER: 'openstack',
    IMGCTL_PROFILE_OS_AUTH_URL: `${origin}/v3`,
    IMGCTL_PROFILE_OS_USERNAME: 'u',
    IMGCTL_PROFILE_OS_PASSWORD: 'p',
    IMGCTL_PROFILE_OS_PROJECT: 'p',
    ...more,
  });

const lists = {
  name: 'list',
  async run({ folder, sink }) {
    const one = await sink({ listed: 25 });
    const script = path.join(folder, 'list.cjs');
    writeFileSync(script, plainList(one));
    const env = openstackEnv(one, { IMGCTL_CONFIG_DIR: path.join(folder, 'list') });
    const [page, plain] = await inTurn([`${node} ${bin} list -o json`, `${node} ${script}`], 11, { env });
    const many = await sink({ listed: 100_000 });
    const flat = peakMemory(['list', '-o', 'jsonl'], {
      env: openstackEnv(many, { IMGCTL_CONFIG_DIR: path.join(folder, 'list') }),
    });
    const slow = await sink({ listed: 25, latencyMs: 200 });
    const fleetEnv = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) =>
        Object.entries(openstackEnv(slow))
          .filter(([key]) => key.startsWith('IMGCTL_PROFILE_OS_'))
          .map(([key, value]) => [key.replace('_OS_', `_P${index}_`), value]),
      ).flat(),
    );
    const config = { IMGCTL_CONFIG_DIR: path.join(folder, 'fleet') };
    const [fleet, alone] = await inTurn([`${node} ${bin} list -A -o json`, `${node} ${bin} list -p p0 -o json`], 5, {
      env: bareEnv({ ...fleetEnv, ...config }),
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
      { work: '100,000 images as jsonl', against: '', figures: `${flat} MiB at most`, ratio: '', goal: '≤ 120 MB' },
      row('50 profiles, 200 ms latency each', 'one of them alone', fleet, alone, '≤ 1.3 ×'),
    ];
  },
};

const transfers = {
  name: 'transfer',
  async run({ folder, sink }) {
    if (!has('curl')) return [skipped('uploads and downloads', 'no curl')];
    const raw = path.join(folder, 'disk.raw');
    sh(`head -c ${2 * GiB} /dev/urandom > ${raw}`);
    const origin = await sink({});
    const env = openstackEnv(origin, { IMGCTL_CONFIG_DIR: path.join(folder, 'transfer'), TMPDIR: folder });
    const up = `${node} ${bin} upload ${raw} --name x --no-wait -q`;
    const [ours, curl] = await inTurn([up, `curl -sf -T ${raw} ${origin}/v2/images/x/file`], 3, { env });
    const file = path.join(folder, 'one.raw');
    sh(`head -c ${GiB} ${raw} > ${file}`);
    const download = await sink({ file });
    const out = path.join(folder, 'out');
    const downEnv = openstackEnv(download, { IMGCTL_CONFIG_DIR: path.join(folder, 'transfer') });
    const id = '00000000-0000-4000-8000-000000000001';
    const [down, tee] = await inTurn(
      [
        `${node} ${bin} download ${id} ${out} --force -q`,
        `curl -sf ${download}/v2/images/${id}/file | tee ${out} | sha512sum > ${out}.sum`,
      ],
      3,
      { env: downEnv },
    );
    const local = bareEnv({
      IMGCTL_CONFIG_DIR: path.join(folder, 'copy'),
      XDG_DATA_HOME: folder,
      IMGCTL_PROFILE_A_PROVIDER: 'local',
      IMGCTL_PROFILE_A_PATH: path.join(folder, 'a'),
      IMGCTL_PROFILE_B_PROVIDER: 'local',
      IMGCTL_PROFILE_B_PATH: path.join(folder, 'b'),
    });
    spawnSync(node, [bin, 'upload', raw, '--name', 'a:x', '-q'], { env: local });
    const [copy, cp] = await inTurn([`${node} ${bin} copy a:x b:x --relay -q`, `cp ${raw} ${out} && sha256sum ${out}`], 3, {
      env: local,
      before: async () => sh(`rm -rf ${path.join(folder, 'b')} ${out}`),
    });
    return [
      row('upload of a 2 GiB raw file, digests included', '`curl -T`', ours, curl, '≤ 1.2 ×; with SHA-256 ≤ 2.2 ×'),
      row('download of 1 GiB, verified', '`curl \\| tee \\| sha512sum`', down, tee, '≤ 0.65 ×'),
      row('copy local → local of 2 GiB, every byte read and verified', '`cp` + `sha256sum`', copy, cp, '≤ 1.2 ×'),
      {
        work: 'peak memory of that upload',
        against: '',
        figures: `${peakMemory(up.split(' ').slice(2), { env })} MiB`,
        ratio: '',
        goal: '≤ 160 MB',
      },
    ];
  },
};

const conversions = {
  name: 'convert',
  async run({ folder, sink }) {
    const missing = ['qemu-img', 'qemu-nbd', 'nbdcopy', 'pigz', 'curl'].filter((program) => !has(program));
    if (missing.length > 0) return [skipped('conversions', `no ${missing.join(', ')}`)];
    const raw = path.join(folder, 'disk.raw');
    makeDisk(raw, 3 * GiB, 600 * 2 ** 20);
    sh(`qemu-img convert -O qcow2 -c disk.raw zlib.qcow2 && qemu-img convert -O qcow2 disk.raw plain.qcow2`, folder);
    const origin = await sink({});
    const env = bareEnv({
      IMGCTL_CONFIG_DIR: path.join(folder, 'convert'),
      TMPDIR: folder,
      IMGCTL_PROFILE: 'l',
      IMGCTL_PROFILE_L_PROVIDER: 'linode',
      IMGCTL_PROFILE_L_TOKEN: 't',
      IMGCTL_PROFILE_L_REGION: 'us-ord',
      IMGCTL_PROFILE_L_ENDPOINT: origin,
    });
    const ours = (file) => `${node} ${bin} upload ${file} --name x -q`;
    const line = (file) =>
      `nbdcopy -- [ qemu-nbd -r -f qcow2 ${file} ] - | pigz -6 -p2 | curl -sf -H 'content-type: application/octet-stream' -T - ${origin}/put`;
    const usual = (file) =>
      `qemu-img convert -O raw ${file} t.raw && gzip -6 -c t.raw > t.gz && curl -sf -T t.gz ${origin}/put; rm -f t.raw t.gz`;
    const at = { env, cwd: folder };
    const [zlib, zlibLine, plain, plainLine] = await inTurn(
      [ours('zlib.qcow2'), line('zlib.qcow2'), ours('plain.qcow2'), line('plain.qcow2')],
      3,
      at,
    );
    const [people] = await inTurn([usual('zlib.qcow2')], 1, at);
    sh(
      'truncate -s 16G sparse.raw && dd if=plain.qcow2 of=sparse.raw conv=notrunc bs=1M count=1024 status=none && rm -f disk.raw',
      folder,
    );
    const [inspect, sum] = await inTurn([`${node} ${bin} inspect sparse.raw --content-id -o id`, 'sha256sum sparse.raw'], 3, at);
    return [
      row(
        'zlib qcow2 (3 GiB, 600 MB of data) → gzip → PUT',
        'nbdcopy [qemu-nbd] \\| pigz -6 \\| curl -T',
        zlib,
        zlibLine,
        '≤ 0.25 ×',
      ),
      row('the same', 'qemu-img convert; gzip -6; curl -T', zlib, people, '≤ 0.125 ×'),
      row('uncompressed qcow2 → gzip → PUT', 'nbdcopy [qemu-nbd] \\| pigz -6 \\| curl -T', plain, plainLine, '≤ 0.35 ×'),
      row('contentId of 16 GiB sparse raw, 1 GiB of data', '`sha256sum` of it', inspect, sum, '≤ 0.15 ×'),
      {
        work: 'peak memory, zlib qcow2 → gzip → PUT',
        against: '',
        figures: `${peakMemory(['upload', 'zlib.qcow2', '--name', 'x', '-q'], at)} MiB`,
        ratio: '',
        goal: '≤ 160 MB',
      },
      ...[
        ['`contentId` of the 16 GiB sparse raw', ['inspect', 'sparse.raw', '--content-id', '-o', 'id']],
        ['16 GiB sparse raw → gzip → PUT', ['upload', 'sparse.raw', '--name', 'x', '-q']],
        ['16 GiB sparse raw → qcow2', ['convert', 'sparse.raw', 'sparse.qcow2', '--force', '-q']],
      ].map(([work, args]) => ({
        work: `peak memory, ${work}`,
        against: '',
        figures: `${peakMemory(args, at)} MiB`,
        ratio: '',
        goal: '≤ 160 MB',
      })),
    ];
  },
};

export const groups = [start, lists, transfers, conversions];
