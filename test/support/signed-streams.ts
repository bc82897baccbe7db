import { startFakeServer, type FakeServer } from './fake-server.ts';
import { publisher, type Publisher } from './publisher.ts';
import { servedFile, sha256 } from './served-file.ts';

/** One disk that is served: of an architecture, and a day. */
export interface ServedDisk {
  readonly arch: string;
  readonly serial: string;
  readonly data: Buffer;
}

/** A publisher's server with signed lists of its images, and what is to be typed so that it stands for a publisher that is known by name. */
export interface SignedStreams extends FakeServer {
  readonly by: Publisher;
  /** Variables that make it the server of that publisher, and its key the one that is trusted. */
  env(name: string): Readonly<Record<string, string>>;
}

/** Serves `noble`, `24.04`, `lts` and `12`: signed documents, and nothing unsigned. */
export async function startSignedStreams(disks: readonly ServedDisk[], by = publisher('Images')): Promise<SignedStreams> {
  const files = new Map<string, Buffer>();
  const pathOf = ({ arch, serial }: ServedDisk): string => `server/${serial}/${arch}.img`;
  for (const disk of disks) files.set(`/${pathOf(disk)}`, disk.data);
  const item = (disk: ServedDisk) => ({
    ftype: 'disk1.img',
    path: pathOf(disk),
    size: disk.data.length,
    sha256: sha256(disk.data),
  });
  const versions = (arch: string) =>
    Object.fromEntries(
      disks
        .filter((disk) => disk.arch === arch)
        .map((disk) => [disk.serial, { pubname: `noble-${arch}-${disk.serial}`, items: { 'disk1.img': item(disk) } }]),
    );
  const products = Object.fromEntries(
    [...new Set(disks.map(({ arch }) => arch))].map((arch) => [
      `com.example:server:24.04:${arch}`,
      {
        aliases: '24.04,noble,lts,12',
        arch,
        os: 'ubuntu',
        release: 'noble',
        version: '24.04',
        supported: true,
        versions: versions(arch),
      },
    ]),
  );
  const updated = 'Fri, 02 Jan 2026 03:04:05 +0000';
  const list = { format: 'products:1.0', content_id: 'com.example:download', datatype: 'image-downloads', updated, products };
  const entry = { format: 'products:1.0', datatype: 'image-downloads', path: 'streams/v1/download.sjson', updated };
  const index = { format: 'index:1.0', updated, index: { 'com.example:download': entry } };
  for (const [name, document] of Object.entries({ index, download: list }))
    files.set(`/streams/v1/${name}.sjson`, by.clearSigned(`${JSON.stringify(document, undefined, 1)}\n`));
  const server = await startFakeServer(({ method, url, headers }) => {
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'no' };
    const data = files.get(decodeURIComponent(url.pathname));
    return data ? servedFile(data, headers) : { status: 404, body: 'no' };
  });
  const variable = (name: string, field: string) => `IMGCTL_PROFILE_${name.toUpperCase().replaceAll('-', '_')}_${field}`;
  return {
    ...server,
    by,
    env: (name) => ({
      [variable(name, 'URL')]: `${server.origin}/`,
      [variable(name, 'KEYRING')]: by.key,
      [variable(name, 'SIGNER')]: by.fingerprint,
    }),
  };
}
