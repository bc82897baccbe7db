import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileVariables, smallDisk } from '../commands/stage.ts';
import { makeCertificates } from '../support/certificates.ts';
import { qcow2Image } from '../support/disk-images.ts';
import '../support/equal-bytes.ts';
import { cliHome } from '../support/run-cli.ts';

/** The official clients, as Debian has them in lxd-client and incus-client. */
const clients = ['lxc', 'incus'] as const;
const lacking = [...clients, 'gpg', 'gpgv', 'gpgconf', 'openssl'].filter((program) => spawnSync('which', [program]).status !== 0);
if (lacking.length > 0)
  process.stderr.write(
    `\n!! WHAT IS PUBLISHED IS NOT READ BY ${lacking.join(', ')}: not installed (.ci/instance-servers, .ci/tools)\n\n`,
  );

interface Row {
  readonly image: string;
  readonly path: string;
  readonly fingerprint: string;
}
interface Listed {
  readonly fingerprint: string;
  readonly type: string;
  readonly architecture: string;
  /** Of the newest of its product. */
  readonly aliases: readonly { readonly name: string }[] | null;
}

const home = cliHome();
const file = (name: string): string => path.join(home.folder, name);
const tree = (name = ''): string => file(path.join('tree', name));
let server: Server;
let certificates: ReturnType<typeof makeCertificates>;
let url: string;
let rows: readonly Row[];
const rowOf = (image: string): Row => rows.find((row) => row.image === image) ?? { image, path: '', fingerprint: '' };

async function ok(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const result = await home.run(args, { env: { PATH: process.env.PATH ?? '', ...env } });
  expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
  return result;
}

