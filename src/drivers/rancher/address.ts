import { configError, providerError } from '../../core/errors.ts';

/** Where the API is: what stands before the version, the version, and the project whose images are meant. */
export interface Address {
  /** `https://host:port`, lower case. */
  readonly origin: string;
  /** Everything up to and with the version, without a slash at the end: `http://h:8080/v1`. */
  readonly root: string;
  /** Id (`1a5`) or name of the project; absent: whatever the key itself belongs to. */
  readonly project?: string;
}

/** Texts that can only be the id of a project; anything else is a project's name. */
export const projectIds = /^1a\d+$/;

const versions = /^v(1|2-beta)$/i;
const firstVersion = 'v1';

/**
 * Reads any URL a person may paste: of the server, of a version, of the schemas, of a project or of something in it.
 * A URL without a version means `/v1`, which every server has. Throws CONFIG when it is no such URL, when it belongs
 * to Rancher 2 (`/v3`), when it holds credentials, or when it names another project than `project` does.
 */
export function parseAddress(text: string, project?: string): Address {
  const url = urlOf(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw configError(`url "${text}" is not an http or https URL`, {
      hint: 'Set url to an address such as http://HOST:8080/v1/projects/1a5',
    });
  if (url.username || url.password)
    throw configError(`the url for ${url.host} holds credentials`, {
      hint: 'Set accessKey and secretKey, and remove them from url.',
    });
  const parts = url.pathname.split('/').filter((part) => part !== '');
  refuseRancher2(parts, url);
  const at = parts.findIndex((part) => versions.test(part));
  const prefix = (at < 0 ? withoutSchemas(parts) : parts.slice(0, at)).map((part) => `/${part}`).join('');
  const version = (parts[at] ?? firstVersion).toLowerCase();
  const [kind, id] = at < 0 ? [] : parts.slice(at + 1);
  const pasted = kind?.toLowerCase() === 'projects' ? id : undefined;
  if (pasted !== undefined && project !== undefined && pasted !== project)
    throw configError(`url names project ${pasted}, but project is ${project}`, { hint: 'Remove one of the two.' });
  const wanted = project ?? pasted;
  return { origin: url.origin, root: `${url.origin}${prefix}/${version}`, ...(wanted === undefined ? {} : { project: wanted }) };
}

/** The URL of the schemas as they hold for a project, or for the key alone. */
export function schemasUrl(address: Address, projectId?: string): string {
  // Oddity: the scope holds only for what lies behind the project's id. `/projects/1a5` itself is an ordinary record whose
  // links lead out of the project, so its schemas are read at `/projects/1a5/schemas`.
  return projectId === undefined ? `${address.root}/schemas` : `${address.root}/projects/${projectId}/schemas`;
}

/**
 * The URL to ask for when the server gives `link`: the link itself, where it leads to the profile's own origin.
 * Throws PROVIDER when it leads anywhere else: the key must not go there.
 */
export function followed(link: string, address: Address): string {
  const url = urlOf(link);
  if (!url) throw providerError(`the server gave a link that is no URL: "${link}"`);
  if (url.origin === address.origin) return link;
  // Oddity: behind a proxy that ends TLS and does not say so, the server writes `http` links to the name it was asked by.
  // They are asked at the profile's own origin, so the key never goes over an open line.
  if (url.protocol === 'http:' && address.origin.startsWith('https:') && url.hostname === new URL(address.origin).hostname)
    return `${address.origin}${url.pathname}${url.search}`;
  throw providerError(`the server at ${address.origin} gave a link to ${url.origin}, where the key must not be sent`, {
    hint: `Set url to ${url.origin} if both are the same server, or have the proxy send X-Forwarded-Proto and X-Forwarded-Host.`,
  });
}

function refuseRancher2(parts: readonly string[], url: URL): void {
  if (!parts.some((part) => /^v3(-public)?$/i.test(part))) return;
  throw configError(`${url.origin}${url.pathname} is the API of Rancher 2, which keeps no images`, {
    hint: 'Use a server of Rancher 1.x, at /v1 or /v2-beta.',
  });
}

const withoutSchemas = (parts: readonly string[]): readonly string[] =>
  parts.at(-1)?.toLowerCase() === 'schemas' ? parts.slice(0, -1) : parts;

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
