import type { Edges } from './byte-reader.ts';

/** What a file of text is, as a message says it: `an HTML page ("404 Not Found")`. */
export interface TextFile {
  readonly title: string;
  readonly cure: string;
}

const fetchAgain = 'Download it again, failing on errors: curl -fLO URL';
const shownChars = 60;

/**
 * The texts that servers, storages and version control give instead of an image; the first whose words are at the beginning, or behind
 * the comments and declarations there. No pattern may take more than one look at a byte: whoever writes the file chooses it.
 */
const kinds: readonly (readonly [words: RegExp, title: string, cure: string])[] = [
  [/^version https:\/\/git-lfs\.github\.com\//, 'a Git LFS pointer', 'Fetch the file it stands for with: git lfs pull'],
  [
    /^\/annex\/objects\/|^\.\.?\/.*\.git\/annex\//,
    'a git-annex pointer',
    'Fetch the file it stands for with: git annex get FILE',
  ],
  [/^<!doctype html|^<html|^<head>/i, 'an HTML page', fetchAgain],
  [/^<Error>/i, 'an error message of a storage service', fetchAgain],
  [/^#EXTM3U|^<metalink/i, 'a list of download addresses', 'Download the image that it lists.'],
  [/^<\?xml|^<[a-z!]/i, 'an XML document', 'Specify the disk image, not a description of it.'],
  [/^[[{]/, 'JSON', fetchAgain],
  [/^-----BEGIN PGP (SIGNED|SIGNATURE)/, 'a PGP signature', 'Specify the disk image that it signs.'],
  [/^-----BEGIN /, 'a key, certificate or message in PEM form', 'Specify the disk image.'],
  [/^(\\?[0-9a-f]{32,128} [ *]|(SHA|MD5)\d* ?\()/i, 'a list of checksums', 'Specify the disk image whose checksum it lists.'],
  [/^#!/, 'a script', 'Specify the disk image.'],
  [/^From |^diff |^HTTP\/\d/, 'the text of a message or patch', 'Specify the disk image.'],
];

/** Markup says what a file is, whatever follows it. */
const markup = /^\s*(<!doctype html|<html[\s>])/i;

/**
 * What a file of nothing but text is; absent for anything else. Of a long file both ends are looked at, of one whose end is not known
 * the beginning.
 */
export function textFileOf({ head, tail, size }: Edges): TextFile | undefined {
  const isWhole = size <= head.length;
  const text = decoded(isWhole ? withoutPadding(head) : head);
  const isText = text !== undefined && (isWhole || tail.length === 0 || decoded(tail, true) !== undefined);
  const begin = text ?? head.toString('latin1', 0, 1024);
  if (!isText && !markup.test(begin)) return undefined;
  const trimmed = begin.trimStart();
  const body = behindProlog(trimmed);
  const found = kinds.find(([words]) => words.test(body) || words.test(trimmed));
  const [, title, cure] = found ?? [/./, 'a text file', 'Specify the disk image.'];
  const shown = title.endsWith('pointer') ? '' : excerptOf(trimmed);
  return { title: shown === '' ? title : `${title} (${JSON.stringify(shown)})`, cure };
}

const prologs = [
  ['<!--', '-->'],
  ['<?xml', '>'],
] as const;

/** A document of markup behind its declaration and comments. */
function behindProlog(text: string): string {
  let rest = text;
  for (;;) {
    const [, close = ''] = prologs.find(([open]) => rest.startsWith(open)) ?? [];
    const end = close === '' ? -1 : rest.indexOf(close);
    if (end < 0) return rest;
    rest = rest.slice(end + close.length).trimStart();
  }
}

/** What of a text tells people what it is: the title of a page, the message of an error, or the first words. */
function excerptOf(text: string): string {
  const said =
    /<title[^<>]*>([^<]*)<\/title>/i.exec(text)?.[1] ??
    /<(?:Message|Code)>([^<]*)</.exec(text)?.[1] ??
    /"(?:message|error|detail)"\s*:\s*"([^"]*)"/.exec(text)?.[1] ??
    /^[^\r\n]*/.exec(text)?.[0] ??
    '';
  const words = said.replace(/[\p{C}\s]+/gu, ' ').trim();
  return words.length > shownChars ? `${words.slice(0, shownChars)}…` : words;
}

/** Programs fill the last sector up with zeros. */
function withoutPadding(head: Buffer): Buffer {
  let end = head.length;
  while (end > 0 && head[end - 1] === 0) end -= 1;
  return head.subarray(0, end);
}

const isControl = (byte: number): boolean => byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27;
const leastLatinBytes = 16;

/** The text that bytes are, in UTF-8, UTF-16 with its mark, or mostly ASCII in another charset. `inside`: they begin anywhere. */
function decoded(bytes: Buffer, inside = false): string | undefined {
  if (bytes.length === 0) return undefined;
  if (!inside && bytes.length > 3 && (bytes.readUInt16BE(0) === 0xfffe || bytes.readUInt16BE(0) === 0xfeff)) return utf16(bytes);
  let high = 0;
  for (const byte of bytes) {
    if (isControl(byte) || byte === 127) return undefined;
    if (byte >= 128) high += 1;
  }
  if (high === 0 || inside) return bytes.toString('utf8');
  const text = bytes.toString('utf8');
  // The last character may be cut off.
  if (!text.slice(0, -1).includes('\ufffd')) return text;
  return bytes.length >= leastLatinBytes && high * 4 < bytes.length ? bytes.toString('latin1') : undefined;
}

function utf16(bytes: Buffer): string | undefined {
  const whole = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  const text = (bytes[0] === 0xff ? whole : whole.swap16()).toString('utf16le').slice(1);
  // Noise that begins with the mark has characters that nothing is written with.
  return /[\p{Cc}\p{Cn}\p{Co}\p{Cs}]/u.test(text.replace(/[\t\n\f\r]/g, '').slice(0, -1)) ? undefined : text;
}
