import { configError, providerError } from '../../core/errors.ts';
import { isObject, objectsIn, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { detectEndlessPagination } from '../../core/pagination.ts';
import type { OpenstackClient } from './client.ts';
import { textIn } from './json.ts';

/** Another service of the same cloud: what the catalogue calls it, the usual word first. */
interface Service {
  readonly title: string;
  readonly types: readonly string[];
  /** What comes behind an address that names no version. */
  path(project: string): string;
}

export const compute: Service = { title: 'compute service', types: ['compute'], path: () => '/v2.1' };
/** Oddity: Cinder wants the project in the path, unless it is from 2022 or later. */
export const blockStorage: Service = {
  title: 'block storage service',
  types: ['block-storage', 'volumev3', 'block-store', 'volume', 'volumev2'],
  path: (project) => `/v3/${project}`,
};

/**
 * Where a service is, in the region and by the interface of the image service. Throws CONFIG where the catalogue has none, where it is
 * not clear which is meant, and where the token would go there unencrypted.
 */
export async function serviceAddress({ title, types, path }: Service, client: OpenstackClient, call: Call): Promise<string> {
  const { signedIn, region } = await client.site(call);
  const offered = types
    .map((type) => signedIn.endpoints.filter((one) => one.service.type === type && one.interface === client.interface))
    .find((endpoints) => endpoints.length > 0);
  const here = (offered ?? []).filter((endpoint) => region === undefined || endpoint.region === region);
  const [found] = here;
  if (!found) throw configError(`the catalogue has no ${title}${region === undefined ? '' : ` in region ${region}`}`);
  if (here.some((endpoint) => endpoint.region !== found.region))
    throw configError(`the catalogue has a ${title} in several regions, and the profile names none`);
  const url = found.url.replace(/\/+$/, '');
  client.checkAddress(url, title);
  return /\/v\d+(\.\d+)?(\/|$)/.test(new URL(url).pathname) ? url : `${url}${path(signedIn.project?.id ?? '')}`;
}

/** Rows that are wanted in a page: Nova and Cinder cut a larger wish than theirs without a word. */
const largestPage = 1000;

/** What is listed of a service; `rows` is the key that they stand under. */
interface Listing {
  readonly base: string;
  readonly path: string;
  readonly rows: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Every row of a list of another service, page by page. Throws PROVIDER for an answer that is none. */
export async function* eachRow(
  client: OpenstackClient,
  { base, path, rows, query }: Listing,
  call: Call,
): AsyncGenerator<JsonObject> {
  const what = `listing ${rows}`;
  const checkProgress = detectEndlessPagination(what, 1);
  for (let marker: string | undefined; ;) {
    const wanted = { ...query, limit: String(largestPage), ...(marker === undefined ? {} : { marker }) };
    const body = await client.askObject({ what, method: 'GET', base, path, query: new URLSearchParams(wanted) }, call);
    const page: unknown = body[rows];
    if (!Array.isArray(page) || !page.every(isObject)) throw providerError(`${what}: the answer holds no list of ${rows}`);
    yield* page;
    // Only whether there is a next page counts: nothing that an answer says may send our token elsewhere.
    const goesOn = objectsIn(body[`${rows}_links`]).some((link) => link.rel === 'next');
    marker = textIn(page.at(-1)?.id);
    if (!goesOn || marker === undefined) return;
    checkProgress(page.map(({ id }) => id));
  }
}
