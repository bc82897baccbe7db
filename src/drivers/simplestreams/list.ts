import type { ListRequest, Operation } from '../../core/operation.ts';
import { architectureOf } from '../../core/architecture.ts';
import { attributeOf } from './attributes.ts';
import type { StreamsClient } from './client.ts';
import { disksOf, type Disk, type Version } from './disks.ts';
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
    const { versions, failed } = await readAll(client, call);
    const wanted = versions
      .filter((version) => isVersionMeant(version, request))
      .flatMap((version) => disksOf(version, client.disks))
      .filter((disk) => isMeant(client, disk, request) && isWanted(disk, request.own));
    call.note({ kind: 'expected', images: wanted.length });
    const today = new Date().toISOString().slice(0, 10);
    for (const disk of wanted.slice(0, request.limit)) {
      call.signal.throwIfAborted();
      yield recordFrom(client, disk, today);
    }
    if (failed) throw failed;
  },
};

const isEverything = ({ scope, hidden }: ListRequest): boolean => scope === 'all' || hidden;

/** The newest of each product, unless the request says otherwise. */
const isVersionMeant = ({ product, serial, isNewest }: Version, request: ListRequest): boolean =>
  (isNewest || isEverything(request) || request.own.serial !== undefined) &&
  [product, undefined].includes(request.own.product) &&
  [serial, undefined].includes(request.own.serial);

/** What of it is usual, supported and fits the profile, unless the request says otherwise. */
function isMeant(client: StreamsClient, disk: Disk, request: ListRequest): boolean {
  const { arch, ftype } = request.own;
  return (
    isEverything(request) ||
    ((ftype !== undefined || disk.isPreferred) &&
      (arch !== undefined || disk.architecture === undefined || disk.architecture === client.architecture) &&
      !isUnsupported(disk))
  );
}

const isWanted = (disk: Disk, { arch, ftype, product: _product, serial: _serial, ...others }: ListRequest['own']): boolean =>
  (arch === undefined || disk.architecture === architectureOf(arch)) &&
  (ftype === undefined || disk.ftype === ftype) &&
  Object.entries(others).every(([name, value]) => attributeOf(disk.layers, name)?.toString() === value);
