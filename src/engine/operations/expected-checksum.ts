import { ImgctlError, integrityError, limitError, usageError } from '../../core/errors.ts';
import { humanSize } from '../../core/quantity.ts';
import { parseChecksum } from '../../transfer/checksum.ts';
import { checksumsIn, checksumFor, type ChecksumFinding } from '../../transfer/checksum-file.ts';
import type { Checksum } from '../../transfer/published-digests.ts';
import { resumingSource } from '../../transfer/resume.ts';
import { urlFileName, shownAddress, urlSource } from '../../transfer/url-source.ts';
import type { EngineContext } from '../context.ts';

/** Checksum files are not larger. */
const mostBytes = 16 * 1024 * 1024;
/** What lies beside an image, the strongest first: with the name of the image, and for all that is in the folder. */
const endings = ['.sha512', '.sha256', '.sha512sum', '.sha256sum', '.SHA512', '.SHA256', '.CHECKSUM'];
const forAll = ['SHA512SUMS', 'SHA256SUMS', 'CHECKSUM', 'sha512sums', 'sha256sums', 'CHECKSUM.SHA512', 'CHECKSUM.SHA256'];

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);

/**
 * The digest that `--checksum` asks for: `ALGO:HEX`, or that of the file `of` (a URL, a path; absent: what has no file name) in a checksum file,
 * which `auto` finds beside its URL. Throws USAGE for what is none of these, and where nothing is said of the file INTEGRITY: what was
 * to be checked and cannot be is never taken for right.
 */
export async function wantedChecksum(
  text: string | undefined,
  of: string | undefined,
  context: EngineContext,
): Promise<Checksum | undefined> {
  if (text === undefined) return undefined;
  if (text === 'auto') return beside(of, context);
  if (!isUrl(text)) return parseChecksum(text);
  if (!URL.canParse(text)) throw usageError('--checksum: not a valid URL', { hint: 'Use https://HOST/PATH.' });
  const name = of === undefined ? undefined : fileNameOf(of);
  const said = await readAt(text, name, true, context);
  if (said !== undefined) return agreed(said, text, name, context);
  throw integrityError(`${shownAddress(new URL(text))} has no checksum of ${name ?? 'the source'}`, {
    hint: 'Use the checksum file that is about it, or --checksum ALGO:HEX.',
  });
}

const fileNameOf = (text: string): string =>
  isUrl(text) && URL.canParse(text) ? urlFileName(new URL(text)) : (text.split(/[\\/]/).at(-1) ?? text);

async function beside(of: string | undefined, context: EngineContext): Promise<Checksum> {
  if (of === undefined || !isUrl(of) || !URL.canParse(of))
    throw usageError('--checksum auto requires a source URL', {
      hint: 'Use --checksum ALGO:HEX, or the URL of a checksum file.',
    });
  const name = urlFileName(new URL(of));
  for (const candidate of [...endings.map((ending) => encodeURIComponent(name + ending)), ...forAll]) {
    const url = new URL(candidate, of).href;
    const said = await readAt(url, name, false, context).catch((error: unknown) => {
      if (error instanceof ImgctlError && [403, 404, 410].includes(error.circumstances.status ?? 0)) return undefined;
      throw error;
    });
    if (said !== undefined) return agreed(said, url, name, context);
  }
  throw integrityError(`no checksum file beside ${shownAddress(new URL(of))} names it`, {
    hint: 'Use --checksum ALGO:HEX, or the URL of a checksum file.',
  });
}

/** What the checksum file at this URL says of the file. */
async function readAt(url: string, name: string | undefined, isNamed: boolean, context: EngineContext): Promise<ChecksumFinding> {
  const call = context.call();
  const source = resumingSource(await urlSource(url, (await context.tools()).http, call), call);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source.open()) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw limitError(`${source.name} is larger than ${humanSize(mostBytes)}, and no checksum file`);
    chunks.push(Buffer.from(chunk));
  }
  const isAbout = name !== undefined && name !== '' && urlFileName(new URL(url)).startsWith(name);
  return checksumFor(checksumsIn(Buffer.concat(chunks).toString()), name, { isAbout, isNamed });
}

function agreed(said: NonNullable<ChecksumFinding>, url: string, name: string | undefined, context: EngineContext): Checksum {
  const where = shownAddress(new URL(url));
  if ('contradiction' in said)
    throw integrityError(`${where} contradicts itself about ${name ?? 'the source'}: ${said.contradiction}`);
  const { algorithm } = said.checksum;
  if (algorithm === 'md5' || algorithm === 'sha1')
    context.warn(`${where} has only the ${algorithm} of ${name ?? 'the source'}, which can be forged`);
  context.detail(`checksum: ${algorithm} from ${where}`);
  return said.checksum;
}
