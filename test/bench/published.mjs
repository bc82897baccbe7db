// Lists of a publisher whose products file has 10 MB, signed where there is gpg, beside a script that reads the same as it lies there.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { bareEnv, bin, has, inTurn, peakMemory } from './measure.mjs';
import { figure, ms, row, skipped } from './row.mjs';

const runs = 11;
const kinds = ['disk1.img', 'lxd.tar.xz', 'manifest', 'ova', 'root.tar.xz', 'squashfs', 'tar.gz', 'vmdk', 'disk-kvm.img'];
const architectures = ['amd64', 'arm64', 'armhf', 'i386', 'ppc64el', 'riscv64', 's390x', 'powerpc'];
const pad = (number) => String(number).padStart(2, '0');

/** Fifteen years of releases for eight architectures, twelve serials of each. */
function products() {
  const all = {};
  for (let year = 12; year < 27; year += 1)
    for (const month of ['04', '10'])
      for (const arch of architectures) {
        const release = `${year}.${month}`;
        const versions = {};
        for (let n = 1; n <= 12; n += 1) {
          const serial = `20${year}${month}${pad(n)}`;
          const file = (kind) => {
            const sha256 = createHash('sha256').update(`${release}${arch}${n}${kind}`).digest('hex');
            const at = `server/releases/r${year}${month}/release-${serial}/ubuntu-${release}-server-cloudimg-${arch}-${kind}`;
            return { ftype: kind, md5: sha256.slice(0, 32), path: at, sha256, size: 600_000_000 + n };
          };
          const items = Object.fromEntries(kinds.map((kind) => [kind, file(kind)]));
          versions[serial] = { items, label: 'release', pubname: `ubuntu-${release}-${arch}-server-${serial}` };
        }
        const about = {
          aliases: release,
          arch,
          os: 'ubuntu',
          release: `r${year}${month}`,
          version: release,
          supported: year > 21,
        };
        all[`com.ubuntu.cloud:server:${release}:${arch}`] = { ...about, versions };
      }
  return { content_id: 'c', datatype: 'image-downloads', format: 'products:1.0', products: all };
}

/** Writes the tree, and gives what its lists are verified by. */
function write(folder) {
  const streams = path.join(folder, 'streams', 'v1');
  mkdirSync(streams, { recursive: true });
  const home = path.join(folder, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const gpg = (args, input) =>
    spawnSync('gpg', ['--homedir', home, '--batch', '--quiet', '--passphrase', '', ...args], { input, maxBuffer: 64 << 20 })
      .stdout;
  const isSigned = has('gpg');
  if (isSigned) gpg(['--quick-gen-key', 'bench@example.test', 'rsa3072', 'sign', 'never']);
  const put = (name, value) => {
    const text = JSON.stringify(value, undefined, 1);
    writeFileSync(path.join(streams, `${name}.json`), text.replaceAll('.sjson"', '.json"'));
    if (isSigned) writeFileSync(path.join(streams, `${name}.sjson`), gpg(['--clearsign', '--output', '-'], text));
  };
  const entry = { datatype: 'image-downloads', format: 'products:1.0', path: 'streams/v1/c.sjson' };
  put('c', products());
  put('index', { format: 'index:1.0', index: { c: entry } });
  if (!isSigned) return { VERIFY: 'checksum' };
  writeFileSync(path.join(folder, 'key.gpg'), gpg(['--export']));
  spawnSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
  return { KEYRING: path.join(folder, 'key.gpg') };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function served(folder, port) {
  const child = spawn('python3', ['-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', folder], {
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 100; tries += 1) {
    if (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new Error('python3 -m http.server does not answer');
}

export const published = {
  name: 'published',
  async run({ folder }) {
    const work = '`list` of a publisher with 25,920 files (10 MB)';
    if (!has('python3')) return [skipped(work, 'no python3')];
    const tree = path.join(folder, 'published');
    const trusted = write(tree);
    const [port, cache] = [await freePort(), path.join(folder, 'published-cache')];
    const fields = Object.entries({ PROVIDER: 'simplestreams', URL: `http://127.0.0.1:${port}/`, ...trusted });
    const env = bareEnv({
      XDG_CACHE_HOME: cache,
      IMGCTL_CONFIG_DIR: path.join(folder, 'published-config'),
      ...Object.fromEntries(fields.map(([name, value]) => [`IMGCTL_PROFILE_U_${name}`, value])),
    });
    const forget = () => rmSync(path.join(cache, 'imgctl', 'documents'), { recursive: true, force: true });
    const server = await served(tree, port);
    try {
      const list = `${process.execPath} ${bin} list -p u -o json`;
      const script = path.join(import.meta.dirname, 'query.py');
      const query = `python3 ${script} http://127.0.0.1:${port}/ ftype=disk1.img arch=amd64 supported=True`;
      const [first, reference] = await inTurn([list, query], runs, { env, before: async (index) => index === 0 && forget() });
      const [second] = await inTurn([list], runs, { env });
      forget();
      const peak = peakMemory(['list', '-p', 'u', '-o', 'json'], { env });
      const how = trusted.KEYRING ? 'verified' : 'not signed: no gpg';
      return [
        row(`${work}, ${how}`, 'a Python script without a check', first, reference, '≤ 2 ×', 'cpu', ms),
        row('the same, nothing new', 'the same', second, reference, '≤ 2 ×', 'cpu', ms),
        figure('peak memory of the first', `${Math.round(peak * 1.048576)} MB`, '≤ 150 MB'),
      ];
    } finally {
      server.kill();
    }
  },
};
