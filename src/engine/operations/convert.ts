import type { Format } from '../../core/encoding.ts';
import { unsupportedError, usageError } from '../../core/errors.ts';
import { convertFile, encodingByExtension, misnaming } from '../../transfer/convert.ts';
import { writable } from '../../transfer/plan.ts';
import { checkTarget, type Saved } from '../../transfer/save.ts';
import { given } from '../../core/image.ts';
import type { EngineContext } from '../context.ts';
import type { Change } from './change.ts';
import { fileOf, sourceFrom, withSignature } from './source.ts';
import { meansFor, plannedFile, warnOfLimit } from './transfer.ts';
import { understood, type DiskWishes } from './wishes.ts';

/** Formats that can be written. */
export const writableFormats: readonly Format[] = [...writable];

/** A disk that is to be written in another format. */
export interface ConvertWishes extends Omit<DiskWishes, 'compress'> {
  /** A file, a URL, or `-` for standard input. */
  readonly from: string;
  /** The file to write: the ending of its name promises a format too. */
  readonly to: string;
  /** Replace a file that is there. */
  readonly force?: boolean | undefined;
}

/** The file that a disk was written to. */
export interface Converted extends Saved {
  /** Fingerprint of the key by which the source was proved to be signed. Absent: nobody asked. */
  readonly signer?: string;
  readonly contentId?: string;
}

/** The conversion of a disk. Throws UNSUPPORTED where the name promises another format than is asked for; the rest as `convertFile`. */
export async function converting(
  { from, to, force = false, ...disk }: ConvertWishes,
  context: EngineContext,
): Promise<Change<Converted>> {
  if (to === '-') throw usageError('convert writes to a file: specify TO');
  const asked = await (await understood(disk, context)).forFile(fileOf(from));
  const wishes = { ...asked, format: formatFor(to, asked.format) };
  const misnamed =
    asked.format && misnaming(to, { format: asked.format, ...given({ compression: encodingByExtension(to).compression }) });
  if (misnamed) context.warn(misnamed);
  const source = await withSignature(await sourceFrom(from, context), asked);
  warnOfLimit(context, source.near || fileOf(from) === undefined);
  const task = context.task(`convert ${source.name}`);
  const means = meansFor(context, task, []);
  return {
    async plan() {
      await checkTarget(to, force);
      return [{ verb: 'convert', ...(await plannedFile(source, to, wishes, means)) }];
    },
    async perform() {
      task.step('prepare');
      const saved = await convertFile(source, to, wishes, means, {
        force,
        warn: (message) => context.say(message),
        begin: () => task.step('convert'),
      });
      task.done();
      return { ...saved, ...given({ signer: asked.proved?.().signer }) };
    },
    close: () => source.close(),
  };
}

/** What a file's name promises, unless another format is asked for; a name that promises what is not written is kept to it. */
function formatFor(file: string, asked: Format | undefined): Format | undefined {
  const promised = encodingByExtension(file).format;
  if (asked === undefined || promised === undefined || asked === promised || writable.has(promised)) return asked ?? promised;
  throw unsupportedError(`the name ${file} implies ${promised}, not ${asked}`, { hint: 'Choose another name or format.' });
}
