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

/** A serial that no other version has: of two that want the same the later one sorts behind. */
export function freeSerial(image: Image, isTaken: (serial: string) => boolean, now: Date): string {
  const wanted = wantedSerial(image, now);
  for (let count = 0; ; count += 1) {
    const serial = count === 0 ? wanted : `${wanted}.${count}`;
    if (!isTaken(serial)) return serial;
  }
}
