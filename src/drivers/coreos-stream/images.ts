import { architectureOf } from '../../core/architecture.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import { diskName, type DiskName } from '../_published/encoding.ts';

/** One disk of a stream. */
export interface StreamImage {
  /** `STREAM/ARCH/RELEASE/PLATFORM.FORMAT`. */
  readonly id: string;
  readonly name: string;
  readonly stream: string;
  readonly serial: string;
  readonly platform: string;
  readonly architecture: string;
  /** As it is published. */
  readonly arch: string;
  readonly disk: DiskName;
  readonly location: URL;
  /** Absent: it is not signed. */
  readonly signature: URL | undefined;
  readonly raw: JsonObject;
  /** A stream has one release of each. */
  readonly isNewest: true;
  /** Of the formats of its platform the usual one. */
  readonly isUsual: boolean;
}

/** No file system has longer ones. */
const longestName = 255;

export interface Found {
  readonly images: readonly StreamImage[];
  /** Ids of disks that lie where nothing may be read. */
  readonly unsafe: readonly string[];
}

const entriesOf = (value: unknown): readonly (readonly [string, JsonObject])[] =>
  isObject(value) ? Object.entries(value).flatMap(([name, inner]) => (isObject(inner) ? [[name, inner] as const] : [])) : [];

/** One platform of one architecture. */
interface Artifact {
  readonly stream: string;
  readonly arch: string;
  readonly platform: string;
  readonly serial: string;
}

/** The disks of a stream; installers, archives and what is booted over a network are none. */
export function imagesIn(document: JsonObject, from: URL): Found {
  const stream = wordIn(document.stream);
  const images: StreamImage[] = [];
  const unsafe: string[] = [];
  for (const [arch, { artifacts }] of entriesOf(document.architectures))
    for (const [platform, { release, formats }] of entriesOf(artifacts)) {
      const serial = wordIn(release);
      if (stream === undefined || serial === undefined || !wordIn(arch) || !wordIn(platform)) continue;
      const found = entriesOf(formats).flatMap(([format, { disk }]) =>
        isObject(disk) ? imageOf({ stream, arch, platform, serial }, format, disk, from) : [],
      );
      const disks = found.filter((one) => typeof one !== 'string');
      const least = Math.min(...disks.map(rankOf));
      images.push(...disks.map((image) => ({ ...image, isUsual: rankOf(image) === least })));
      unsafe.push(...found.filter((one) => typeof one === 'string'));
    }
  return { images, unsafe };
}

/** The image, or its id where its file may not be read; none: it is no disk. */
function imageOf(
  { stream, arch, platform, serial }: Artifact,
  format: string,
  raw: JsonObject,
  from: URL,
): readonly (Omit<StreamImage, 'isUsual'> | string)[] {
  const disk = diskName(`${platform}.${format}`);
  if (!disk) return [];
  const id = `${stream}/${arch}/${serial}/${platform}.${format}`;
  const location = addressIn(raw.location, from);
  const file = location ? fileName(location) : '';
  if (!location || file.length > longestName) return [id];
  const signature = raw.signature === undefined ? undefined : addressIn(raw.signature, from);
  const of = { stream, serial, platform, arch, architecture: architectureOf(arch), isNewest: true } as const;
  return [{ ...of, id, name: diskName(file)?.stem ?? file, disk, location, signature, raw }];
}

/** A disk with sectors of another size is the usual one of nobody. */
const rankOf = ({ disk: { rank, stem }, platform }: Pick<StreamImage, 'disk' | 'platform'>): number =>
  stem === platform ? rank : rank + 1000;

/** A word that can be a part of an id. */
function wordIn(value: unknown): string | undefined {
  const word = textIn(value);
  return word !== undefined && /^[\w][\w.+~-]*$/.test(word) ? word : undefined;
}

/** An address that may be read: it is no less safe than that of the stream. */
function addressIn(value: unknown, from: URL): URL | undefined {
  const text = textIn(value) ?? '';
  if (!URL.canParse(text) || /\p{Surrogate}/u.test(text)) return undefined;
  const url = new URL(text);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:');
  return isSafe && url.username === '' && url.password === '' ? url : undefined;
}

function fileName({ pathname }: URL): string {
  const last = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    // Bytes that are no text: as they stand.
    return last;
  }
}
