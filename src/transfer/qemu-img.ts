import { execFile } from 'node:child_process';
import { copyFile, constants } from 'node:fs/promises';
import path from 'node:path';
import type { Format } from '../core/encoding.ts';
import { abortedError, integrityError, unsupportedError } from '../core/errors.ts';
import type { Inspection } from './formats/inspection.ts';
import type { FindingCode } from './formats/findings.ts';
import { hasText, readFully } from './formats/reading.ts';
import type { RandomSource } from './runs.ts';
import type { Source } from './source.ts';
import { temporaryFolder, temporarySource } from './spool.ts';

/** The program that reads what is not read here, and the packages it comes with. */
const program = 'qemu-img';
const installs = 'install qemu-img: apt install qemu-utils, dnf install qemu-img, brew install qemu';

/** What the helper does to a file of ours: `convert` makes a raw disk of it, `repair` replays its log in place. */
interface Help {
  readonly does: 'convert' | 'repair';
  /** Name of the format for the helper. It is always given: what it would find out by itself is not to be trusted. */
  readonly format: string;
  /** The finding that says no more than that the helper is needed. */
  readonly excuses: FindingCode;
}

const helps: Readonly<Partial<Record<Format, Help>>> = {
  qed: { does: 'convert', format: 'qed', excuses: 'banned_format' },
  ploop: { does: 'convert', format: 'parallels', excuses: 'banned_format' },
  vhdx: { does: 'repair', format: 'vhdx', excuses: 'log' },
};

/** What the helper could do for a file, by its finding; absent: nothing is needed, or nothing is possible. */
export function helpFor({ format, findings }: Inspection): Help | undefined {
  const help = helps[format];
  return help && findings.some(({ code }) => code === help.excuses) ? help : undefined;
}

function run(args: readonly string[], signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { ...(signal ? { signal } : {}), maxBuffer: 1 << 20, windowsHide: true }, (error, _out, told) =>
      resolve(error ? told.trim() || error.message : undefined),
    );
  });
}

/** Throws UNSUPPORTED, saying what to install, where the helper is not there. */
export async function needHelper(format: Format): Promise<void> {
  if ((await run(['--version'], undefined)) === undefined) return;
  throw unsupportedError(`${format} is read with the help of ${program}, which is not installed`, { hint: installs });
}

/**
 * Has the helper make a readable disk of a file, without touching the file. Gives a temporary source. Throws INTEGRITY where the file
 * needs others or the helper cannot read it, ABORTED.
 */
export async function helped(
  source: Source & { readonly path: string; readonly random: RandomSource },
  help: Help,
  folder: string,
  signal: AbortSignal,
): Promise<Source> {
  await checkAlone(source.random);
  const own = await temporaryFolder(folder);
  const result = path.join(own.path, 'disk');
  try {
    if (help.does === 'repair') await copyFile(source.path, result, constants.COPYFILE_FICLONE);
    const failure = await run(
      help.does === 'repair'
        ? ['check', '-f', help.format, '-r', 'all', result]
        : ['convert', '-f', help.format, '-O', 'raw', source.path, result],
      signal,
    );
    if (signal.aborted) throw abortedError('stopped');
    if (failure !== undefined) throw integrityError(`${program} cannot read ${source.name}: ${failure.replaceAll(own.path, '')}`);
    return await temporarySource(result, source.name, own);
  } catch (error) {
    await own.remove();
    throw error;
  }
}

/** QED names its backing file in its header (QEMU's docs/interop/qed_spec.rst, "features"): the helper would open it. */
async function checkAlone(file: RandomSource): Promise<void> {
  const header = await readFully(file, 0, Math.min(file.size, 64), 'the header');
  if (!hasText(header, 0, 'QED\0')) return;
  const [low, high] = [header.readUInt32LE(16), header.readUInt32LE(20)];
  const needsCheck = 2;
  if ((low & ~needsCheck) !== 0 || high !== 0)
    throw integrityError('the QED image needs a backing file, or uses features that are not known [backing_file]');
}
