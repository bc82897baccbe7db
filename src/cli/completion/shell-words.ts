/** A command line up to the cursor, divided as a POSIX shell does. */
export interface ShellWords {
  /** Whole words, without their quotes. */
  readonly before: readonly string[];
  /** The word at the cursor, without its quotes; '' between words. */
  readonly current: string;
  /** The quote that is still open at the cursor. */
  readonly openQuote: '' | "'" | '"';
  /** How much of `current` stands before the open quote. */
  readonly beforeQuote: number;
}

/** Divides a line that is still being typed; variables and substitutions are left as they stand. */
export function shellWords(line: string): ShellWords {
  const before: string[] = [];
  let current: string | undefined;
  let openQuote: ShellWords['openQuote'] = '';
  let beforeQuote = 0;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line.charAt(at);
    const next = line.charAt(at + 1);
    if (openQuote !== '') {
      if (sign === openQuote) openQuote = '';
      else if (openQuote === '"' && sign === '\\' && /["\\$`]/.test(next)) current = `${current ?? ''}${line.charAt((at += 1))}`;
      else current = (current ?? '') + sign;
    } else if (sign === "'" || sign === '"') {
      openQuote = sign;
      current ??= '';
      beforeQuote = current.length;
    } else if (sign === '\\') current = `${current ?? ''}${line.charAt((at += 1))}`;
    else if (/\s/.test(sign)) {
      if (current !== undefined) before.push(current);
      current = undefined;
    } else current = (current ?? '') + sign;
  }
  return { before, current: current ?? '', openQuote, beforeQuote };
}

/** What means itself everywhere, also between quotes of either kind. */
const plainWord = /^[\p{L}\p{N}_@%+=:,./~#-]*$/u;
const special = /[^\p{L}\p{N}_@%+=:,./-]/gu;

/** A word that bash puts at the cursor, so that it is read back as `text`; absent where the open quote does not allow it. */
export function bashWord(text: string, { current, openQuote, beforeQuote }: ShellWords, wordBreaks: string): string | undefined {
  // Bash replaces only what stands behind the last of its word breaks, or behind the quote that is open.
  if (openQuote !== '') return plainWord.test(text.replaceAll(' ', '')) ? text.slice(beforeQuote) : undefined;
  const breaks = [...wordBreaks].filter((sign) => !/[\s"']/.test(sign));
  const start = Math.max(0, ...breaks.map((sign) => current.lastIndexOf(sign) + 1));
  return text.slice(start).replace(special, (sign) => `\\${sign}`);
}
