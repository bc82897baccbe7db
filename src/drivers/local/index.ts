import { defineDriver } from '../../core/driver.ts';
import { checkId, ownIds } from '../_oci/ids.ts';
import { dataOf } from '../_oci/manifest.ts';
import { isIntact } from './blobs.ts';
import { find } from './images.ts';
import { connect } from './client.ts';
import { create } from './create.ts';
import { deactivate } from './deactivate.ts';
import { remove } from './delete.ts';
import { download } from './download.ts';
import { objection } from './server-side-copy.ts';
import { importImage } from './import.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { places } from './places.ts';
import { reactivate } from './reactivate.ts';
import { replicate } from './replicate.ts';
import { show } from './show.ts';
import { upload } from './upload.ts';

/** Images in a folder of this machine, kept as an OCI image layout. */
export default defineDriver({
  name: 'local',
  title: 'Folder on this machine (OCI image layout)',
  docs: 'https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md',
  profile: {
    path: { help: 'Folder of the images', default: '{data}/images', paths: 'one' },
    layout: {
      help: 'Keep a raw disk as many blobs, without zeros and shared between versions (layers, the default), or as one file (single)',
      choices: ['layers', 'single'],
    },
    places: { help: 'Further folders for replicate: name=path,name=path', paths: 'named' },
  },
  example: '--set path=/srv/images',
  worksOnFiles: true,
  setup: { where: [{ field: 'path', looks: /./ }], after: ['path'] },
  ids: ownIds,
  idsAreWords: true,
  checkOwnId: checkId,
  connect,
  operations: {
    list,
    show,
    create,
    patch,
    deactivate,
    reactivate,
    delete: remove,
    upload,
    download,
    import: importImage,
    replicate,
    places,
  },
  objection: ({ home }, handover) => objection(home, handover),
  isIntact: async ({ home }, id, call) => {
    const data = dataOf((await find(home, id)).manifest);
    for (const blob of data) if (!(await isIntact(home, blob, call.signal))) return false;
    return data.length > 0;
  },
  absent: {
    restore: 'A deleted image is gone from the folder at once.',
    purge: 'A deleted image is gone from the folder at once; there is nothing left to purge.',
    share: 'A folder has no users of its own: anyone who can read it has access. Copy the image to a profile of theirs instead.',
    uses: 'A folder does not know who reads the images in it.',
  },
  probe: async ({ home, places: copies }) => ({
    who: home.path,
    details: Object.fromEntries([...copies].map(([name, folder]) => [`place ${name}`, folder.path])),
    missing: {},
  }),
});
