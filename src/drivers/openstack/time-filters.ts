import { usageError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';

/** Times by which Glance filters, and the fields that hold them here. */
const fields: Readonly<Record<string, 'createdAt' | 'updatedAt'>> = { created_at: 'createdAt', updated_at: 'updatedAt' };
export const timeNames = Object.keys(fields);

const holds: Readonly<Record<string, (time: number, bound: number) => boolean>> = {
  eq: (time, bound) => time === bound,
  neq: (time, bound) => time !== bound,
  gt: (time, bound) => time > bound,
  gte: (time, bound) => time >= bound,
  lt: (time, bound) => time < bound,
  lte: (time, bound) => time <= bound,
};

/**
 * Conditions on a time, as Glance writes them (`gte:2026-01-01T00:00:00Z`), to be applied here. Oddity: of several on one time
 * Glance takes the last only. Throws USAGE for one that cannot be read.
 */
export function timeFilters(conditions: readonly (readonly [string, string])[]): (record: ImageRecord) => boolean {
  const tests = conditions.flatMap(([name, text]) => {
    const field = fields[name];
    if (!field) return [];
    const [, operator = 'eq', time = ''] = /^(?:(\w+):)?(\d.*)$/.exec(text) ?? [];
    const test = holds[operator];
    const bound = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`);
    if (!test || Number.isNaN(bound))
      throw usageError(`--filter ${name}: invalid condition: ${text}`, { hint: 'Use a form such as gte:2026-01-01T00:00:00Z.' });
    return [(record: ImageRecord) => record[field] !== undefined && test(Date.parse(record[field] ?? ''), bound)];
  });
  return (record) => tests.every((test) => test(record));
}
