import { createHash } from 'node:crypto';
import type { RunningStreams } from '../clouds/simplestreams/index.ts';

type Json = Record<string, unknown>;
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** One product that a publisher has versions of: `noble` means the newest. */
export interface PublishedDisk {
  /** Publishes a version; `path` is where its file lies. */
  publish(serial: string, disk: Buffer): { readonly id: string; readonly path: string; readonly digest: string };
  /** Takes a version back, with its file. */
  withdraw(serial: string): void;
}

export function publishedDisk(
  { products, files }: RunningStreams,
  { product = 'com.example:server:24.04:amd64', release = 'noble' } = {},
): PublishedDisk {
  const versions: Json = {};
  (products.products as Json)[product] = {
    arch: 'amd64',
    os: 'Example',
    release,
    version: '24.04',
    aliases: release,
    supported: true,
    versions,
  };
  let times = 0;
  /** An index says when what it names was changed last. */
  const changed = (): void => void (products.updated = new Date(Date.UTC(2026, 0, 3) + (times += 1) * 60_000).toUTCString());
  const pathOf = (serial: string): string => `server/${release}/release-${serial}/disk.img`;
  return {
    publish(serial, disk) {
      const path = pathOf(serial);
      files.set(path, disk);
      const item = { ftype: 'disk1.img', path, size: disk.length, sha256: sha256(disk), pubname: `${release}-${serial}` };
      changed();
      versions[serial] = { items: { 'disk1.img': item } };
      return { id: `${product}/${serial}/disk1.img`, path: `/${path}`, digest: `sha256:${item.sha256}` };
    },
    withdraw(serial) {
      files.delete(pathOf(serial));
      delete versions[serial];
      changed();
    },
  };
}
