// The main job from end to end, on the store that needs no account: run by `npm run quickstart`.
// Makes a disk with a partition and a file system, and takes it through every step; stops at the first that is not as it should be.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/imgctl.cjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-quickstart-'));
const env = { ...process.env, IMGCTL_CONFIG_DIR: path.join(folder, 'config') };
delete env.IMGCTL_PROFILE;
delete env.IMGCTL_OUTPUT;

function imgctl(line, expected = 0) {
  const args = line.split(' ');
  console.log(`\n$ imgctl ${line}`);
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...args], { env, cwd: folder, encoding: 'utf8' });
  process.stdout.write(stdout);
  process.stdout.write(stderr);
  check(status === expected, `that ended with ${status}, not with ${expected}`);
  return stdout;
}

function check(holds, otherwise) {
  if (holds) return;
  console.error(`\nquickstart: ${otherwise}`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}

const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** 32 MiB with an MBR and one FAT16 partition that holds HELLO.TXT. */
function makeDisk(file) {
  const sector = 512;
  const disk = Buffer.alloc(32 * 1024 * 1024);
  const first = 2048;
  const sectors = disk.length / sector - first;
  disk.writeUInt8(0x80, 446);
  disk.writeUInt8(0x0e, 450);
  disk.writeUInt32LE(first, 454);
  disk.writeUInt32LE(sectors, 458);
  disk.writeUInt16LE(0xaa55, 510);
  const boot = disk.subarray(first * sector);
  boot.write('\xeb\x3c\x90IMGCTL  ', 0, 'latin1');
  boot.writeUInt16LE(sector, 11);
  boot.writeUInt8(4, 13);
  boot.writeUInt16LE(1, 14);
  boot.writeUInt8(2, 16);
  boot.writeUInt16LE(512, 17);
  boot.writeUInt8(0xf8, 21);
  boot.writeUInt16LE(64, 22);
  boot.writeUInt32LE(sectors, 32);
  boot.write('FAT16   ', 54, 'latin1');
  boot.writeUInt16LE(0xaa55, 510);
  for (const copy of [0, 1]) boot.subarray((1 + copy * 64) * sector).set([0xf8, 0xff, 0xff, 0xff, 0xff, 0xff]);
  const root = boot.subarray((1 + 2 * 64) * sector);
  root.write('HELLO   TXT', 0, 'latin1');
  root.writeUInt8(0x20, 11);
  root.writeUInt16LE(2, 26);
  root.writeUInt32LE(6, 28);
  boot.subarray((1 + 2 * 64 + 32) * sector).write('hello\n');
  writeFileSync(file, disk);
}

makeDisk(path.join(folder, 'disk.raw'));
console.log('A disk of 32 MiB with a partition and a file system: disk.raw');
imgctl('inspect disk.raw');
imgctl('convert disk.raw disk.qcow2 --disk-format qcow2');
imgctl('profile add lab --provider local --set path=store --set places=second=mirror');
imgctl('profile use lab');
imgctl('upload disk.qcow2 --name web --tag demo --property os_distro=none');
imgctl('list');
const [listed] = JSON.parse(imgctl('list -o json'));
check(listed?.name === 'web' && listed.status === 'active', 'the list does not show the image as active');
imgctl('patch web --tag blessed --property release=1');
imgctl('deactivate web');
imgctl('download web refused.qcow2', 6);
imgctl('reactivate web');
const replicated = JSON.parse(imgctl('replicate web --to second -o json'));
check(
  replicated.places?.some((place) => place.name === 'second' && place.status === 'active'),
  'the second place does not have it',
);
imgctl('download web back.qcow2');
imgctl('convert back.qcow2 back.raw --disk-format raw');
check(sha256(path.join(folder, 'back.qcow2')) === sha256(path.join(folder, 'disk.qcow2')), 'what came back is not what was sent');
check(sha256(path.join(folder, 'back.raw')) === sha256(path.join(folder, 'disk.raw')), 'the disk inside is not the same');
const shown = JSON.parse(imgctl('show web -o json'));
check(shown.tags?.includes('blessed') && shown.properties?.release === '1', 'the patch is not there');
rmSync(folder, { recursive: true, force: true });
console.log('\nquickstart: uploaded, listed, patched, deactivated, reactivated, replicated, downloaded; every byte the same');
console.log(`
What next, here in the clone:
  node bin/imgctl.cjs list                      # your own store, empty so far
  node bin/imgctl.cjs help profiles             # how a cloud is added
  node bin/imgctl.cjs upload --help             # what the main verb takes`);
