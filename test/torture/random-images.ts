import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { guestDisk, randomNumbers } from '../support/disk-images/guest.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { scaled } from './scale.ts';

/**
 * Random images, made by qemu-img, in every dress in which a file comes: the same ones on every machine, however quick. IMAGE_SEEDS: how many of them;
 * IMAGE_FIRST_SEED: the first.
 */
const wanted = Number(process.env['IMAGE_SEEDS'] ?? scaled(200, 30));
const firstSeed = Number(process.env['IMAGE_FIRST_SEED'] ?? 1);

export const helper = 'qemu-img';
export const hasHelper = spawnSync(helper, ['--version']).status === 0;
const packers: readonly (readonly [ending: string, program: string, args: readonly string[]])[] = [
  ['gz', 'gzip', ['-nc']],
  ['xz', 'xz', ['-0c']],
  ['zst', 'zstd', ['-qc']],
  ['bz2', 'bzip2', ['-c']],
];

let folder = '';
let home: CliHome;
let server: FakeServer;
let served: Buffer = Buffer.alloc(0);

/** Call at the top of a file: its images lie in a folder of their own. */
export function useImages(): void {
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'imgctl-images-'));
    home = cliHome();
    server = await startFakeServer(() => ({ status: 200, body: served }));
  });
  afterAll(async () => {
    await server.stop();
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });
}

const file = (name: string): string => path.join(folder, name);
function run(program: string, args: readonly string[], input?: Buffer): Buffer {
  const done = spawnSync(program, args, { cwd: folder, input, maxBuffer: 1 << 30 });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr.toString()}`);
  return done.stdout;
}

interface Made {
  readonly driver: string;
  readonly ending: string;
  readonly options: string;
  readonly packed: boolean;
}
function kindOf(next: () => number): Made {
  const pick = <T>(of: readonly T[]): T => of[next() % of.length] as T;
  const plain = { packed: false };
  const kinds: readonly (() => Made)[] = [
    () => {
      const bits = pick([9, 12, 14, 16, 16, 18, 21]);
      const isNew = next() % 4 > 0;
      const packed = next() % 3 === 0;
      const zstd = isNew && packed && next() % 2 === 0 ? ',compression_type=zstd' : '';
      return {
        driver: 'qcow2',
        ending: 'qcow2',
        options: `compat=${isNew ? '1.1' : '0.10'},cluster_size=${2 ** bits}${zstd}`,
        packed,
      };
    },
    () => ({ driver: 'vmdk', ending: 'vmdk', options: `subformat=${pick(['monolithicSparse', 'streamOptimized'])}`, ...plain }),
    () => ({ driver: 'vpc', ending: 'vhd', options: `subformat=${pick(['dynamic', 'fixed'])},force_size=on`, ...plain }),
    () => ({
      driver: 'vhdx',
      ending: 'vhdx',
      options: `subformat=${pick(['dynamic', 'fixed'])},block_size=${pick([1, 2, 8]) << 20}`,
      ...plain,
    }),
    () => ({ driver: 'vdi', ending: 'vdi', options: `static=${pick(['on', 'off'])}`, ...plain }),
  ];
  return pick([0, 0, 0, 1, 2, 3, 4].map((index) => kinds[index] as () => Made))();
}

/** An image and the disk that qemu-img finds in it. */
export function imageOf(seed: number): { image: Buffer; truth: Buffer; made: Made; name: string } {
  const numbers = randomNumbers(seed);
  const next = (): number => numbers() >>> 4;
  writeFileSync(file('in.raw'), guestDisk((6000 + (next() % 9000)) * 512, seed));
  const made = kindOf(next);
  const name = `image.${made.ending}`;
  const packing = made.packed ? ['-c'] : [];
  run(helper, ['convert', '-f', 'raw', '-O', made.driver, ...packing, '-o', made.options, 'in.raw', name]);
  run(helper, ['convert', '-f', made.driver, '-O', 'raw', name, 'truth.raw']);
  return { image: readFileSync(file(name)), truth: readFileSync(file('truth.raw')), made, name };
}

/** The ways in which the same bytes come: a name for it, what is typed, and what stands on standard input. */
export function* dresses(bytes: Buffer, name: string): Generator<{ how: string; source: string; stdin?: Buffer }> {
  writeFileSync(file(name), bytes);
  yield { how: 'as a file', source: file(name) };
  yield { how: 'through a pipe', source: '-', stdin: bytes };
  served = bytes;
  yield { how: 'from a server without ranges', source: `${server.origin}/${name}` };
  for (const [ending, program, args] of packers) {
    writeFileSync(file(`${name}.${ending}`), run(program, args, bytes));
    yield { how: `in ${ending}`, source: file(`${name}.${ending}`) };
  }
  const packed = readFileSync(file(`${name}.gz`));
  yield { how: 'in gz, through a pipe', source: '-', stdin: packed };
  for (const [ending, flag] of [
    ['tar', '-cf'],
    ['tar.gz', '-czf'],
  ] as const) {
    run('tar', [flag, `${name}.${ending}`, name]);
    yield { how: `in ${ending}`, source: file(`${name}.${ending}`) };
  }
}

export async function converted(
  source: string,
  stdin: Buffer | undefined,
): Promise<{ exitCode: number; said: string; disk: Buffer }> {
  const out = file('ours.raw');
  rmSync(out, { force: true });
  const { exitCode, stderr } = await home.run(['convert', source, out, '--disk-format', 'raw'], stdin ? { stdin } : {});
  return { exitCode, said: stderr, disk: exitCode === 0 ? readFileSync(out) : Buffer.alloc(0) };
}

/** Uploads as it is and fetches the disk again. */
export async function kept(source: string, stdin: Buffer | undefined): Promise<{ exitCode: number; disk: Buffer; said: string }> {
  const sent = await home.run(['upload', source, '--name', 'x'], stdin ? { stdin } : {});
  if (sent.exitCode !== 0) {
    expect((await home.run(['list', '-o', 'id'])).stdout, 'nothing is left').toBe('');
    return { exitCode: sent.exitCode, disk: Buffer.alloc(0), said: sent.stderr };
  }
  const out = file('back.raw');
  rmSync(out, { force: true });
  const back = await home.run(['download', 'x', out, '--disk-format', 'raw']);
  await home.run(['delete', 'x', '--yes']);
  return { exitCode: 0, said: back.stderr, disk: back.exitCode === 0 ? readFileSync(out) : Buffer.alloc(0) };
}

export async function seeds(work: (seed: number) => Promise<void>): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + wanted; seed += 1) await work(seed);
}
