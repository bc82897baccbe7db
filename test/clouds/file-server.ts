import type { RunningCloud } from '../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer, type FakeServer } from '../support/fake-server.ts';
import { servedFile } from '../support/served-file.ts';
import { bedOf, seedData, type BedCloud, type Held, type Identities } from './bed-cloud.ts';
import type { ProviderStage, WireStage } from './stage.ts';
import { downloading, reading } from './verb-line.ts';

/** What a file server says instead of a file. */
export const errorPage = (words: string): string => `<html><body><h1>${words}</h1></body></html>`;

const page = (status: number, words: string): FakeAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: errorPage(words),
});

/** Who may read there. */
export const account = { username: 'someone', password: 'password-of-the-tests' };
const basic = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;

/** Where a file server has its files, and whether it says by tags which state of them that is. */
interface Serving {
  fileAt(path: string): Buffer | undefined;
  readonly tags: boolean;
}

/** A server of files for whoever signs in; nothing there can be changed. */
export const startFiles = ({ fileAt, tags }: Serving): Promise<FakeServer> =>
  startFakeServer(({ method, url, headers }) => {
    if (headers.authorization !== basic) return page(401, 'Authorization Required');
    if (method !== 'GET' && method !== 'HEAD') return page(405, 'Method Not Allowed');
    const data = fileAt(decodeURIComponent(url.pathname));
    if (!data) return page(404, 'Not Found');
    const served = servedFile(data, headers, tags);
    // What stands in front of it rewrites addresses in texts only.
    const type = url.pathname.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    return { ...served, headers: { 'content-type': type, ...served.headers } };
  });

/** A fake of one, with the disks that were put in, by their ids. */
export interface FilesCloud extends RunningCloud {
  readonly origin: string;
  readonly images: ReadonlyMap<string, Required<Pick<Held, 'id' | 'name' | 'data'>>>;
}

type Own = Parameters<typeof bedOf>[1];

/** Such a fake behind a proxy on which everything can go wrong. What the proxy changes would have another tag: there are to be none. */
export const filesBed = (
  cloud: FilesCloud,
  own: Pick<Own, 'provider'> & Pick<Extract<Own, { isRecord: unknown }>, 'isRecord' | 'inFields'>,
  identity?: Identities,
): Promise<BedCloud> =>
  bedOf(
    cloud,
    {
      ...own,
      origins: [cloud.origin],
      seed: async (name) => (await cloud.seed([{ name, data: seedData }]))[0] ?? '',
      held: () => [...cloud.images.values()].map(({ id, name, data }) => ({ id, name, data, status: 'active', active: true })),
    },
    identity,
  );

/** What is peculiar to one of them in the tests that walk over all providers. */
interface Peculiar extends Pick<ProviderStage, 'driver' | 'hostileRecord'> {
  start(): Promise<FilesCloud>;
  readonly bed: ProviderStage['beds'][string];
  /** The service of an origin, as it stands in the field `url`. */
  address(origin: string): string;
  /** Fields without which no profile is complete, besides the address. */
  readonly needed?: Readonly<Record<string, string>>;
  readonly behind?: WireStage['behind'];
}

/** The same with all that they have in common. */
export const filesStage = ({ driver, start, bed, address, needed, behind, hostileRecord }: Peculiar): ProviderStage => ({
  driver,
  cloud: { wire: true, start },
  beds: { [driver.name]: bed },
  verbLines: [...reading(driver.name), ...downloading(driver.name).filter(({ verb }) => verb !== 'copy')],
  plantedSecrets: [{ username: 'someone', password: 'planted-secret-4711-abc', url: 'ORIGIN/WAY', ...needed }],
  hostileRecord,
  samples: {},
  wire: {
    notFound: [errorPage('Not Found')],
    isSignIn: () => false,
    fetches: ({ method, path }) => method === 'GET' && path.endsWith('.img'),
    redirects: true,
    servesFiles: true,
    address: { field: 'url', written: address },
    ...(behind ? { behind } : {}),
  },
});
