import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { qcow2Image } from '../support/disk-images.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-memory-'));
const MiB = 2 ** 20;
/** Most resident memory, MiB, whatever the size of the disk; and what may lie about uncollected between a short and a long run. */
const most = 152;
const mostGrowth = 60;
const sizes = { small: 64 * MiB, large: 3072 * MiB };
const children: ChildProcess[] = [];

const file = (name: string): string => path.join(folder, name);
const variables = (name: string, fields: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(fields).map(([field, value]) => [`IMGCTL_PROFILE_${name}_${field}`, value]));
let env: Readonly<Record<string, string | undefined>>;

/** A sparse disk with 48 MiB of data here and there. */
function makeDisk(name: string, bytes: number): void {
  const handle = openSync(file(name), 'w');
  for (let n = 0; n < 48; n += 1) writeSync(handle, randomBytes(MiB / 2).toString('hex'), Math.floor((n * (bytes - MiB)) / 48));
  closeSync(handle);
  truncateSync(file(name), bytes);
}

const sink = (settings: object): Promise<string> => served('test/bench/sink.mjs', 'serve', JSON.stringify(settings));

/** Starts a program that says its address first. */
async function served(script: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [path.join(root, script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const first = await new Promise<Buffer>((resolve) => child.stdout?.once('data', resolve));
  return first.toString('utf8').trim();
}

/** Peak resident memory of one command, MiB. */
function peakOf(args: readonly string[]): number {
  const script = `import { peakMemory } from ${JSON.stringify(path.join(root, 'test/bench/measure.mjs'))};
    console.log(peakMemory(${JSON.stringify(args)}, { env: ${JSON.stringify(env)} }));`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

const run = (...args: readonly string[]): void =>
  void execFileSync(process.execPath, [path.join(root, 'bin/imgctl.cjs'), ...args], { env, stdio: 'ignore' });

beforeAll(async () => {
  if (!existsSync(path.join(root, 'dist/main.cjs'))) execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'ignore' });
  const taker = await sink({});
  env = {
    PATH: process.env.PATH,
    HOME: folder,
    TMPDIR: folder,
    ...variables('OS', { PROVIDER: 'openstack', AUTH_URL: `${taker}/v3`, USERNAME: 'u', PASSWORD: 'p', PROJECT: 'p' }),
    ...variables('LIN', { PROVIDER: 'linode', TOKEN: 't', REGION: 'us-ord', ENDPOINT: taker }),
    ...variables('HERE', { PROVIDER: 'local', PATH: file('here') }),
    ...variables('THERE', { PROVIDER: 'local', PATH: file('there') }),
  };
  for (const [name, bytes] of Object.entries(sizes)) {
    makeDisk(`${name}.raw`, bytes);
    run('convert', file(`${name}.raw`), file(`${name}.qcow2`));
    run('upload', file(`${name}.raw`), '--name', `here:${name}`, '-q');
    const giver = await sink({ file: file(`${name}.raw`) });
    env = {
      ...env,
      ...variables(name.toUpperCase(), {
        PROVIDER: 'openstack',
        AUTH_URL: `${giver}/v3`,
        USERNAME: 'u',
        PASSWORD: 'p',
        PROJECT: 'p',
      }),
    };
  }
});
afterAll(() => {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

const id = '00000000-0000-4000-8000-000000000001';
describe('memory', () => {
  it.each<[string, (size: string) => readonly string[]]>([
    ['upload of a raw disk', (size) => ['upload', file(`${size}.raw`), '--name', 'os:x', '--no-wait', '-q']],
    ['upload of a qcow2 as raw.gz', (size) => ['upload', file(`${size}.qcow2`), '--name', 'lin:x', '--no-wait', '-q']],
    ['download', (size) => ['download', `${size}:${id}`, file('out.raw'), '--force', '-q']],
    ['copy from folder to folder', (size) => ['copy', `here:${size}`, `there:${size}`, '--relay', '-q']],
    ['conversion to qcow2', (size) => ['convert', file(`${size}.raw`), file('out.qcow2'), '--force', '-q']],
    ['content id', (size) => ['inspect', file(`${size}.raw`), '--content-id', '-o', 'id']],
  ])('of a %s is bounded, and does not grow with the disk', (_work, args) => {
    const [small, large] = [peakOf(args('small')), peakOf(args('large'))];
    expect([small <= most, large <= most, large - small <= mostGrowth], `${small} and ${large} MiB`).toEqual([true, true, true]);
  });

  it('of an upload of a dense compressed qcow2 as raw.gz is no more', () => {
    const packed = qcow2Image(Buffer.from(randomBytes(128 * MiB).toString('hex'), 'latin1'), { compression: 'zlib' });
    writeFileSync(file('dense.qcow2'), packed);
    expect(peakOf(['upload', file('dense.qcow2'), '--name', 'lin:x', '--no-wait', '-q'])).toBeLessThanOrEqual(most);
  });

  it('of a dense disk in thousands of blocks is no more than that of a few and what is under way', async () => {
    const endpoint = await served('test/bench/ebs.mjs', 'serve');
    const fields = {
      PROVIDER: 'aws',
      ENDPOINT: endpoint,
      REGION: 'us-east-1',
      ACCESS_KEY_ID: 'AKIDEXAMPLE',
      SECRET_ACCESS_KEY: 'x',
    };
    env = { ...env, ...variables('BLOCKS', fields) };
    const [handle, bytes] = [openSync(file('dense.raw'), 'w'), randomBytes(32 * MiB)];
    for (let n = 0; n < 48; n += 1) writeSync(handle, bytes);
    closeSync(handle);
    expect(peakOf(['upload', file('dense.raw'), '--name', 'blocks:web', '-q'])).toBeLessThanOrEqual(130);
  });

  describe('for a sparse disk of 16 GiB', () => {
    beforeAll(() => {
      makeDisk('huge.raw', 16_384 * MiB);
      run('convert', file('huge.raw'), file('huge.qcow2'));
    });
    it.each<[string, readonly string[], number]>([
      ['content id', ['inspect', file('huge.raw'), '--content-id', '-o', 'id'], 100],
      ['upload of a qcow2 as raw.gz', ['upload', file('huge.qcow2'), '--name', 'lin:x', '--no-wait', '-q'], most],
      ['upload of a raw disk as raw.gz', ['upload', file('huge.raw'), '--name', 'lin:x', '--no-wait', '-q'], most],
      [
        'upload of a raw disk as qcow2',
        ['upload', file('huge.raw'), '--disk-format', 'qcow2', '--name', 'os:x', '--no-wait', '-q'],
        125,
      ],
      ['copy of a qcow2 as it is', ['convert', file('huge.qcow2'), file('out.qcow2'), '--force', '-q'], 125],
    ])('of a %s is no more', (_work, args, atMost) => {
      expect(peakOf(args)).toBeLessThanOrEqual(atMost);
    });
  });
});
