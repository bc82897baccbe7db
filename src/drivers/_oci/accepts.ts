import { formats, type Accept } from '../../core/encoding.ts';

const wrapped: readonly Accept[] = [
  { format: 'raw', compression: 'gzip' },
  { format: 'raw', compression: 'zstd' },
];
const bare: readonly Accept[] = formats.filter((format) => format !== 'qcow2').map((format) => ({ format }));

/** What a disk may be: all that its media type has a word for, and that is worth keeping. */
export const accepts: readonly [Accept, ...Accept[]] = [{ format: 'qcow2' }, ...bare, ...wrapped];
