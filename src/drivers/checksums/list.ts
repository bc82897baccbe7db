import type { ListRequest, Operation } from '../../core/operation.ts';
import { architectureOf } from '../../core/architecture.ts';
import type { ChecksumsClient } from './client.ts';
import type { Folder } from './layout.ts';
import { isOfRelease, ofArchitecture, readFolders } from './folders.ts';
import type { PublishedImage } from './images.ts';
import { recordFrom } from './record.ts';

const own = {
  arch: 'Architecture, such as arm64',
  release: 'Code name, version or alias of a release',
  version: 'Version of a release',
  serial: 'Serial of an image: all of them are looked at, not the newest alone',
  variant: 'Variant of an image',
};

/** Oddity: what is usually meant is a small part of what is published; `all` and hidden images are everything. */
export const list: Operation<ChecksumsClient, 'list'> = {
  filters: [],
  own,
  async *run(client, request, call) {
    call.signal.throwIfAborted();
    const { images, failed } = await readFolders(client, foldersFor(client, request), call);
    const wanted = images.filter((image) => isMeant(client, image, request) && isWanted(image, request.own));
    call.note({ kind: 'expected', images: wanted.length });
    const today = new Date().toISOString().slice(0, 10);
    for (const image of wanted.slice(0, request.limit)) {
      call.signal.throwIfAborted();
      yield recordFrom(client, image, today);
    }
    if (failed) throw failed;
  },
};

/** What is asked of one architecture or release alone costs no more requests than that. */
function foldersFor({ folders, architecture }: ChecksumsClient, { scope, hidden, own: wanted }: ListRequest): readonly Folder[] {
  const isAll = scope === 'all' || hidden;
  const arch = wanted.arch ?? (isAll ? undefined : architecture);
  const { release } = wanted;
  const ofRelease = release === undefined ? folders : folders.filter((folder) => isOfRelease(folder, release));
  return arch === undefined ? ofRelease : ofArchitecture(ofRelease, arch);
}

/** The newest of what fits the profile, unless the request says otherwise. */
function isMeant(client: ChecksumsClient, image: PublishedImage, { scope, hidden, own: wanted }: ListRequest): boolean {
  if (scope === 'all' || hidden) return true;
  return (
    image.isUsual &&
    (wanted.serial !== undefined || image.isNewest) &&
    (wanted.arch !== undefined || (image.architecture ?? client.architecture) === client.architecture)
  );
}

const isWanted = (image: PublishedImage, wanted: ListRequest['own']): boolean =>
  Object.entries(wanted).every(([name, value]) => {
    if (name === 'arch') return image.architecture === architectureOf(value);
    if (name === 'release') return isOfRelease(image.folder, value);
    return name === 'version' || name === 'serial' || name === 'variant' ? image[name] === value : false;
  });
