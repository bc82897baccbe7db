import {
  copyingFromHere,
  creating,
  deleting,
  downloading,
  fillings,
  holds,
  patching,
  reading,
  replicating,
  uploading,
  waiting,
  type VerbLine,
} from '../verb-line.ts';

const provider = 'oci';
const isNew = (disk: Buffer) => holds('new', disk);
const isCopy = (disk: Buffer) => holds('home', disk);
const second = 'images/second';

/** `places` is not among them: it says what the profile says, and asks nobody. */
export const ociLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  { ...patching(provider), verb: 'patch of an image with copies', status: 'two places' },
  uploading(provider, isNew),
  { ...uploading(provider, isNew), cloud: 'oci in chunks', verb: 'upload in chunks' },
  ...fillings(provider),
  ...downloading(provider),
  copyingFromHere(provider, isNew),
  {
    ...copyingFromHere(provider, isCopy),
    verb: 'copy from the local store, the same image',
    args: () => ['copy', 'local:home', 'x', ...waiting],
  },
  creating(provider),
  deleting(provider),
  ...replicating(provider, second),
];
