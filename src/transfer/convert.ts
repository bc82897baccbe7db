import { type Accept, type Compression, type Encoding, type Format, compressions, formats } from '../core/encoding.ts';
import { unsupportedError } from '../core/errors.ts';
import { given } from '../core/image.ts';
import { formatByExtension, misnamed } from './formats/index.ts';
import { strongest } from './published-digests.ts';
import { writable, written } from './plan.ts';
import { prepare } from './prepare.ts';
import type { Prepared } from './prepared.ts';
import type { TransferContext, TransferOptions } from './transfer-options.ts';
import { saveTo, type Saved, type Saving } from './save.ts';
import type { Source } from './source.ts';

/** Whole MiB: what the strictest cloud takes, and anybody else too. */
const vhdAlignBytes = 1 << 20;

/** A file takes every encoding that can be written, or that is there already. A VHD that is written is a fixed one. */
const anyEncoding = formats.flatMap((format): Accept[] => [
  format === 'vhd' ? { format, subformat: 'fixed', alignBytes: vhdAlignBytes } : { format },
  ...compressions.map((compression) => ({ format, compression })),
]);

const wrapEndings: readonly (readonly [RegExp, Compression])[] = [
  [/\.(gz|tgz)$/i, 'gzip'],
  [/\.(xz|txz)$/i, 'xz'],
  [/\.(zst|zstd|tzst)$/i, 'zstd'],
  [/\.(bz2|tbz2?)$/i, 'bzip2'],
];
const formatEndings: readonly (readonly [RegExp, Format])[] = [
  [/\.(raw|img)$/i, 'raw'],
  [/\.(qcow2|qcow)$/i, 'qcow2'],
  [/\.(vhd|vpc)$/i, 'vhd'],
  [/\.(tar|tgz|txz|tzst|tbz2?)$/i, 'tar'],
  [/\.vmdk$/i, 'vmdk'],
  [/\.vhdx$/i, 'vhdx'],
  [/\.vdi$/i, 'vdi'],
  [/\.qed$/i, 'qed'],
  [/\.(hds|hdd)$/i, 'ploop'],
  [/\.iso$/i, 'iso'],
  [/\.ova$/i, 'ova'],
];
/** Endings of what is neither read nor written. */
const unknownEnding = /\.(zip|7z|rar|lz4|lzma|lzo|z|cab|dmg|e01|ex01|vma|wim|esd|simg|ovf|box|cpio|deb|rpm)$/i;

/** What the whole ending of a file's name says about it; absent: nothing. */
interface Promised {
  readonly format?: Format;
  readonly compression?: Compression;
}

/** What a file of this name is to hold. Throws UNSUPPORTED for an ending of what cannot be written. */
export function encodingByExtension(file: string): Promised {
  const wrapped = wrapEndings.find(([ending]) => ending.test(file));
  const inner = wrapped && !/\.t[a-z0-9]+$/i.test(file) ? file.replace(wrapped[0], '') : file;
  const ending = unknownEnding.exec(inner)?.[1];
  if (ending !== undefined) throw unsupportedError(`writing ${ending} is not supported: ${file}`, { hint: written });
  const format = formatEndings.find(([known]) => known.test(inner))?.[1];
  return { ...(format ? { format } : {}), ...(wrapped ? { compression: wrapped[1] } : {}) };
}

/**
 * Looks at a source and plans its way into a file of that name; nothing is written. Throws as `prepare` and `encodingByExtension` do, UNSUPPORTED
 * among it where the name promises what cannot be written, and the source is something else.
 */
export function prepareForFile(source: Source, file: string, wishes: TransferOptions, means: TransferContext): Promise<Prepared> {
  const { compression } = encodingByExtension(file);
  const accepts = anyEncoding.filter((accept) => accept.compression === compression);
  return prepare(source, accepts, wishes, means);
}

/** What to say where a file of that name is taken for something else than is written into it; absent: nothing. */
export function misnaming(file: string, content: Encoding): string | undefined {
  const [wanted] = formatByExtension(file)?.formats ?? [];
  const isOffered =
    wanted !== undefined && writable.has(wanted) && (wanted !== content.format || content.compression !== undefined);
  const why = misnamed(file, content);
  return why && `${why}. Use ${isOffered ? `--disk-format ${wanted}, or ` : ''}another name.`;
}

/**
 * A source to a file of another format. The file gets its name when all of it is there and on the disk. `begin` is called once the
 * source is prepared: what is counted from then on is the new file.
 * Throws as `prepare` and `saveTo` do.
 */
export async function convertFile(
  source: Source,
  file: string,
  wishes: TransferOptions,
  means: TransferContext,
  saving: Pick<Saving, 'force' | 'warn'> & { readonly begin: () => void },
): Promise<Saved & { readonly contentId?: string }> {
  const prepared = await prepareForFile(source, file, wishes, means);
  try {
    const content = await prepared.content();
    saving.begin();
    const result: Source = {
      name: source.name,
      repeatable: content.repeatable,
      near: false,
      ...(content.bytes === undefined ? {} : { bytes: content.bytes }),
      open: () => content.open(),
      close: async () => undefined,
    };
    const { force, warn } = saving;
    const saved = await saveTo(file, result, { force, warn, resume: false, digests: [], progress: () => undefined });
    // The file is there: whoever stops what is only told of it does not undo it.
    const contentId = await prepared.contentId().catch((error: unknown) => {
      if (means.signal.aborted) return undefined;
      throw error;
    });
    const required = wishes.checksum ?? strongest(source.digests);
    return { ...saved, ...given({ verifiedBy: required?.algorithm ?? source.verifiedBy, contentId }) };
  } finally {
    await prepared.close();
  }
}
