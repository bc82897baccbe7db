import { isObject, objectIn, parsedJson, type JsonObject } from './json.ts';
import type { PublishedChecksum } from './checksum.ts';

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The digests in the JSON that Debian publishes of a build, and in a CoreOS stream; none in any other text. */
export function jsonChecksums(text: string): readonly PublishedChecksum[] {
  const body = objectIn(parsedJson(text));
  const items = Array.isArray(body.items) ? body.items.filter(isObject) : [];
  return [...items.flatMap(debianChecksums), ...coreosChecksums(body)];
}

const nameIn = (path: string): string => path.split('/').at(-1) ?? '';

/** A file of a build lies under its dated name for ever, and without the date beside the document while it is the newest. */
function debianChecksums(record: JsonObject): readonly PublishedChecksum[] {
  const { kind, data, metadata } = record;
  const { annotations, labels } = objectIn(metadata);
  const path = textIn(objectIn(data).ref);
  const version = textIn(objectIn(labels)['cloud.debian.org/version']);
  const [, algorithm = '', base64 = ''] =
    /^(sha256|sha512):([\w+/]+)=*$/.exec(textIn(objectIn(annotations)['cloud.debian.org/digest'])) ?? [];
  const hex = Buffer.from(base64, 'base64').toString('hex');
  const digits = { sha256: 64, sha512: 128 }[algorithm];
  const name = nameIn(path);
  if (kind !== 'Upload' || name === '' || hex.length !== digits) return [];
  const undated = name.replace(`-${version}.`, '.');
  return [{ algorithm, hex, name, path, record }, ...(undated === name ? [] : [{ algorithm, hex, name: undated, record }])];
}

function coreosChecksums({ architectures }: JsonObject): readonly PublishedChecksum[] {
  return Object.values(objectIn(architectures))
    .flatMap((architecture) => Object.values(objectIn(objectIn(architecture).artifacts)))
    .flatMap((artifact) => Object.values(objectIn(objectIn(artifact).formats)))
    .flatMap((format) => Object.values(objectIn(format)))
    .flatMap((file) => {
      const { location, sha256 } = objectIn(file);
      const [name, hex] = [nameIn(textIn(location)), textIn(sha256).toLowerCase()];
      return name !== '' && /^[0-9a-f]{64}$/.test(hex) ? [{ algorithm: 'sha256', hex, name }] : [];
    });
}
