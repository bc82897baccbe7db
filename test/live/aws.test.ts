import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAws, type RunningAws } from '../clouds/aws/index.ts';
import { profileVariables } from '../commands/stage.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { answering, freePort } from './daemon.ts';
import { frontOf } from './moto-front.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A folder with the cases of AWS and what runs them: `aws-testbed`, `aws-cases.mjs`. */
const bed = process.env.AWS_TESTBED ?? '';
/** A Python that has moto. */
const python = [process.env.MOTO_PYTHON ?? '', 'python3'].find(
  (one) => one !== '' && spawnSync(one, ['-c', 'import moto.server']).status === 0,
);
/** The vendor's own command line. */
const aws = [process.env.AWS_CLI ?? '', 'aws'].find((one) => one !== '' && spawnSync(one, ['--version']).status === 0);

const loud = (what: string): void => void process.stderr.write(`\n!! ${what}\n\n`);
const hasBed = existsSync(path.join(bed, 'aws-cases.mjs'));
if (!hasBed) loud('THE CASES OF AWS ARE NOT RUN: AWS_TESTBED names no folder that has them');
if (python === undefined) loud('AWS IS NOT HELD AGAINST MOTO: no Python has it (pip install "moto[ec2,server]"; MOTO_PYTHON)');
if (aws === undefined) loud('WHAT IMGCTL WRITES IS NOT READ BY THE AWS COMMAND LINE: it is not installed (AWS_CLI)');

const exec = promisify(execFile);
const keys = (endpoint: string, id: string, secret: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: id,
  AWS_SECRET_ACCESS_KEY: secret,
  PATH: process.env.PATH ?? '',
});
/** Two blocks with something in them, and two of zeros in between. */
const disk = Buffer.concat([Buffer.alloc(512 * 1024, 1), Buffer.alloc(1024 * 1024), Buffer.alloc(512 * 1024, 2)]);

let home: CliHome;
beforeAll(() => {
  home = cliHome();
});
afterAll(() => home.remove());
async function ok(args: readonly string[], env: Readonly<Record<string, string>>) {
  const result = await home.run([...args, '-p', 'env:aws'], { env });
  expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
  return result;
}
function file(name: string, data = disk): string {
  const at = path.join(home.folder, name);
  writeFileSync(at, data);
  return at;
}

describe.skipIf(!hasBed)('the cases of AWS', () => {
  let port = 0;
  const program = path.join(bed, 'aws-testbed');
  beforeAll(async () => {
    port = await freePort();
    await exec(program, ['up', path.join(home.folder, 'bed'), '--port', String(port)]);
  });
  afterAll(() => exec(program, ['down', path.join(home.folder, 'bed')]));

  it('all hold', { timeout: 600_000 }, async () => {
    const imgctl = `${process.execPath} ${path.join(root, 'bin/imgctl.cjs')}`;
    const line = [path.join(bed, 'aws-cases.mjs'), '--fake', `http://127.0.0.1:${port}`, '--imgctl', imgctl];
    const { stdout } = await exec(process.execPath, line).catch((error: unknown) => error as { stdout: string });
    expect(stdout).toMatch(/\b0 not ok\s*$/);
  });
});

