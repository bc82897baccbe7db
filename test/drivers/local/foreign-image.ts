import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Ways in which another tool writes an image that is legal, or damaged: what its entry leads to is not to be removed. */
export const foreignKinds = [
  'plain',
  'nested',
  'subject',
  'artifact',
  'sha512 manifest',
  'no mediaType',
  'parameter behind the mediaType',
  'mediaType of its own',
  'Docker manifest v1',
  'entry size as text',
  'entry without size',
  'layer size as text',
  'index said to be large',
  'manifest lost',
  'manifest damaged',
  'digest with escapes',
  'index.json as its only list',
] as const;
export type ForeignKind = (typeof foreignKinds)[number];

interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly file: string;
}

/** Makes a file three days older than it is. */
export function age(file: string): void {
  const then = new Date(Date.now() - 3 * 86_400_000);
  utimesSync(file, then, then);
}

/** Adds an image of another tool to the layout in `folder`. Returns the files of its blobs that are there. */
export function addForeign(folder: string, kind: ForeignKind): readonly string[] {
  const files: string[] = [];
  const put = (content: string | object, algorithm = 'sha256'): Blob => {
    const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
    const hex = createHash(algorithm).update(bytes).digest('hex');
    const file = path.join(folder, 'blobs', algorithm, hex);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    age(file);
    files.push(file);
    return { digest: `${algorithm}:${hex}`, size: bytes.length, file };
  };
  const describe = (mediaType: string, { digest, size }: Blob) => ({ mediaType, digest, size });
  const layer = put(`a layer of another tool: ${kind}`);
  const config = describe('application/vnd.oci.image.config.v1+json', put({ os: 'linux', kind }));
  const plain = describe('application/vnd.oci.image.layer.v1.tar+gzip', layer);
  const manifest = (more: object = {}) => ({ schemaVersion: 2, mediaType: manifestType, config, layers: [plain], ...more });

  function top(): Blob {
    switch (kind) {
      case 'nested':
      case 'index said to be large': {
        const inner = put({ schemaVersion: 2, mediaType: indexType, manifests: [describe(manifestType, put(manifest()))] });
        return put({ schemaVersion: 2, mediaType: indexType, manifests: [describe(indexType, inner)] });
      }
      case 'subject': {
        const empty = describe('application/vnd.oci.empty.v1+json', put('{}'));
        return put({ schemaVersion: 2, config: empty, layers: [], subject: describe(manifestType, put(manifest())) });
      }
      case 'artifact':
        return put({ mediaType: 'application/vnd.oci.artifact.manifest.v1+json', blobs: [plain] });
      case 'sha512 manifest':
        return put(manifest(), 'sha512');
      case 'mediaType of its own':
        return put({ tree: { leaves: [layer.digest, config.digest] } });
      case 'Docker manifest v1':
        return put({ schemaVersion: 1, fsLayers: [{ blobSum: layer.digest }], history: [], config: config.digest });
      case 'layer size as text':
        return put(manifest({ layers: [{ ...plain, size: String(plain.size) }] }));
      case 'digest with escapes':
        return put(JSON.stringify(manifest()).replaceAll('"sha256:', '"\\u0073ha256:'));
      default:
        return put(manifest());
    }
  }

  const main = top();
  const types: Partial<Record<ForeignKind, string>> = {
    nested: indexType,
    'index said to be large': indexType,
    artifact: 'application/vnd.oci.artifact.manifest.v1+json',
    'mediaType of its own': 'application/vnd.other.tree.v3',
    'parameter behind the mediaType': `${manifestType}; charset=utf-8`,
    'Docker manifest v1': 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  };
  const entry: Record<string, unknown> = {
    ...describe(types[kind] ?? manifestType, main),
    annotations: { 'org.opencontainers.image.ref.name': 'other' },
  };
  if (kind === 'no mediaType') delete entry.mediaType;
  if (kind === 'entry size as text') entry.size = String(entry.size);
  if (kind === 'entry without size') delete entry.size;
  if (kind === 'index said to be large') entry.size = 5 * 1024 * 1024;
  if (kind === 'manifest lost') rmSync(main.file);
  if (kind === 'manifest damaged') writeFileSync(main.file, readFileSync(main.file, 'utf8').slice(0, 40));

  const file = path.join(folder, 'index.json');
  const index = JSON.parse(existsSync(file) ? readFileSync(file, 'utf8') : '{"schemaVersion":2,"manifests":[]}') as {
    manifests: object[];
  };
  const named = kind === 'index.json as its only list' ? { subject: entry } : { manifests: [...index.manifests, entry] };
  writeFileSync(file, JSON.stringify({ ...index, ...named }));
  return files.filter((each) => existsSync(each));
}
