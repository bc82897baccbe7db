import { usageError } from './errors.ts';

const binary = ['', 'K', 'M', 'G', 'T', 'P'];
const sizePattern = /^(\d+(?:\.\d+)?)\s*(?:([KMGTP])(iB|B)?|B)?$/i;

/** What a number without a unit may have been meant in. */
export type SizeUnit = 'GiB' | 'MiB';

/** Bytes of a size such as `10M`, `5GiB` (both binary) or `6GB` (decimal). Throws USAGE on anything else. */
export function parseSize(text: string, what = 'size'): number {
  const found = sizePattern.exec(text.trim());
  if (!found)
    throw usageError(`${what}: invalid size: ${text}`, {
      hint: 'Use a size such as 512MiB, 10M, 5GiB (binary) or 6GB (decimal).',
    });
  const unit = (found[2] ?? '').toUpperCase();
  const base = found[3]?.toLowerCase() === 'b' ? 1000 : 1024;
  const bytes = Math.round(Number(found[1]) * base ** binary.indexOf(unit));
  if (!Number.isSafeInteger(bytes)) throw usageError(`${what}: "${text}" is too large`);
  return bytes;
}

/**
 * The same for what others count in units of their own, such as disks in GiB: a bare number other than 0 is USAGE, for whether bytes
 * or `unit` are meant cannot be told.
 */
export function parseSizeWithUnit(text: string, what: string, unit: SizeUnit): number {
  const bytes = parseSize(text, what);
  const number = text.trim();
  if (bytes === 0 || !/^[\d.]+$/.test(number)) return bytes;
  throw usageError(`${what} ${number}: ${number} bytes or ${number} ${unit}?`, { hint: `Say ${number}${unit}, or ${number}B.` });
}

/** The most that a timer of Node takes: with more it fires at once. */
const longestTimerMs = 2 ** 31 - 1;
/** A thousand years: times so long ago can still be written, and nothing is older. */
const longestDurationMs = 365_000 * 86_400_000;

/** The milliseconds that a timer can be set to, for a limit of so many: every timer that a user's duration reaches takes them from here. */
export const timerMs = (ms: number): number => Math.min(ms, longestTimerMs);

const durations: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration such as `500ms`, `30s`, `10m`, `2h`, `30d`. Throws USAGE on anything else, and on more than 365000d. */
export function parseDuration(text: string, what = 'duration'): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unit = durations[found?.[2] ?? ''];
  if (!found || unit === undefined)
    throw usageError(`${what}: invalid duration: ${text}`, { hint: 'Use a unit: 500ms, 30s, 10m, 2h, 30d.' });
  const ms = Math.round(Number(found[1]) * unit);
  if (ms > longestDurationMs) throw usageError(`${what}: "${text}" is too large`, { hint: 'Use at most 365000d.' });
  return ms;
}

/** Bytes as a person reads them: `612.0 MiB`. Binary units. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < binary.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${binary[unit] ?? ''}iB`;
}

/** Bytes in the largest unit that takes them whole: `1500 MiB`, `2 GiB`. */
export function wholeSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value > 0 && value % 1024 === 0 && unit < binary.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${value} ${binary[unit] ?? ''}iB`;
}

/** A length of time as a person reads it: `3 days`, `12 min`, `40 s`. */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
