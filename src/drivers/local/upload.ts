import type { Operation } from '../../core/operation.ts';
import { accepts } from '../_oci/accepts.ts';
import { recordFields } from '../_oci/next-record.ts';
import { writeDraft } from './blobs.ts';
import type { LocalClient } from './client.ts';
import { fill } from './fill.ts';

export const upload: Operation<LocalClient, 'upload'> = {
  accepts,
  fields: recordFields,
  ownId: true,
  into: true,
  digests: ['sha256'],
  run: (client, { content, ...target }, call) =>
    fill(client, target, content, () => writeDraft(client.home, content.open(), call.signal), call),
};
