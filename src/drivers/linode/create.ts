import { usageError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { askNew, type LinodeClient } from './client.ts';
import { cloudInit, descriptionBody } from './described.ts';
import { editable, requireKnown, warnOfName } from './fields.ts';
import { recordOf } from './record.ts';

/** Captures a disk of a Linode. https://techdocs.akamai.com/linode-api/reference/post-image */
export const create: Operation<LinodeClient, 'create'> = {
  from: ['disk'],
  fields: editable,
  extras: { cloudInit },

  async run(client, request, call) {
    requireKnown(request.description);
    warnOfName(request.description.name, call);
    const json = { disk_id: diskNumber(request.fromDisk), ...descriptionBody(request) };
    const what = 'creating the image';
    const record = await askNew(client, { path: 'images', json, what }, (body) => recordOf(body, what), call);
    call.note({ kind: 'created', id: record.id });
    return record;
  },
};

function diskNumber(disk: string | undefined): number {
  if (disk === undefined)
    throw usageError('Linode makes an image from a disk or from data, never an empty record', {
      hint: '--from-disk ID, or imgctl upload FILE',
    });
  if (!/^\d+$/.test(disk))
    throw usageError(`"${disk}" is no id of a Linode disk: it is a number`, {
      hint: 'linode-cli linodes disks-list LINODE lists them',
    });
  return Number(disk);
}
