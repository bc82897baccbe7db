import { createHash } from 'node:crypto';
import type { Product } from './operations.ts';
import type { Kept } from './images.ts';
import { seedDisk } from './seed-disk.ts';
import { seedMetadata } from './seed-metadata.ts';

/** What an image is made from by the server itself. */
export interface Source {
  readonly type?: string;
  readonly mode?: string;
  readonly name?: string;
  readonly url?: string;
  readonly server?: string;
  readonly protocol?: string;
  readonly alias?: string;
  readonly fingerprint?: string;
  readonly secret?: string;
  readonly image_type?: string;
}

export type Data = Pick<
  Kept,
  'fingerprint' | 'metadata' | 'disk' | 'isVirtualMachine' | 'isUnified' | 'fileName' | 'architecture'
> & {
  readonly properties: Readonly<Record<string, string>>;
};

const architecture = 'x86_64';
let published = 0;

/** An instance as one archive: of two publishings each has other bytes. */
export function publishedFrom(): Data {
  const disk = Buffer.concat([seedDisk, Buffer.from(`published ${(published += 1)}`)]);
  const fingerprint = createHash('sha256').update(disk).digest('hex');
  const metadata = Buffer.alloc(0);
  return { fingerprint, metadata, disk, isVirtualMachine: true, isUnified: true, fileName: '', architecture, properties: {} };
}

/** What a server of images in the simplestreams format has under an alias. */
export function streamed(alias: string): Data {
  const [metadata, disk] = [seedMetadata(1_700_000_000), Buffer.concat([seedDisk, Buffer.from(alias)])];
  const fingerprint = createHash('sha256').update(metadata).update(disk).digest('hex');
  const properties = { description: `theirs: ${alias}`, os: 'Probe', type: 'disk-kvm.img' };
  return { fingerprint, metadata, disk, isVirtualMachine: true, isUnified: false, fileName: '', architecture, properties };
}

/** The data of a source, or the words of its refusal; `dead`: the real one dies of it. */
export async function fetched(source: Source, product: Product): Promise<Data | string> {
  if (source.type === 'url') return `Missing ${product === 'incus' ? 'Incus' : 'LXD'}-Image-Hash header`;
  if (source.mode !== 'pull') return 'push mode is never to be used';
  if (source.server === undefined) return 'dead';
  if (source.protocol === 'simplestreams') {
    if (source.image_type !== 'virtual-machine') return 'a container is none of ours';
    return source.alias === undefined || source.alias === 'nothing'
      ? "The requested image couldn't be found"
      : streamed(source.alias);
  }
  if (source.protocol !== product) return `${product === 'lxd' ? 'Unsupported' : 'Invalid'} protocol: ${String(source.protocol)}`;
  return pulledFrom(source);
}

async function pulledFrom({ server = '', fingerprint = '', secret = '' }: Source): Promise<Data | string> {
  // The fakes speak no TLS.
  const at = `${server.replace('https:', 'http:')}/1.0/images/${fingerprint}`;
  const answer = await fetch(`${at}?secret=${secret}`).catch(() => undefined);
  if (!answer) return `Get "${server}/1.0": dial tcp: connect: connection refused`;
  if (answer.status !== 200) return 'Image not found';
  const { metadata: record } = (await answer.json()) as { metadata: Record<string, unknown> };
  const data = await fetch(`${at}/export?secret=${secret}`);
  const body = Buffer.from(await data.arrayBuffer());
  const isVirtualMachine = record.type === 'virtual-machine';
  const properties = record.properties as Record<string, string>;
  const common = { fingerprint, isVirtualMachine, fileName: '', architecture, properties };
  if (data.headers.get('content-type') === 'application/octet-stream')
    return { ...common, metadata: Buffer.alloc(0), disk: body, isUnified: true };
  const boundary = /boundary=(.*)$/.exec(data.headers.get('content-type') ?? '')?.[1] ?? '';
  const mark = Buffer.from(`\r\n--${boundary}`);
  const headEnd = (from: number): number => body.indexOf('\r\n\r\n', from) + 4;
  const [first, second] = [headEnd(0), body.indexOf(mark)];
  const metadata = body.subarray(first, second);
  const disk = body.subarray(headEnd(second + mark.length), body.indexOf(mark, second + mark.length));
  return { ...common, metadata, disk, isUnified: false };
}
