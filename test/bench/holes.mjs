// Disks of which most is holes: work and room are to go by their data.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { makeDisk, sh } from './disk.mjs';
import { bareEnv, bin, has, inTurn, peakMemory } from './measure.mjs';
import { figure, row, skipped } from './row.mjs';

const [MiB, GiB] = [2 ** 20, 2 ** 30];
const node = process.execPath;

/** MiB that a file or folder takes. */
const room = (file) => Number(execFileSync('du', ['-sm', file]).toString().split('\t')[0]);

export const holes = {
  name: 'holes',
  async run({ folder }) {
    if (!has('qemu-img')) return [skipped('disks of holes', 'no qemu-img')];
    makeDisk(path.join(folder, 'h3.raw'), 3 * GiB, 200 * MiB);
    makeDisk(path.join(folder, 'h32.raw'), 32 * GiB, 64 * MiB);
    // The next version: 20 MiB of it are others.
    sh(
      'cp --sparse=always h3.raw h3b.raw && head -c 20M /dev/urandom | dd of=h3b.raw bs=1M seek=1000 conv=notrunc status=none',
      folder,
    );
    sh('sync h3.raw h3b.raw h32.raw', folder);
    const env = bareEnv({
      IMGCTL_CONFIG_DIR: path.join(folder, 'holes'),
      XDG_DATA_HOME: folder,
      TMPDIR: folder,
      IMGCTL_PROFILE: 's',
      IMGCTL_PROFILE_S_PROVIDER: 'local',
      IMGCTL_PROFILE_S_PATH: path.join(folder, 's'),
    });
    const imgctl = (args) => `${node} ${bin} ${args} -q`;
    const fresh = async () => sh('sync; rm -rf s h.qcow2 h.out', folder);
    const at = { env, cwd: folder, before: fresh };
    const one = async (command, times = 3) => (await inTurn([command], times, at))[0];
    const upload = (file, more = '') => imgctl(`upload ${file} --name x --if-exists rename ${more}`);
    const convert = (file, more = '') => `qemu-img convert -O qcow2 ${file} h.qcow2${more}`;
    const [up, bare, durable, single] = await inTurn(
      [upload('h3.raw'), convert('h3.raw'), convert('h3.raw', ' && sync h.qcow2'), upload('h3.raw', '--set layout=single')],
      5,
      at,
    );
    const [up32, bare32, inspect32, convert32] = await inTurn(
      [
        upload('h32.raw'),
        convert('h32.raw', ' && sync h.qcow2'),
        imgctl('inspect h32.raw -o id'),
        imgctl('convert h32.raw h.qcow2'),
      ],
      5,
      at,
    );
    const single32 = await one(upload('h32.raw', '--set layout=single'), 1);
    await fresh();
    sh(
      upload('h3.raw').replace(node, `IMGCTL_PROFILE=s IMGCTL_PROFILE_S_PROVIDER=local IMGCTL_PROFILE_S_PATH=s ${node}`),
      folder,
    );
    const first = room(path.join(folder, 's'));
    const [second] = await inTurn([upload('h3b.raw')], 1, { env, cwd: folder });
    const both = room(path.join(folder, 's'));
    const [down, dense] = await inTurn([imgctl('download x h.out --force'), 'cp h3.raw h.out && sync h.out'], 3, {
      env,
      cwd: folder,
    });
    return [
      row('upload of 3 GiB of which 200 MiB are data to a folder', '`qemu-img convert -O qcow2` && `sync`', up, durable, '≤ 3 ×'),
      row('the same', '`qemu-img convert -O qcow2`, which syncs nothing', up, bare, '≤ 3 ×'),
      row('the same', 'the same with `layout=single`', up, single, ''),
      figure('room that it takes', `${first} MiB for 200 MiB of data`, '≤ 1.1 ×'),
      figure('the next version of it, 20 MiB of which are others', `${second.wall.toFixed(2)} s, ${both - first} MiB more`, ''),
      row('download of it', '`cp` && `sync`', down, dense, ''),
      row(
        'upload of 32 GiB of which 64 MiB are data to a folder',
        '`qemu-img convert -O qcow2` && `sync`',
        up32,
        bare32,
        '≤ 3 ×',
      ),
      row('the same', 'the same with `layout=single`', up32, single32, '≤ 0.1 ×'),
      row('`inspect` of it', '`qemu-img convert -O qcow2` && `sync`', inspect32, bare32, ''),
      row('`convert` of it to qcow2', '`qemu-img convert -O qcow2` && `sync`', convert32, bare32, ''),
      figure(
        'peak memory of that upload',
        `${peakMemory(['upload', 'h32.raw', '--name', 'y', '-q'], { env, cwd: folder })} MiB`,
        '≤ 160 MB',
      ),
      figure(
        'peak memory of that download',
        `${peakMemory(['download', 'x', 'h.out', '--force', '-q'], { env, cwd: folder })} MiB`,
        '≤ 160 MB',
      ),
    ];
  },
};
