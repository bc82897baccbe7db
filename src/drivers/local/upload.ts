import type { Content, Operation } from '../../core/operation.ts';
import { accepts } from '../_oci/accepts.ts';
import { recordFields } from '../_oci/record-revision.ts';
import type { LocalClient } from './client.ts';
import { storeData } from './store-data.ts';
import { writeTemporaryFile } from './write-temporary-file.ts';

/** Who sends has to hash what is not known beforehand: once is enough. What is said beforehand has to be proved. */
const hashedBy = (content: Content): (() => string | undefined) | undefined =>
  content.sha256 === undefined ? () => content.sent().digests.sha256 : undefined;

export const upload: Operation<LocalClient, 'upload'> = {
  accepts,
  fields: recordFields,
  ownId: true,
  into: true,
  digests: ['sha256'],
  run: (client, { content, ...target }, call) =>
    storeData(
      client,
      target,
      content,
      () => writeTemporaryFile(client.home, content.open(), call.signal, hashedBy(content)),
      call,
    ),
};
