import { copyFile, constants, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Format } from '../core/encoding.ts';
import { abortedError, integrityError, limitError, unsupportedError } from '../core/errors.ts';
import { humanSize } from '../core/quantity.ts';
import { runSandboxed, type ResourceLimits } from './sandbox.ts';
import type { Inspection } from './formats/inspection.ts';
import type { FindingCode } from './formats/findings.ts';
import { hasText, readFully } from './formats/byte-reader.ts';
import type { RandomSource } from './extents.ts';
import type { Source } from './source.ts';
import { privateTemporaryFolder, temporarySource } from './spool.ts';

/** The program that reads what is not read here, and the packages it comes with. */
const program = 'qemu-img';
const installs = 'Install qemu-img: apt install qemu-utils, dnf install qemu-img, brew install qemu';

/** How the helper makes a raw disk of a file. */
interface Help {
  /** Name of the format for the helper. It is always given: what it would find out by itself is not to be trusted. */
  readonly format: string;
  /** The finding that says no more than that the helper is needed. */
  readonly excuses: FindingCode;
  /** It has to put a copy of the file in order first. */
  readonly repairs?: boolean;
}

const helps: Readonly<Partial<Record<Format, Help>>> = {
  qed: { format: 'qed', excuses: 'banned_format' },
  ploop: { format: 'parallels', excuses: 'banned_format' },
  // Its log is replayed only where the file may be written to. What needs a parent is refused by the helper.
  vhdx: { format: 'vhdx', excuses: 'log', repairs: true },
};

/** What the helper could do for a file, by its finding; absent: nothing is needed, or nothing is possible. */
export function qemuImgFor({ format, findings }: Inspection): Help | undefined {
  const help = helps[format];
  return help && findings.some(({ code }) => code === help.excuses) ? help : undefined;
}

/** What is left of the findings once the helper has done its work. */
export function withoutHelpedFindings(inspection: Inspection): Inspection {
  const help = qemuImgFor(inspection);
  return help ? { ...inspection, findings: inspection.findings.filter(({ code }) => code !== help.excuses) } : inspection;
}

/** Address space that the helper gets along with, also for large tables on a machine of many cores. */
const memoryBytes = 2 * 2 ** 30;
/** Milliseconds for any file, and for each MiB of one. */
const leastMs = 600_000;
const perMebibyteMs = 100;

async function runOrThrow(args: readonly string[], name: string, caps: ResourceLimits, signal: AbortSignal): Promise<void> {
  const ending = await runSandboxed(program, args, caps, signal);
  if (signal.aborted) throw abortedError('interrupted');
  if (ending.outOfTime)
    throw limitError(`${program} was not done with ${name} after ${Math.round(caps.limitMs / 60_000)} minutes`);
  if (ending.signal === 'SIGXFSZ' || /File too large/i.test(ending.told))
    throw limitError(`${program} makes more of ${name} than the ${humanSize(caps.fileBytes ?? 0)} that are taken there`);
  if (ending.status !== 0)
    throw integrityError(`${program} cannot read ${name}: ${ending.told || `it ended with ${ending.signal ?? ending.status}`}`);
}

/** Throws UNSUPPORTED, saying what to install, where the helper is not there. */
export async function requireQemuImg(format: Format): Promise<void> {
  const { status } = await runSandboxed(program, ['--version'], { limitMs: leastMs, memoryBytes });
  if (status === 0) return;
  throw unsupportedError(`${format} is read with the help of ${program}, which is not installed`, { hint: installs });
}

/** What the helper may use up, and where it works. `diskBytes`: the most that the disk may have; `limitMs`: default by the size of the file. */
export interface QemuImgLimits {
  readonly folder: string;
  readonly diskBytes: number;
  readonly limitMs?: number;
}

/**
 * Has the helper make a raw disk of a file, without touching the file. Gives a temporary source. Throws INTEGRITY where the file
 * needs others or the helper cannot read it, LIMIT where it takes too long or makes too large a disk, ABORTED.
 */
export async function convertWithQemuImg(
  source: Source & { readonly path: string; readonly random: RandomSource },
  help: Help,
  { folder, diskBytes, limitMs = leastMs + (source.random.size / 2 ** 20) * perMebibyteMs }: QemuImgLimits,
  signal: AbortSignal,
): Promise<Source> {
  await checkAlone(source.random);
  const caps = { limitMs, memoryBytes };
  const own = await privateTemporaryFolder(folder);
  const [copy, result] = [path.join(own.path, 'copy'), path.join(own.path, 'disk')];
  const { format } = help;
  try {
    if (help.repairs) {
      await copyFile(source.path, copy, constants.COPYFILE_FICLONE);
      await runOrThrow(['check', '-f', format, '-r', 'all', copy], source.name, caps, signal);
    }
    const convert = ['convert', '-f', format, '-O', 'raw', help.repairs ? copy : source.path, result];
    await runOrThrow(convert, source.name, { ...caps, fileBytes: diskBytes }, signal);
    await rm(copy, { force: true });
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