beforeAll(async () => {
  if (lacking.includes('openssl')) return;
  certificates = makeCertificates();
  // The clients take simplestreams over https alone.
  server = createServer({ key: certificates.text('server.key'), cert: certificates.text('server.crt') }, (request, response) => {
    const name = tree(decodeURIComponent(new URL(request.url ?? '/', url).pathname));
    try {
      response.end(readFileSync(name));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(file('web.raw'), smallDisk(2));
  writeFileSync(file('db.qcow2'), qcow2Image(smallDisk(3)));
  await ok(['upload', file('web.raw'), '--name', 'web', '--property', 'os_distro=debian', '--property', 'os_version=13']);
  await ok(['upload', file('db.qcow2'), '--name', 'team/db']);
  rows = (await ok(['publish', 'simplestreams', tree(), '-o', 'json'])).json() as readonly Row[];
});
afterAll(async () => {
  certificates?.remove();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  await home.remove();
});

describe.each(clients)('%s', (client) => {
  const run = async (...args: readonly string[]): Promise<string> => {
    const conf = file(client);
    mkdirSync(conf, { recursive: true });
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: conf,
      LXD_CONF: conf,
      INCUS_CONF: conf,
      SSL_CERT_FILE: certificates.path('ca.crt'),
    };
    return (await promisify(execFile)(client, [...args], { env, encoding: 'utf8' })).stdout;
  };
  const addRemote = () => run('remote', 'add', 'golden', url, '--protocol', 'simplestreams', '--public');
  const fresh = (name: string): string => {
    rmSync(file(name), { recursive: true, force: true });
    mkdirSync(file(name));
    return file(name);
  };

  it.skipIf(lacking.length > 0)('adds the tree as a remote, and lists what is in it', async () => {
    await addRemote();
    const listed = JSON.parse(await run('image', 'list', 'golden:', '--format', 'json')) as readonly Listed[];
    const newest = listed.filter(({ aliases }) => aliases !== null);
    const told = newest.map(({ fingerprint, type, architecture, aliases }) => [
      ...(aliases ?? []).map(({ name }) => name),
      type,
      architecture,
      fingerprint,
    ]);
    expect(told.sort()).toEqual([
      ['team/db', 'team/db/amd64', 'virtual-machine', 'x86_64', rowOf('team/db').fingerprint],
      ['web', 'web/amd64', 'virtual-machine', 'x86_64', rowOf('web').fingerprint],
    ]);
  });

  it.skipIf(lacking.length > 0)('exports the disk, byte for byte', async () => {
    for (const image of ['web', 'team/db']) {
      const folder = fresh('out');
      await run('image', 'export', `golden:${image}`, folder);
      const { path: name } = rowOf(image);
      expect(readFileSync(path.join(folder, path.basename(name)))).toEqual(readFileSync(tree(name)));
    }
    expect(readFileSync(tree(rowOf('team/db').path))).toEqual(readFileSync(file('db.qcow2')));
  });

  it.skipIf(lacking.length > 0)('takes no disk that was changed since, and neither does imgctl', async () => {
    const name = tree(rowOf('web').path);
    const whole = readFileSync(name);
    const spoiled = Buffer.from(whole);
    spoiled.writeUInt8(spoiled.readUInt8(70_000) ^ 1, 70_000);
    writeFileSync(name, spoiled);
    try {
      await expect(run('image', 'export', 'golden:web', fresh('out'))).rejects.toThrow(/[Hh]ash mismatch|SHA256|!=/);
      const env = profileVariables('mirror', 'simplestreams', { url, verify: 'checksum', caBundle: certificates.path('ca.crt') });
      const { exitCode } = await home.run(['download', 'mirror:web', file('spoiled')], { env });
      expect(exitCode).toBe(11);
    } finally {
      writeFileSync(name, whole);
    }
  });

  it.skipIf(lacking.length > 0)('means the newest by the name', async () => {
    writeFileSync(file('web.raw'), smallDisk(client === 'lxc' ? 5 : 6));
    await ok(['upload', file('web.raw'), '--name', 'web', '--if-exists', 'replace', '--yes']);
    const [newest] = (await ok(['publish', 'simplestreams', tree(), 'web', '-o', 'json'])).json() as readonly Row[];
    // The client looks again after some minutes only.
    rmSync(file(client), { recursive: true });
    await addRemote();
    const [found] = JSON.parse(await run('image', 'list', 'golden:', 'web', '--format', 'json')) as readonly Listed[];
    expect(found?.fingerprint).toBe(newest?.fingerprint);
    rows = rows.map((row) => (row.image === 'web' && newest ? newest : row));
  });

  it.skipIf(lacking.length > 0)('takes a tree that old versions were taken out of', async () => {
    await ok(['publish', 'simplestreams', tree(), '--keep-last', '1']);
    await ok(['publish', 'simplestreams', tree(), '--keep-last', '1', '--prune']);
    expect(readdirSync(tree('images/web/amd64'))).toHaveLength(1);
    rmSync(file(client), { recursive: true });
    await addRemote();
    const listed = JSON.parse(await run('image', 'list', 'golden:', '--format', 'json')) as readonly Listed[];
    expect(listed.map(({ fingerprint }) => fingerprint).sort()).toEqual(rows.map(({ fingerprint }) => fingerprint).sort());
    await run('image', 'export', 'golden:web', fresh('out'));
  });
});

describe('gpg', () => {
  const gnupg = file('gnupg');
  const gpg = (...args: readonly string[]) => spawnSync('gpg', ['--homedir', gnupg, '--batch', ...args], { encoding: 'utf8' });
  afterAll(() => void spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'gpg-agent']));

  it.skipIf(lacking.length > 0)('signs a tree that gpgv and imgctl verify', async () => {
    mkdirSync(gnupg, { mode: 0o700 });
    gpg('--passphrase', '', '--quick-gen-key', 'images@example.test', 'ed25519', 'sign', 'never');
    const env = { GNUPGHOME: gnupg };
    rmSync(tree(), { recursive: true });
    await ok(['publish', 'simplestreams', tree(), '--sign', 'images@example.test'], env);
    writeFileSync(file('key.asc'), gpg('--armor', '--export').stdout);
    gpg('--output', file('key.gpg'), '--export');
    for (const name of ['index', 'images']) {
      const args = ['--status-fd', '1', '--keyring', file('key.gpg'), tree(`streams/v1/${name}.sjson`)];
      expect(spawnSync('gpgv', args, { encoding: 'utf8' }).stdout).toContain('[GNUPG:] VALIDSIG');
    }
    const mirror = { url, keyring: file('key.asc'), caBundle: certificates.path('ca.crt') };
    await ok(['download', 'mirror:web', file('signed.qcow2')], profileVariables('mirror', 'simplestreams', mirror));
    const before = readFileSync(tree('streams/v1/index.sjson'), 'utf8');
    await ok(['publish', 'simplestreams', tree(), '--sign', 'images@example.test'], env);
    expect(readFileSync(tree('streams/v1/index.sjson'), 'utf8')).toBe(before);
    const unknown = await home.run(['publish', 'simplestreams', tree(), '--sign', 'nobody@example.test'], {
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    expect([unknown.exitCode, unknown.stderr]).toEqual([3, expect.stringContaining('gpg cannot sign with')]);
  });
});
