import { defineDriver } from '../../core/driver.ts';
import { sourceFields } from '../../core/field.ts';
import { operationNames } from '../../core/operation-names.ts';
import { diskFile } from '../_published/encoding.ts';
import { connect, mayPublish } from './client.ts';
import { download } from './download.ts';
import { list } from './list.ts';
import { probe } from './probe.ts';
import { show } from './show.ts';

const operations = { list, show, download };
const reason = "A publisher's images are read only. Copy one to a store of yours.";

export default defineDriver({
  name: 'coreos-stream',
  title: 'CoreOS streams (Fedora CoreOS, RHEL CoreOS)',
  docs: 'https://docs.fedoraproject.org/en-US/fedora-coreos/stream-metadata/',
  profile: {
    url: { help: "Address of a stream's document", required: true },
    platforms: { help: 'Platforms that the name of the stream means, the best first (default openstack,qemu)', rare: true },
    mirror: { help: 'Address of another server that holds the files under the same paths', rare: true },
    username: { help: 'User of a private mirror', rare: true },
    password: { help: 'Password of that user', secret: true, rare: true },
    ...sourceFields,
  },
  example: '--set url=https://builds.coreos.fedoraproject.org/streams/stable.json',
  ids: new RegExp(`^[^/]+/[^/]+/[^/]+/${diskFile}$`, 'i'),
  showsByAlias: true,
  connect,
  mayPublish,
  operations,
  absent: Object.fromEntries(operationNames.filter((verb) => !Object.hasOwn(operations, verb)).map((verb) => [verb, reason])),
  probe,
});
