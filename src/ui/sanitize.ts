/**
 * What must not reach a terminal as it is, beyond C0: DEL and C1, everything of category Cf (bidi overrides, isolates,
 * zero-width signs, tags), line and paragraph separators, lone surrogates, letters that show nothing, and what is not assigned yet and
 * is to show nothing once it is.
 */
const invisible = String.raw`\u034f\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0\ufff0-\ufff8\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}`;
const beyondAscii = String.raw`\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}${invisible}`;
const patterns = {
  hostile: String.raw`\u0000-\u001f${beyondAscii}`,
  hostileKeepingLines: String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f${beyondAscii}`,
  hostileBeyondAscii: beyondAscii,
};
const made = new Map<keyof typeof patterns, RegExp>();
/** These tables of signs take a millisecond to make, and most texts need none. */
function signs(name: keyof typeof patterns): RegExp {
  const known = made.get(name) ?? new RegExp(`[${patterns[name]}]`, 'gu');
  made.set(name, known);
  return known;
}

const beyondPrintable = /[^\n\u0020-\u007e]/;
const harmless = /^[\u0020-\u007e]*$/;
const short: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` };

const unit = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

/** `\u001b`, or a pair of them beyond U+FFFF: an escape that JSON, YAML and people read. */
function escaped(sign: string): string {
  const first = unit(sign.charCodeAt(0));
  return sign.length === 1 ? first : first + unit(sign.charCodeAt(1));
}

/** Text from a provider as a terminal may show it: signs that would move, hide or reorder others are shown escaped. */
export function safe(text: string): string {
  return harmless.test(text) ? text : text.replace(signs('hostile'), (sign) => short[sign] ?? escaped(sign));
}

/** The same for a format that can quote line ends and tabs: these stay. */
export function safeKeepingLines(text: string): string {
  return harmless.test(text) ? text : text.replace(signs('hostileKeepingLines'), escaped);
}

/** Escapes hostile signs in YAML whose hostile texts are all between double quotes: it remains the same value. */
export function safeYaml(text: string): string {
  return text.replace(signs('hostileBeyondAscii'), (sign) =>
    sign.length === 1 ? escaped(sign) : `\\U${(sign.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}

/** Whether a text holds anything that `safe` would change, line ends aside. */
export const isHostile = (text: string): boolean => safeKeepingLines(text) !== text;

/** A value as JSON that is harmless on a terminal; parsed, it is exactly the value. `indent` is the number of spaces. */
export function jsonText(value: unknown, indent = 0): string {
  // Hostile signs can stand only within the strings of a JSON text, where their escapes mean the same.
  const text = JSON.stringify(value, null, indent) ?? 'null';
  return beyondPrintable.test(text) ? text.replace(signs('hostileBeyondAscii'), escaped) : text;
}