describe.skipIf(python === undefined)('at moto', () => {
  let port = 0;
  let env: Readonly<Record<string, string>>;
  let server: ChildProcess;
  beforeAll(async () => {
    port = await freePort();
    env = keys(`http://127.0.0.1:${port}`, 'testing', 'testing');
    const own = { ...process.env, MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' };
    server = spawn(python ?? '', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { env: own, stdio: 'ignore' });
    await answering(server, () => fetch(`http://127.0.0.1:${port}/moto-api/`));
  });
  afterAll(() => void server.kill());

  async function newVolume(): Promise<string> {
    const form = new URLSearchParams({
      Action: 'CreateVolume',
      Version: '2016-11-15',
      Size: '1',
      AvailabilityZone: 'us-east-1a',
    });
    const headers = {
      authorization: 'AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=x',
    };
    const made = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: form });
    return /vol-[0-9a-f]+/.exec(await made.text())?.[0] ?? '';
  }

  it('what it does otherwise than AWS is told, and nothing is made of it', async () => {
    const at = ['--poll-interval', '50ms', '-p', 'env:aws'];
    const sent = await home.run(['upload', file('disk.raw'), '--name', 'refused', ...at], { env });
    expect([sent.exitCode, sent.stderr]).toEqual([10, expect.stringContaining('blocks of 512 bytes')]);
    const made = await home.run(['create', 'wrong', '--from-disk', await newVolume(), ...at], { env });
    expect([made.exitCode, made.stderr]).toEqual([10, expect.stringMatching(/was to be made of snap-.*left behind: ami-/s)]);
    await ok(['delete', 'wrong', '--yes'], env);
    expect((await ok(['list', '-o', 'id'], env)).stdout).toBe('');
  });

  describe('with what it leaves out done in front of it', () => {
    let front: Awaited<ReturnType<typeof frontOf>>;
    let there: Readonly<Record<string, string>>;
    beforeAll(async () => {
      front = await frontOf(port);
      there = keys(front.origin, 'testing', 'testing');
    });
    afterAll(() => void front.server.close());

    it('an image is made of a snapshot, listed, shown, shared, described and deleted', async () => {
      const made = await ok(
        ['create', 'of-moto', '--from-disk', await newVolume(), '--poll-interval', '50ms', '-o', 'json'],
        there,
      );
      const { id } = made.json() as { readonly id: string };
      expect(((await ok(['list', '-o', 'json'], there)).json() as { id: string }[]).map((image) => image.id)).toContain(id);
      expect((await ok(['show', id, '-o', 'json'], there)).json()).toMatchObject({ id, name: 'of-moto', status: 'active' });
      expect((await ok(['share', id, '--with', '444455556666'], there)).stdout).toContain('444455556666');
      expect((await ok(['patch', id, '--tag', 'golden', '-o', 'json'], there)).json()).toMatchObject({ tags: ['golden'] });
      await ok(['delete', id, '--yes'], there);
    });

    it('a parameter follows a channel, which anybody reads, and goes with it', async () => {
      const parameter = '/imgctl/channels/web/stable';
      const values = { region: 'us-east-1', endpoint: front.origin, accessKeyId: 'testing', secretAccessKey: 'testing' };
      const channelParameter = '/imgctl/channels/{{name}}/{{channel}}';
      const own = { ...there, ...profileVariables('moto', 'aws', { ...values, channelParameter }) };
      const run = async (...args: readonly string[]) => {
        const result = await home.run([...args, '-p', 'moto', '--yes'], { env: own });
        expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
        return result;
      };
      const read = async (): Promise<unknown> => {
        const headers = {
          authorization:
            'AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=x',
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AmazonSSM.GetParameter',
        };
        const body = JSON.stringify({ Name: parameter });
        return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })).json();
      };
      for (const name of ['web-1', 'web-2']) {
        const made = await run('create', name, '--from-disk', await newVolume(), '--poll-interval', '50ms', '-o', 'json');
        const { id } = made.json() as { readonly id: string };
        await run('channel', 'set', 'web@stable', id);
        expect(await read()).toMatchObject({ Parameter: { Name: parameter, Value: id, DataType: 'aws:ec2:image' } });
        expect((await run('channel', 'show', 'web@stable', '-o', 'json')).json()).toMatchObject({ id, projection: { id } });
      }
      await run('channel', 'delete', 'web@stable');
      expect(await read()).toMatchObject({ __type: expect.stringContaining('ParameterNotFound') as string });
      for (const name of ['web-1', 'web-2']) await run('delete', name);
    });

    it('a disk is uploaded, listed, downloaded, copied and downloaded again, byte for byte', { timeout: 240_000 }, async () => {
      const poll = ['--poll-interval', '50ms'];
      const made = await ok(['upload', file('disk.raw'), '--name', 'sent', '-o', 'json', ...poll], there);
      const { id, contentId } = made.json() as { readonly id: string; readonly contentId: string };
      const listed = (await ok(['list', 'sent', '-o', 'json'], there)).json();
      expect(listed).toMatchObject([{ id, contentId, virtualBytes: disk.length, status: 'active' }]);
      const back = path.join(home.folder, 'back.raw');
      await ok(['download', id, back], there);
      expect(readFileSync(back).equals(disk)).toBe(true);
      const copied = await ok(['copy', id, 'env:aws:copied', '--relay', '-o', 'json', ...poll], there);
      const copy = copied.json() as { readonly id: string; readonly contentId: string };
      expect([copy.id === id, copy.contentId]).toEqual([false, contentId]);
      await ok(['download', copy.id, back, '--force'], there);
      expect(readFileSync(back).equals(disk)).toBe(true);
      for (const one of [id, copy.id]) await ok(['delete', one, '--yes'], there);
    });
  });
});

describe.skipIf(aws === undefined)('beside the command line of AWS', () => {
  let cloud: RunningAws;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    cloud = await startAws();
    const { accessKeyId = '', secretAccessKey = '' } = cloud.values;
    env = keys(cloud.origin, accessKeyId, secretAccessKey);
  });
  afterAll(() => cloud.stop());
  const told = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await exec(aws ?? '', [...args, '--output', 'json'], { env: { ...env, HOME: home.folder } })).stdout || '{}');

  it('it reads what imgctl has written, and imgctl what it has', async () => {
    const { id } = (
      await ok(['upload', file('disk.raw'), '--name', 'both', '--tag', 'golden', '--property', 'env=prod', '-o', 'json'], env)
    ).json() as {
      readonly id: string;
    };
    const { Images: images } = (await told('ec2', 'describe-images', '--owners', 'self')) as {
      readonly Images: readonly Record<string, unknown>[];
    };
    expect(images).toEqual([
      expect.objectContaining({ ImageId: id, Name: 'both', State: 'available', EnaSupport: true, VirtualizationType: 'hvm' }),
    ]);
    expect(images[0]?.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'golden', Value: '' },
        { Key: 'env', Value: 'prod' },
      ]),
    );
    await told('ec2', 'create-tags', '--resources', id, '--tags', 'Key=theirs,Value=1');
    await told('ec2', 'modify-image-attribute', '--image-id', id, '--description', 'by aws');
    expect((await ok(['show', id, '-o', 'json'], env)).json()).toMatchObject({
      description: 'by aws',
      properties: { theirs: '1', env: 'prod' },
    });
    const out = path.join(home.folder, 'theirs-read.raw');
    await ok(['download', id, out], env);
    expect((await import('node:fs')).readFileSync(out).equals(disk)).toBe(true);
  });
});
