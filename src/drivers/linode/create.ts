import { usageError } from '../../core/errors.ts';
import { began } from '../../core/job-operation.ts';
import type { Operation } from '../../core/operation.ts';
import { askNew, type LinodeClient } from './client.ts';
import { cloudInit, descriptionBody } from './description.ts';
import { editable, requireKnown, warnOfName } from './fields.ts';
import { recordFrom } from './record.ts';

const ifMissing =
  'There is no such disk, or it is larger than this account may image. List disks with: linode-cli linodes disks-list LINODE';

/** Captures a disk of a Linode. https://techdocs.akamai.com/linode-api/reference/post-image */
export const create: Operation<LinodeClient, 'create'> = {
  from: ['disk'],
  later: true,
  fields: editable,
  nameless: true,
  extras: { cloudInit },

  async run(client, request, call) {
    requireKnown(request.description);
    warnOfName(request.description.name, call);
    const json = { disk_id: diskNumber(request.fromDisk), ...descriptionBody(request) };
    const what = 'creating the image';
    const record = await askNew(client, { path: 'images', json, what, ifMissing }, (body) => recordFrom(body, what), call);
    call.note({ kind: 'created', id: record.id });
    began(call, { verb: 'create', image: record.id });
    return record;
  },
};

function diskNumber(disk: string | undefined): number {
  if (disk === undefined)
    throw usageError('Linode creates an image from a disk or from data, never an empty record', {
      hint: 'Use --from-disk ID, or upload a file with:',
      next: [{ verb: 'upload', args: ['FILE'], options: { name: { inProfile: 'NAME' } } }],
    });
  if (!/^\d+$/.test(disk))
    throw usageError(`invalid Linode disk id: ${disk} (it is a number)`, {
      hint: 'List disks with: linode-cli linodes disks-list LINODE',
    });
  return Number(disk);
}
