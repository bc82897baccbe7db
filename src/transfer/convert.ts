import type { Accept, Format } from '../core/encoding.ts';
import { compressions, formats } from '../core/encoding.ts';
import { unsupportedError } from '../core/errors.ts';
import { prepare, type Means, type Prepared, type Wishes } from './prepare.ts';
import { saveTo, type Saved, type Saving } from './save.ts';
import type { Source } from './source.ts';

/** A file takes every encoding that can be written, or that is there already. */
const anyEncoding = formats.flatMap((format): Accept[] => [
  { format },
  ...compressions.map((compression) => ({ format, compression })),
]) as [Accept, ...Accept[]];

const gzipEnding = /\.gz$/i;
const formatEndings: readonly (readonly [RegExp, Format])[] = [
  [/\.(raw|img)$/i, 'raw'],
  [/\.(qcow2|qcow)$/i, 'qcow2'],
  [/\.(vhd|vpc)$/i, 'vhd'],
];

/** What a file with this name shall be wrapped in, by its ending. */
const wrapOf = (file: string): 'gzip' | undefined => (gzipEnding.test(file) ? 'gzip' : undefined);

/** The format that a file is to be written in, by its ending; absent where that says nothing. */
export function formatOfName(file: string): Format | undefined {
  const plain = file.replace(gzipEnding, '');
  return formatEndings.find(([ending]) => ending.test(plain))?.[1];
}

/** Endings of formats and wrappers that are read, and not written. */
const unwritten = /\.(vmdk|vhdx|vdi|qed|iso|ova|tar|xz|zst|zstd|bz2)$/i;

/** Throws UNSUPPORTED when a file's name promises what cannot be written, and nobody has said otherwise. */
export function checkName(file: string, format: Format | undefined): void {
  const ending = unwritten.exec(file)?.[1];
  if (ending === undefined || format === ending) return;
  throw unsupportedError(`${file}: ${ending} is read, not written`, {
    hint: 'raw, qcow2 and vhd are written, and raw inside gzip (.raw.gz)',
  });
}

/** Looks at a source and plans its way into a file of that name; nothing is written. Throws as `prepare` does. */
export function prepareForFile(source: Source, file: string, wishes: Wishes, means: Means): Promise<Prepared> {
  const wrap = wrapOf(file);
  const accepts = anyEncoding.filter((accept) => accept.compression === wrap);
  return prepare(source, accepts, wishes, means);
}

/**
 * A source to a file of another format. The file gets its name when all of it is there and on the disk.
 * Throws as `prepare` and `saveTo` do.
 */
export async function convertFile(
  source: Source,
  file: string,
  wishes: Wishes,
  means: Means,
  saving: Pick<Saving, 'force' | 'warn'>,
): Promise<Saved & { readonly contentId?: string }> {
  const prepared = await prepareForFile(source, file, wishes, means);
  try {
    const content = await prepared.content();
    const result: Source = {
      name: source.name,
      repeatable: content.repeatable,
      near: false,
      ...(content.bytes === undefined ? {} : { bytes: content.bytes }),
      open: () => content.open(),
      close: async () => undefined,
    };
    const { force, warn } = saving;
    const saved = await saveTo(file, result, { force, warn, resume: false, progress: () => undefined });
    const contentId = await prepared.contentId();
    return { ...saved, ...(contentId === undefined ? {} : { contentId }) };
  } finally {
    await prepared.close();
  }
}
