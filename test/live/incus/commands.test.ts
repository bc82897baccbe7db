import { createHash } from 'node:crypto';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import { guestDisk, qcow2Image, tarImage } from '../../support/disk-images.ts';
import { titled } from '../daemon.ts';
import { hasOfficialClients, lab, products } from './lab.ts';
import { plant } from './real-cloud.ts';
import { missing } from './server.ts';

type Shown = Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string };
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const disk = guestDisk(2 << 20, 31);
const qcow2 = qcow2Image(disk);

describe.skipIf(missing !== undefined)(titled('commands on real servers', missing), () => {
  const site = lab();
  const stage = commandStage();
  const run = (...args: readonly string[]) => stage.run(args, { env: site.env() });
  const ok = (...args: readonly string[]) => stage.ok(args, { env: site.env() });
  const shown = async (...args: readonly string[]): Promise<Shown> => (await ok(...args, '-o', 'json')).json() as Shown;
  const upload = (name: string, ...more: readonly string[]): Promise<Shown> =>
    shown('upload', stage.write('disk.qcow2', qcow2), '--name', name, ...more);
  let count = 0;
  let name = '';
  beforeEach(() => {
    name = `image-${(count += 1)}`;
  });

  describe.each(products)('%s', (product) => {
    it('a disk comes back as it went, verified, and whatever it was is qcow2 there', async () => {
      const raw = stage.write('disk.raw', disk);
      const { stderr } = await ok('upload', raw, '--name', `${product}:${name}`);
      expect(stderr).not.toContain('not verified');
      const back = stage.file('back.qcow2');
      expect((await ok('download', `${product}:${name}`, back)).stderr).not.toContain('not verified');
      await ok('convert', back, stage.file('back.raw'), '--disk-format', 'raw');
      expect(sha256(stage.read('back.raw'))).toBe(sha256(disk));
      expect((await run('upload', raw, '--name', `${product}:${name}x`, '--disk-format', 'raw')).exitCode).toBe(7);
    });

    it('the disk of an image that is one archive is taken out of it', async () => {
      const metadata = tarImage(
        Buffer.from(JSON.stringify({ architecture: 'x86_64', creation_date: count, properties: {} })),
        'metadata.yaml',
      );
      const archive = gzipSync(Buffer.concat([metadata.subarray(0, -1024), tarImage(qcow2, 'rootfs.img')]));
      const headers = { 'content-type': 'application/octet-stream', [`x-${product}-filename`]: 'web.tar.gz' };
      await site.server(product).done('POST', '/images', archive, headers);
      await ok('download', `${product}:${sha256(archive)}`, stage.file('out.qcow2'));
      await ok('convert', stage.file('out.qcow2'), stage.file('out.raw'), '--disk-format', 'raw');
      expect([stage.read('out.qcow2').subarray(0, 3).toString(), sha256(stage.read('out.raw'))]).toEqual(['QFI', sha256(disk)]);
    });

    it('has several names, gets and loses them, and is found by each', async () => {
      const { id } = await upload(`${product}:${name}`, '--set', `alias=${name}-b,${name}-c`);
      expect(await shown('show', `${product}:${name}-c`)).toMatchObject({ id, name, aliases: [`${name}-b`, `${name}-c`] });
      await ok('patch', `${product}:${name}-b`, '--set', `removeAlias=${name}-c`, '--set', `alias=${name}-d`);
      expect(await shown('show', `${product}:${id}`)).toMatchObject({ aliases: [`${name}-b`, `${name}-d`] });
      expect((await run('show', `${product}:${name}-c`)).exitCode).toBe(5);
      const other = await plant(site.server(product), { name: `${name}-other` });
      const taken = await run('patch', `${product}:${other}`, '--set', `alias=${name}-b`);
      expect([taken.exitCode, taken.stderr.includes(id)]).toEqual([6, true]);
    });

    it('gets an expiry, and keeps everything else then', async () => {
      const { id } = await upload(
        `${product}:${name}`,
        '--property',
        'os=x',
        '--visibility',
        'public',
        '--set',
        'expiresAt=2031-01-02',
      );
      const kept = { visibility: 'public', properties: expect.objectContaining({ os: 'x' }) };
      expect(await shown('show', `${product}:${id}`)).toMatchObject({ ...kept, expiresAt: '2031-01-02T00:00:00Z' });
      await ok('patch', `${product}:${id}`, '--set', 'expiresAt=2032-01-02T03:04:05Z', '--property', 'more=y');
      expect(await shown('show', `${product}:${id}`)).toMatchObject({ ...kept, expiresAt: '2032-01-02T03:04:05Z' });
    });

    it('takes a name over in one step, and keeps an old image that has other names', async () => {
      const old = await upload(`${product}:${name}`, '--set', `alias=${name}-old`);
      const other = stage.write('other.qcow2', qcow2Image(guestDisk(1 << 20, 77)));
      const { id } = await shown('upload', other, '--name', `${product}:${name}`, '--if-exists', 'replace', '--yes');
      expect(await shown('show', `${product}:${name}`)).toMatchObject({ id });
      expect(await shown('show', `${product}:${name}-old`)).toMatchObject({ id: old.id });
      const third = stage.write('third.qcow2', qcow2Image(guestDisk(1 << 20, 78)));
      await ok('upload', third, '--name', `${product}:${name}`, '--if-exists', 'replace', '--yes');
      expect((await run('show', `${product}:${id}`)).exitCode).toBe(5);
    });

    it('leaves what is replaced by the same disk where it is, with what is said of it now', async () => {
      const old = await upload(`${product}:${name}`, '--property', 'os=x');
      const again = await upload(`${product}:${name}`, '--description', 'anew', '--if-exists', 'replace', '--yes');
      expect(again).toMatchObject({ id: old.id, description: 'anew', properties: { 'imgctl.contentId': expect.any(String) } });
      expect(again.properties).not.toHaveProperty('os');
    });

    it('trusts a client by a token, once, when that is asked for and not before', async () => {
      const token = await site.server(product).token(name);
      const { folder, url } = site.server(product);
      const [cert, key] = ['crt', 'key'].map((kind) => site.certificates().path(`newcomer-${product}.${kind}`));
      const values = { url, serverCert: path.join(folder, 'server.crt'), token };
      const without = { env: profileVariables('late', 'incus', values) };
      const withOwn = { env: profileVariables('late', 'incus', { ...values, clientCert: cert ?? '', clientKey: key ?? '' }) };
      // What the server would refuse, and the token be gone, is not sent.
      expect((await stage.run(['profile', 'check', 'late'], without)).exitCode).toBe(3);
      const listed = await stage.run(['list', '-p', 'late'], withOwn);
      expect([listed.exitCode, listed.stderr]).toEqual([4, expect.stringContaining('imgctl profile check late')]);
      expect((await stage.ok(['profile', 'check', 'late', '-o', 'json'], withOwn)).stdout).toContain(product);
      await stage.ok(['profile', 'check', 'late'], withOwn);
      await stage.ok(['list', '-p', 'late'], withOwn);
    });

    it('who is not trusted is told so, and how to be', async () => {
      const { url } = site.server(product);
      const env = {
        ...site.env(),
        IMGCTL_PROFILE_FAR_PROVIDER: 'incus',
        IMGCTL_PROFILE_FAR_URL: url,
        IMGCTL_PROFILE_FAR_SERVER_CERT: path.join(site.server(product).folder, 'server.crt'),
        IMGCTL_PROFILE_FAR_CLIENT_CERT: site.certificates().path('stranger.crt'),
        IMGCTL_PROFILE_FAR_CLIENT_KEY: site.certificates().path('stranger.key'),
      };
      await plant(site.server(product), { name, isPublic: true });
      const refused = await stage.run(['list', '-p', 'far', '-o', 'json'], { env });
      expect([refused.exitCode, refused.stdout]).toEqual([4, '']);
      expect((await stage.ok(['list', '-p', 'far', '--all'], { env })).stdout).toContain(name);
      expect((await stage.run(['delete', `far:${'0'.repeat(64)}`, '--yes'], { env })).exitCode).not.toBe(0);
      const other = { ...env, IMGCTL_PROFILE_FAR_SERVER_CERT: site.certificates().path('stranger.crt') };
      const pinned = await stage.run(['list', '-p', 'far'], { env: other });
      expect([pinned.exitCode, pinned.stderr.includes('another certificate than the profile says')]).toEqual([9, true]);
    });

    it('a quota that is reached in the middle is LIMIT, and nothing stays', async () => {
      const big = stage.write('big.qcow2', qcow2Image(guestDisk(40 << 20, 5)));
      const refused = await run('upload', big, '--name', `${product}tiny:${name}`);
      expect(refused.stderr).toContain('exceeding quota');
      expect(refused.exitCode).toBe(8);
      expect((await ok('list', '-p', `${product}tiny`, '-o', 'id')).stdout).toBe('');
    });

    it('a plain file is nothing that the server imports, and that is said', async () => {
      const { exitCode, stderr } = await run(
        'import',
        `${product}:${name}`,
        '--url',
        `${site.server(product).url.replace('https', 'http')}/x`,
      );
      expect(stderr).toContain('imgctl upload');
      expect(exitCode).toBe(7);
    });

    it('publishes an instance, and tells what was made of it when that is there already', async () => {
      const server = site.server(product);
      await server.stoppedInstance('c1');
      const made = await shown('create', `${product}:${name}`, '--from-disk', 'c1', '--property', 'os=x', '--description', 'd');
      expect(made).toMatchObject({ name, description: 'd', properties: { os: 'x' } });
      expect(made).not.toHaveProperty('diskFormat');
      await server.done('DELETE', '/instances/c1');
    });
  });

  describe.skipIf(!hasOfficialClients).each(products)('the official client of %s', (product) => {
    interface Listed {
      readonly fingerprint: string;
      readonly aliases: readonly { readonly name: string }[];
      readonly properties: Readonly<Record<string, string>>;
      readonly expires_at: string;
    }

    it('sees what was made here, gets the same bytes, and renames it for both', async () => {
      const labels = ['--description', 'told', '--property', 'os=x', '--set', `alias=${name}-b`, '--set', 'expiresAt=2031-01-02'];
      const { id } = await upload(`${product}:${name}`, ...labels);
      const list = JSON.parse(await site.official(product, 'image', 'list', 'lab:', '--format', 'json')) as readonly Listed[];
      const listed = list.find(({ fingerprint }) => fingerprint === id);
      expect(listed).toMatchObject({ properties: { os: 'x', description: 'told' }, expires_at: '2031-01-02T00:00:00Z' });
      expect(listed?.aliases.map((alias) => alias.name).sort()).toEqual([name, `${name}-b`]);
      await site.official(product, 'image', 'export', `lab:${name}`, stage.file('exported'));
      const files = ['exported', 'exported.root'].map((file) => stage.read(file));
      expect(sha256(files[1] ?? Buffer.alloc(0))).toBe(sha256(qcow2));
      expect(sha256(Buffer.concat(files))).toBe(id);
      await site.official(product, 'image', 'alias', 'delete', `lab:${name}-b`);
      expect(await shown('show', `${product}:${name}`)).not.toHaveProperty('aliases');
    });

    it('makes what is seen and downloaded here, and copied by its own means too', async () => {
      const metadata = { architecture: 'x86_64', creation_date: 1_700_000_000 + count, properties: { description: 'theirs' } };
      const archive = stage.write('metadata.tar', tarImage(Buffer.from(JSON.stringify(metadata)), 'metadata.yaml'));
      const file = stage.write('theirs.qcow2', qcow2);
      await site.official(product, 'image', 'import', archive, file, 'lab:', '--alias', name, 'os=theirs');
      const seen = await shown('show', `${product}:${name}`);
      expect(seen).toMatchObject({ name, description: 'theirs', diskFormat: 'qcow2', properties: { os: 'theirs' } });
      await ok('download', `${product}:${name}`, stage.file('back.qcow2'));
      expect(sha256(stage.read('back.qcow2'))).toBe(sha256(qcow2));
      await ok('patch', `${product}:${name}`, '--property', 'stage=gold', '--name', `${name}-new`);
      const list = JSON.parse(await site.official(product, 'image', 'list', 'lab:', '--format', 'json')) as readonly Listed[];
      expect(list.find(({ fingerprint }) => fingerprint === seen.id)).toMatchObject({
        aliases: [expect.objectContaining({ name: `${name}-new` })],
        properties: { os: 'theirs', stage: 'gold' },
      });
    });
  });

  const directions = products.flatMap((from) => products.map((to) => [from, to] as const));
  describe.each(directions)('from %s to %s', (from, to) => {
    const target = from === to ? `${to}demo` : to;

    it('a copy is fetched by the target, is the same image, and bears what was said of it', async () => {
      const { id } = await upload(`${from}:${name}`, '--property', 'os=x', '--description', 'told');
      const { stderr } = await ok('copy', `${from}:${name}`, `${target}:${name}-copy`, '--property', 'more=y');
      expect(stderr).toContain('route: pull');
      expect(stderr).toContain('verified');
      expect(await shown('show', `${target}:${name}-copy`)).toMatchObject({
        id,
        name: `${name}-copy`,
        description: 'told',
        diskFormat: 'qcow2',
        properties: { os: 'x', more: 'y' },
      });
      const again = await run('copy', `${from}:${name}`, `${target}:${name}-copy`);
      expect(again.exitCode).toBe(6);
      expect((await ok('copy', `${from}:${name}`, `${target}:${name}-other`)).stderr).toContain('relaying');
    });

    it.each(['two files', 'one archive'])('an image of a container in %s is carried as it is', async (form) => {
      if (form === 'two files') await plant(site.server(from), { name, properties: { os: 'x' } }, 'default', 'rootfs');
      else {
        await site.server(from).stoppedInstance(name);
        await ok('create', `${from}:${name}`, '--from-disk', name, '--property', 'os=x');
      }
      const { id } = await shown('show', `${from}:${name}`);
      const planned = await shown('copy', `${from}:${name}`, target, '-n');
      expect(planned).toMatchObject({ route: 'pull', risk: 'add' });
      const labels = ['--description', 'own', '--set', `alias=${name}-b`, '--set', 'expiresAt=2031-01-02'];
      const { stderr } = await ok('copy', `${from}:${name}`, target, ...labels);
      expect(stderr).toContain('verified: incus has the same image');
      expect(await shown('show', `${target}:${name}`)).toMatchObject({
        id,
        description: 'own',
        aliases: [`${name}-b`],
        properties: { os: 'x' },
        expiresAt: '2031-01-02T00:00:00Z',
      });
      const project = from === to ? '?project=demo' : '';
      expect(await site.server(to).api('GET', `/images/${id}${project}`)).toMatchObject({ type: 'container' });
      expect((await ok('copy', `${from}:${name}`, target, '--if-exists', 'skip')).stderr).toContain('already up to date');
      expect((await run('copy', `${from}:${name}`, `${target}:${name}-other`)).exitCode).toBe(6);
      expect((await run('download', `${from}:${name}`, stage.file('out'))).exitCode).toBe(7);
    });
  });
});
