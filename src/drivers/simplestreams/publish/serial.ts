import type { Image } from '../../../core/image.ts';
import { provenanceIn } from '../../../core/provenance.ts';

const fitting = /^\d{8}[A-Za-z0-9._:-]{0,30}$/;

/** Clients pass over versions that do not begin with a day. */
function beginsWithDay(serial: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})(\d{2})(\d{2})/.exec(serial) ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}

/** The publisher's own, or the minute in which the image was made, as image servers have it: `20261120_05:24`. */
function wantedSerial({ properties, createdAt, updatedAt }: Image, now: Date): string {
  const { serial = '' } = provenanceIn(properties);
  if (fitting.test(serial) && beginsWithDay(serial)) return serial;
  const told = new Date(createdAt ?? updatedAt ?? now);
  const [day = '', time = ''] = (Number.isNaN(told.getTime()) ? now : told).toISOString().split('T');
  return `${day.replaceAll('-', '')}_${time.slice(0, 5)}`;
}

/** A serial that no other version has: of those that want the same the later one sorts behind, byte by byte. */
export function freeSerial(image: Image, taken: readonly string[], now: Date): string {
  const wanted = wantedSerial(image, now);
  const numbers = taken.flatMap((serial) => {
    if (serial === wanted) return [0];
    const [, number] = serial.startsWith(wanted) ? (/^\.(\d{1,9})$/.exec(serial.slice(wanted.length)) ?? []) : [];
    return number === undefined ? [] : [Number(number)];
  });
  return numbers.length === 0 ? wanted : `${wanted}.${behind(Math.max(...numbers))}`;
}

/** The number that follows and sorts behind as a text, too: 1 to 9, 901 to 999, 9990001. */
function behind(number: number): number {
  const digits = String(number);
  return /^9+$/.test(digits) ? Number(`${digits}${'0'.repeat(digits.length)}1`) : number + 1;
}
