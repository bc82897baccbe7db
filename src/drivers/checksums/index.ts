import { defineDriver } from '../../core/driver.ts';
import { sourceFields } from '../../core/field.ts';
import { operationNames } from '../../core/operation-names.ts';
import { diskFile } from '../_published/encoding.ts';
import { isBelow } from '../_published/address.ts';
import { connect } from './client.ts';
import { download } from './download.ts';
import { list } from './list.ts';
import { probe } from './probe.ts';
import { show } from './show.ts';

const operations = { list, show, download };
const reason = "A publisher's images are read only. Copy one to a store of yours.";

export default defineDriver({
  name: 'checksums',
  title: 'Folders with checksum files (Debian, Fedora, AlmaLinux, Rocky, CentOS, openSUSE, Arch, Alpine, FreeBSD, Flatcar)',
  docs: 'https://www.gnu.org/software/coreutils/manual/html_node/sha2-utilities.html',
  profile: {
    url: {
      help: 'Address of the folder with the files; {release}, {version}, {arch} and {serial} stand for what is looked for',
      required: true,
    },
    sums: { help: 'Names of its checksum files, separated by commas; *.sha256: each of files has one of its own' },
    files: { help: 'Names of the files that are meant, separated by commas (default: all disks that a checksum file names)' },
    releases: {
      help: 'Releases, the newest first: WORD[=VERSION][+ALIAS…][@END], separated by commas, such as trixie=13+stable@2030-06-30',
    },
    arches: { help: "Architectures and the publisher's words for them: amd64=x86_64,arm64=aarch64" },
    pattern: { help: 'Regular expression for names of files, with the groups version, serial, arch and variant', rare: true },
    variants: { help: 'Variants that a name means, the best first, separated by commas', rare: true },
    current: {
      help: 'Address of the file that tells {serial}, or its path from url (../current/version.txt): NAME_VERSION=…, a JSON list of versions, or the version alone',
      rare: true,
    },
    os: { help: 'Distribution, as images elsewhere have it in os_distro' },
    properties: { help: 'Properties that its images need: NAME=VALUE, separated by commas', rare: true },
    mirror: { help: 'Address of another server that holds the files, where the checksums are not to come from it', rare: true },
    username: { help: 'User of a private mirror', rare: true },
    password: { help: 'Password of that user', secret: true, rare: true },
    ...sourceFields,
  },
  example:
    '--set url=https://cloud.debian.org/images/cloud/{release}/latest/ --set sums=SHA512SUMS --set releases=trixie=13,bookworm=12',
  ids: new RegExp(`^(?:[^/]+/){1,3}${diskFile}$`, 'i'),
  showsByAlias: true,
  connect,
  mayPublish: ({ url, mirror }, address) => [mirror, url].some((folder) => isBelow(address, folder)),
  operations,
  absent: Object.fromEntries(operationNames.filter((verb) => !Object.hasOwn(operations, verb)).map((verb) => [verb, reason])),
  probe,
});
