import { defineDriver } from '../../core/driver.ts';
import { sourceFields } from '../../core/field.ts';
import { operationNames } from '../../core/operation-names.ts';
import { connect, mayPublish } from './client.ts';
import { download } from './download.ts';
import { list } from './list.ts';
import { probe } from './probe.ts';
import { show } from './show.ts';

const operations = { list, show, download };
const reason = "A publisher's images are read only. Copy one to a store of yours.";

export default defineDriver({
  name: 'simplestreams',
  title: 'Simplestreams (Ubuntu, Incus and LXD images, MAAS, CirrOS)',
  docs: 'https://canonical-simplestreams.readthedocs-hosted.com/',
  profile: {
    url: { help: 'Address of the folder that holds streams/v1, or of an index or products file in it', required: true },
    mirror: { help: 'Address of another server that holds the files, where the index is not to come from it', rare: true },
    disks: { help: 'Kinds of disks that a name means (ftypes), the best first, separated by commas', rare: true },
    username: { help: 'User of a private mirror', rare: true },
    password: { help: 'Password of that user', secret: true, rare: true },
    ...sourceFields,
  },
  example: '--set url=https://cloud-images.ubuntu.com/releases/',
  ids: /^[^/]+\/\d{8}[^/]*\/[^/]+$/,
  showsByAlias: true,
  connect,
  mayPublish,
  operations,
  absent: Object.fromEntries(operationNames.filter((verb) => !Object.hasOwn(operations, verb)).map((verb) => [verb, reason])),
  probe,
});
