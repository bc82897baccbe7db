import type { ListRequest, Operation } from '../../core/operation.ts';
import { architectureOf } from '../_published/architecture.ts';
import { attributeOf } from './attributes.ts';
import type { StreamsClient } from './client.ts';
import type { Disk } from './disks.ts';
import { readAll } from './documents.ts';
import { isUnsupported, recordFrom } from './record.ts';

const own = {
  arch: 'Architecture, such as arm64',
  release: 'Code name of a release',
  version: 'Version of a release',
  serial: 'Serial of a version: all of them are looked at, not the newest alone',
  ftype: 'Kind of disk: all of them are looked at, not the usual one alone',
  label: 'Label of a version, such as release or daily',
  product: 'Name of a product',
};

/** Oddity: what is usually meant is a small part of what is published; `all` and hidden images are everything. */
export const list: Operation<StreamsClient, 'list'> = {
  filters: [],
  own,
  async *run(client, request, call) {
    const { disks, failed } = await readAll(client, call);
    const wanted = disks.filter((disk) => isMeant(client, disk, request) && isWanted(disk, request.own));
    call.note({ kind: 'expected', images: wanted.length });
    const today = new Date().toISOString().slice(0, 10);
    for (const disk of wanted.slice(0, request.limit)) {
      call.signal.throwIfAborted();
      yield recordFrom(client, disk, today);
    }
    if (failed) throw failed;
  },
};

/** The newest of what is supported and fits the profile, unless the request says otherwise. */
function isMeant(client: StreamsClient, disk: Disk, request: ListRequest): boolean {
  if (request.scope === 'all' || request.hidden) return true;
  const { arch, serial, ftype } = request.own;
  return (
    (serial !== undefined || disk.isNewest) &&
    (ftype !== undefined || disk.isPreferred) &&
    (arch !== undefined || disk.architecture === undefined || disk.architecture === client.architecture) &&
    !isUnsupported(disk)
  );
}

const isWanted = (disk: Disk, wanted: ListRequest['own']): boolean =>
  Object.entries(wanted).every(([name, value]) => {
    if (name === 'arch') return disk.architecture === architectureOf(value);
    if (name === 'product' || name === 'serial' || name === 'ftype') return disk[name] === value;
    return String(attributeOf(disk.layers, name)) === value;
  });
