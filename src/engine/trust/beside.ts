import path from 'node:path';
import { ImgctlError, limitError } from '../../core/errors.ts';
import { humanSize } from '../../core/quantity.ts';
import { readSmallFile } from '../../host/read-file.ts';
import { codeOf } from '../../host/system-error.ts';
import { resumingSource } from '../../transfer/resume.ts';
import { shownAddress, urlFileName, urlSource } from '../../transfer/url-source.ts';
import type { EngineContext } from '../context.ts';

/** Checksum files and signatures are not larger. */
const mostBytes = 16 * 1024 * 1024;

export const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);

export const fileNameOf = (text: string): string =>
  isUrl(text) && URL.canParse(text) ? urlFileName(new URL(text)) : (text.split(/[\\/]/).at(-1) ?? text);

/** As it may stand in a message. */
export const shownPlace = (place: string): string => (isUrl(place) ? shownAddress(new URL(place)) : place);

/** Where a file of that name would be, in the folder of this one. */
export const beside = (of: string, name: string): string =>
  isUrl(of) ? new URL(encodeURIComponent(name), of).href : path.join(path.dirname(of), name);

/** All bytes of a small file: a URL, or a path. Throws LIMIT for what is too large to be one, and what reading throws. */
export async function readPlace(place: string, context: EngineContext): Promise<Buffer> {
  if (!isUrl(place)) return readSmallFile(place, { signal: context.signal });
  const call = context.call();
  const source = resumingSource(await urlSource(place, (await context.tools()).http, call), call);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source.open()) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw limitError(`${source.name} is larger than ${humanSize(mostBytes)}, and no checksum file`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

/** The same; absent where there is no such file, or none that may be read. */
export async function readIfThere(place: string, context: EngineContext): Promise<Buffer | undefined> {
  try {
    return await readPlace(place, context);
  } catch (error) {
    const isAway = error instanceof ImgctlError && [403, 404, 410].includes(error.circumstances.status ?? 0);
    if (isAway || ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** How detached signatures are called: behind the name of what is signed. */
const signatureEndings = { gpg: ['.asc', '.gpg', '.sig', '.sign'], minisign: ['.minisig', '.sig'] } as const;

/** A signature that lies beside what is signed. */
export interface DetachedSignature {
  readonly bytes: Buffer;
  readonly place: string;
}

const isPage = (bytes: Buffer): boolean => /^\s*</.test(bytes.subarray(0, 64).toString('latin1'));

/** The detached signature beside a file; absent: there is none. Servers that answer everything with a page have none. */
export async function signatureBeside(
  of: string,
  kind: keyof typeof signatureEndings,
  context: EngineContext,
): Promise<DetachedSignature | undefined> {
  for (const ending of signatureEndings[kind]) {
    const place = beside(of, `${fileNameOf(of)}${ending}`);
    const bytes = await readIfThere(place, context);
    if (bytes && bytes.length > 0 && !isPage(bytes)) return { bytes, place };
  }
  return undefined;
}
