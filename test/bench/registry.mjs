// A real registry (CNCF distribution of Debian): what is sent to it and comes from it, beside skopeo and oras, which move one blob.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { sh } from './disk.mjs';
import { bareEnv, bin, has, inTurn, peakMemory } from './measure.mjs';
import { figure, row, skipped } from './row.mjs';

const node = process.execPath;
const [MiB, GiB] = [2 ** 20, 2 ** 30];
const program = 'docker-registry';
/** As `.ci/go-tools` installs it, or of the machine. */
const oras = [path.join(process.env.GOPATH ?? path.join(homedir(), 'go'), 'bin/oras'), 'oras'].find(has);

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function startRegistry(folder) {
  mkdirSync(folder, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const file = path.join(folder, 'config.json');
  const storage = { filesystem: { rootdirectory: path.join(folder, 'store') }, delete: { enabled: true } };
  const log = { level: 'error', accesslog: { disabled: true } };
  writeFileSync(file, JSON.stringify({ version: 0.1, log, storage, http: { addr: host, secret: 'bench' } }));
  const child = spawn(program, ['serve', file], { stdio: 'ignore' });
  for (let tries = 0; tries < 100; tries += 1) {
    if (await fetch(`http://${host}/v2/`).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { host, stop: () => child.kill() };
}

async function sha256Of(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** A folder that skopeo copies from: an image with the disk as its only layer. */
async function skopeoFolder(folder, disk) {
  mkdirSync(folder, { recursive: true });
  const put = (text) => {
    const hex = createHash('sha256').update(text).digest('hex');
    writeFileSync(path.join(folder, hex), text);
    return { digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  };
  const hex = await sha256Of(disk);
  const rootfs = { type: 'layers', diff_ids: [`sha256:${hex}`] };
  const config = put(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs }));
  const { size } = statSync(disk);
  renameSync(disk, path.join(folder, hex));
  sh(`ln ${path.join(folder, hex)} ${disk}`);
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${hex}`, size }],
  };
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'version'), 'Directory Transport Version: 1.1\n');
}

export const registry = {
  name: 'registry',
  async run({ folder }) {
    if (!has(program) || !has('skopeo')) return [skipped('a registry', `no ${program}, or no skopeo`)];
    const gib = Number(process.env.BENCH_REGISTRY_GIB ?? 1);
    const at = await startRegistry(path.join(folder, 'registry'));
    try {
      const dense = path.join(folder, 'dense.raw');
      const half = path.join(folder, 'half.raw');
      sh(`head -c ${gib * GiB} /dev/urandom > ${dense}`);
      // Blocks of 4 MiB of which every second half is text.
      sh(
        `for i in $(seq ${(gib * GiB) / (4 * MiB)}); do head -c 2M /dev/urandom; yes 'half of it is text' | head -c 2M; done > ${half} || true`,
      );
      await skopeoFolder(path.join(folder, 'dir'), dense);
      const env = bareEnv({
        IMGCTL_CONFIG_DIR: path.join(folder, 'registry-profiles'),
        XDG_CACHE_HOME: path.join(folder, 'registry-cache'),
        IMGCTL_PROFILE: 'x',
        IMGCTL_PROFILE_X_PROVIDER: 'oci',
        IMGCTL_PROFILE_X_REGISTRY: at.host,
        IMGCTL_PROFILE_X_REPOSITORY: 'bench/ours',
      });
      const imgctl = (args) => `${node} ${bin} ${args} -q`;
      const fresh = async () => sh('rm -rf registry/store registry-cache down pulled down.raw down.qcow2', folder);
      const skopeo = 'skopeo copy -q --dest-tls-verify=false dir:dir';
      const [up, theirs, single, pushed] = await inTurn(
        [
          imgctl(`upload ${dense} --name x`),
          `${skopeo} docker://${at.host}/bench/theirs:x`,
          imgctl(`upload ${dense} --name x --set layout=single`),
          ...(oras ? [`${oras} push --no-tty --plain-http ${at.host}/bench/oras:x dense.raw`] : []),
        ],
        3,
        { env, cwd: folder, before: fresh },
      );
      await fresh();
      sh(`${skopeo} docker://${at.host}/bench/theirs:x`, folder);
      await inTurn([imgctl(`upload ${dense} --name x`)], 1, { env, cwd: folder });
      if (oras) sh(`${oras} push --no-tty --plain-http ${at.host}/bench/oras:x dense.raw`, folder);
      const [down, back, pulled] = await inTurn(
        [
          imgctl('download x down.raw --force'),
          `skopeo copy -q --src-tls-verify=false docker://${at.host}/bench/theirs:x dir:down`,
          ...(oras ? [`${oras} pull --no-tty --plain-http -o pulled ${at.host}/bench/oras:x`] : []),
        ],
        3,
        { env, cwd: folder },
      );
      const memory = (...args) => `${peakMemory([...args, '-q'], { env, cwd: folder })} MiB`;
      const work = `upload of ${gib} GiB of random data to a registry`;
      return [
        row(work, '`skopeo copy` of one blob', up, theirs, '≤ 0.8 ×'),
        row('the same', 'the same', up, theirs, '', 'cpu'),
        row('the same with `layout=single`', 'the same', single, theirs, ''),
        pushed ? row('the same', '`oras push`', up, pushed, '≤ 0.8 ×') : skipped('the same', 'no oras (.ci/go-tools)'),
        row('download of it, verified', '`skopeo copy` of one blob', down, back, '≤ 1 ×'),
        row('the same', 'the same', down, back, '', 'cpu'),
        pulled ? row('the same', '`oras pull`', down, pulled, '≤ 1 ×') : skipped('the same', 'no oras (.ci/go-tools)'),
        figure('peak memory of an upload of which half is compressible', memory('upload', half, '--name', 'half'), '≤ 160 MB'),
        figure('peak memory of its download', memory('download', 'half', 'down.raw', '--force'), '≤ 160 MB'),
        figure(
          'peak memory of its download as qcow2',
          memory('download', 'half', 'down.qcow2', '--disk-format', 'qcow2', '--force'),
          '≤ 160 MB',
        ),
      ];
    } finally {
      at.stop();
    }
  },
};
