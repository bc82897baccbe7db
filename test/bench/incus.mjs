// Lists and transfers of a real Incus of this machine (.ci/instance-servers installs it), beside its official client, both over the socket.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bareEnv, bin, has, inTurn, peakMemory } from './measure.mjs';
import { figure, row, skipped } from './row.mjs';

const daemon = '/usr/libexec/incus/incusd';
const images = 500;
const imgctl = `${process.execPath} ${bin}`;

/** Why it cannot be measured here; absent: it can. */
function lacking() {
  if (process.getuid?.() !== 0) return 'the daemon runs as root only';
  return existsSync(daemon) && has('incus') && has('qemu-img') ? undefined : 'no incusd, incus or qemu-img';
}

/** A server on a socket in a folder of its own, whose path may have no more than 107 characters. */
async function started() {
  const folder = mkdtempSync('/tmp/imgctl-bench-incus-');
  const child = spawn('unshare', ['--mount', '--propagation', 'private', daemon, '--group', 'root'], {
    env: { ...bareEnv(), INCUS_DIR: folder },
    stdio: 'ignore',
  });
  const env = bareEnv({
    HOME: folder,
    INCUS_DIR: folder,
    IMGCTL_CONFIG_DIR: path.join(folder, 'imgctl'),
    IMGCTL_PROFILE: 'x',
    IMGCTL_PROFILE_X_PROVIDER: 'incus',
    IMGCTL_PROFILE_X_SOCKET: path.join(folder, 'unix.socket'),
  });
  const sh = (command) => execFileSync('bash', ['-ec', command], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  sh('for i in {1..300}; do incus query /1.0 2>/dev/null >/dev/null && exit; sleep 0.1; done; exit 1');
  const stop = async () => {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, env, sh, stop };
}

/** Images that differ in what their metadata say. */
const seed = `
qemu-img create -f qcow2 small.qcow2 1M
for i in $(seq ${images}); do
  echo "{architecture: x86_64, creation_date: $i, properties: {description: 'Image $i', os: probe}}" > metadata.yaml
  tar cf small.tar metadata.yaml
  incus image import small.tar small.qcow2 --alias image-$i -q
done`;

/** A disk of random bytes: nothing of it can be left out. */
const disk = `
head -c 1G /dev/urandom > disk.raw
qemu-img convert -O qcow2 disk.raw disk.qcow2 && rm disk.raw
echo '{architecture: x86_64, creation_date: 1, properties: {}}' > metadata.yaml && tar cf big.tar metadata.yaml`;

async function measured({ folder, env, sh }) {
  sh(seed);
  writeFileSync(path.join(folder, 'ask.sh'), 'curl -sf --unix-socket unix.socket http://x/1.0/images?recursion=1');
  const at = { env, cwd: folder };
  const [list, theirList, server] = await inTurn([`${imgctl} list -o json`, 'incus image list -f json', 'bash ask.sh'], 11, at);
  sh(disk);
  const before = async () => sh('rm -f out*; for a in ours theirs; do incus image delete $a -q 2>/dev/null || true; done');
  const uploads = [`${imgctl} upload disk.qcow2 --name ours -q`, 'incus image import big.tar disk.qcow2 --alias theirs -q'];
  const [upload, theirUpload] = await inTurn(uploads, 5, { ...at, before });
  sh(
    'incus image import big.tar disk.qcow2 --alias big -q 2>/dev/null || incus image alias create big $(incus image list -f csv -c F theirs)',
  );
  const downloads = [`${imgctl} download big out.qcow2 -q`, 'incus image export big out -q'];
  const [download, theirDownload] = await inTurn(downloads, 5, { ...at, before: async () => sh('rm -f out*') });
  sh('rm -f out*');
  return [
    row(`\`list -o json\` of ${images} images, real Incus`, '`incus image list -f json`', list, theirList, '≤ 0.5 ×'),
    row('the same', '`curl`: what the server itself takes', list, server, ''),
    row('upload of a qcow2 of 1 GiB to it', '`incus image import`', upload, theirUpload, '≤ 1.2 ×'),
    row('download of 1 GiB from it, verified', '`incus image export`', download, theirDownload, '≤ 1.2 ×'),
    figure('peak memory of that download', `${peakMemory(['download', 'big', 'out.qcow2', '-q'], at)} MiB`, '≤ 120 MB'),
  ];
}

export const incus = {
  name: 'incus',
  async run() {
    const reason = lacking();
    if (reason !== undefined) return [skipped('lists and transfers of a real Incus', reason)];
    const server = await started();
    try {
      return await measured(server);
    } finally {
      await server.stop();
    }
  },
};
