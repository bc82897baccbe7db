import { isObject, type JsonObject } from '../../core/json.ts';
import { descriptorsOf, titleName, type Descriptor } from '../_oci/manifest.ts';

/**
 * https://github.com/componere/imgoci-spec: a release is an index, with a manifest for each form of each file. Types know no case. A file
 * in parts (BigOCI) is not read: a part has gigabytes, and what comes in pieces is proved in memory before a byte of it is given. Nor
 * is it asked whether the JSON is canonical: what was signed is the digest of the bytes, whatever they look like.
 */
const releaseType = 'application/vnd.imgoci.release.v1';
const fileType = 'application/vnd.imgoci.file.v1';
const isType = (value: unknown, type: string): boolean => typeof value === 'string' && value.toLowerCase() === type;

const usualDigest = /^sha256:[0-9a-f]{64}$/;
const token = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const required = [
  'architecture',
  'target',
  'representation',
  'role',
  'compression',
  'content.digest',
  'content.size',
  'filename',
];

/** Forms of a disk and compressions that are read, and endings that say the same. What comes first is taken first. */
const formats: Readonly<Record<string, string>> = {
  qcow2: 'qcow2',
  'incus-vm': 'qcow2',
  raw: 'raw',
  'raw-4kn': 'raw',
  iso: 'iso',
};
const endings: Readonly<Record<string, string>> = { none: '', zstd: '.zst', gzip: '.gz', xz: '.xz' };
/** Machines for which disks start where they come to: others want a form of their own. */
const targets: readonly string[] = ['qemu', 'openstack', 'kubevirt', 'metal'];

/** One form of one file of a release. */
interface Entry {
  readonly digest: string;
  readonly type: unknown;
  readonly said: Readonly<Record<string, string>>;
}

export const isRelease = ({ artifactType }: JsonObject): boolean => isType(artifactType, releaseType);

/** An entry with all that it has to say; absent where something of it is missing or of another form. */
function entryOf(value: unknown): Entry | undefined {
  if (!isObject(value) || !isObject(value.annotations)) return undefined;
  const { annotations, digest, artifactType } = value;
  if (typeof digest !== 'string' || !usualDigest.test(digest)) return undefined;
  const said: Record<string, string> = {};
  for (const name of required) {
    const text = annotations[`io.imgoci.${name}`];
    if (typeof text !== 'string') return undefined;
    said[name] = text;
  }
  const areTokens = ['target', 'representation', 'role', 'compression'].every((name) => token.test(said[name] ?? ''));
  return areTokens && usualDigest.test(said['content.digest'] ?? '') && /^(?:0|[1-9]\d*)$/.test(said['content.size'] ?? '')
    ? { digest, type: artifactType, said }
    : undefined;
}

/** The place of a word in a list; behind all of it where it is not there. */
const rank = (all: readonly string[], word = ''): number => (all.includes(word) ? all.indexOf(word) : all.length);

const order = (entry: Entry): readonly number[] => [
  rank(['amd64'], entry.said.architecture),
  rank(targets, entry.said.target),
  rank(Object.keys(formats), entry.said.representation),
  rank(Object.keys(endings), entry.said.compression),
];

const textOf = ({ said }: Entry, names: readonly string[]): string => names.map((name) => said[name]).join(' ');

/** Whether every form is there once, and all forms of one file are said to be the same content. */
function agree(entries: readonly Entry[]): boolean {
  const [forms, contents] = [new Set<string>(), new Map<string, string>()];
  for (const entry of entries) {
    const file = textOf(entry, ['architecture', 'target', 'representation', 'role']);
    const content = textOf(entry, ['content.digest', 'content.size', 'filename']);
    if ((contents.get(file) ?? content) !== content) return false;
    contents.set(file, content);
    forms.add(`${file} ${entry.said.compression ?? ''}`);
  }
  return forms.size === entries.length;
}

/**
 * The disk of a release that is for the usual machine, in the form that is read best: the manifest that it is in. Absent: there is none in
 * one blob. A release of which one entry is none, or contradicts another, is none at all.
 */
export function diskOfRelease({ manifests }: JsonObject): Entry | undefined {
  const entries = Array.isArray(manifests) ? manifests.map(entryOf) : [];
  const whole = entries.flatMap((entry) => entry ?? []);
  if (whole.length < entries.length || !agree(whole)) return undefined;
  const disks = whole.filter(
    ({ type, said: { role, representation = '', compression = '' } }) =>
      isType(type, fileType) && role === 'disk' && Object.hasOwn(formats, representation) && Object.hasOwn(endings, compression),
  );
  const compare = (a: Entry, b: Entry): number => {
    const [left, right] = [order(a), order(b)];
    const at = left.findIndex((place, index) => place !== right[index]);
    return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
  };
  return disks.toSorted(compare)[0];
}

/** A file of a release: its blob, named by what it is, and its machine. Absent: the manifest is another one, or says what is not so. */
export function fileOfRelease({ said }: Entry, { artifactType, layers }: JsonObject) {
  const [layer, ...others] = descriptorsOf(layers);
  if (!isType(artifactType, fileType) || !layer || others.length > 0 || !usualDigest.test(layer.digest)) return undefined;
  const { compression = '', representation = '', architecture = '' } = said;
  const isAsSaid = said['content.digest'] === layer.digest && Number(said['content.size']) === layer.size;
  if (compression === 'none' && !isAsSaid) return undefined;
  const title = `disk.${formats[representation] ?? ''}${endings[compression] ?? ''}`;
  const disk: Descriptor = { ...layer, annotations: { [titleName]: title } };
  return { disk, architecture };
}
