import { formats, type Accept } from '../../core/encoding.ts';
import type { Operation } from '../../core/operation.ts';
import { recordFields } from '../_oci/next-record.ts';
import type { LocalClient } from './client.ts';
import { fill } from './fill.ts';

const wrapped: readonly Accept[] = [
  { format: 'raw', compression: 'gzip' },
  { format: 'raw', compression: 'zstd' },
];
const bare: readonly Accept[] = formats.filter((format) => format !== 'qcow2').map((format) => ({ format }));

export const upload: Operation<LocalClient, 'upload'> = {
  accepts: [{ format: 'qcow2' }, ...bare, ...wrapped],
  fields: recordFields,
  ownId: true,
  into: true,
  digests: ['sha256'],
  run: (client, { content, ...target }, call) => fill(client, target, content, call),
};
