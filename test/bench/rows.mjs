// What is measured. Each group makes what it needs below `folder`, and gives its rows.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { makeDisk, sh } from './disk.mjs';
import { ebs } from './ebs.mjs';
import { glance } from './glance.mjs';
import { holes } from './holes.mjs';
import { incus } from './incus.mjs';
import { lists, localStore, openstackEnv, tables } from './lists.mjs';
import { bareEnv, bin, has, inTurn, peakMemory } from './measure.mjs';
import { plan } from './plan.mjs';
import { published } from './published.mjs';
import { registry } from './registry.mjs';
import { ms, row, skipped } from './row.mjs';

const GiB = 2 ** 30;
const node = process.execPath;

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

const linodeEnv = (origin, folder) =>
  bareEnv({
    IMGCTL_CONFIG_DIR: path.join(folder, 'linode'),
    TMPDIR: folder,
    IMGCTL_PROFILE: 'l',
    IMGCTL_PROFILE_L_PROVIDER: 'linode',
    IMGCTL_PROFILE_L_TOKEN: 't',
    IMGCTL_PROFILE_L_REGION: 'us-ord',
    IMGCTL_PROFILE_L_ENDPOINT: origin,
  });

const transfers = {
  name: 'transfer',
  async run({ folder, sink }) {
    if (!has('curl')) return [skipped('uploads and downloads', 'no curl')];
    const raw = path.join(folder, 'disk.raw');
    sh(`head -c ${2 * GiB} /dev/urandom > ${raw}`);
    const origin = await sink({});
    const env = openstackEnv(origin, { IMGCTL_CONFIG_DIR: path.join(folder, 'transfer'), TMPDIR: folder });
    const up = `${node} ${bin} upload ${raw} --name x --no-wait -q`;
    const send = `curl -sf -T ${raw} ${origin}/v2/images/x/file`;
    const [ours, curl, hashed] = await inTurn([up, send, `sha512sum ${raw} && ${send}`], 3, { env });
    // Packed already: it is sent as it is, and the provider tells no digest.
    const packed = `${raw}.gz`;
    sh(`gzip -1 -c ${raw} > ${packed}`);
    const [asItIs, sent] = await inTurn(
      [`${node} ${bin} upload ${packed} --name x -q`, `curl -sf -T ${packed} ${origin}/put`],
      5,
      { env: linodeEnv(origin, folder) },
    );
    sh(`rm ${packed}`);
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
      row('upload of a 2 GiB file as it is, SHA-256 on the way', '`curl -T`', asItIs, sent, '≤ 2.2 ×'),
      row('upload of a 2 GiB raw file, SHA-512 and contentId on the way', '`curl -T`, nothing checked', ours, curl, '≤ 1.2 ×'),
      row('the same', '`sha512sum` && `curl -T`', ours, hashed, '≤ 1 ×'),
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
    const env = linodeEnv(origin, folder);
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

export const groups = [
  start,
  lists,
  tables,
  localStore,
  plan,
  published,
  glance,
  incus,
  ebs,
  transfers,
  conversions,
  holes,
  registry,
];
