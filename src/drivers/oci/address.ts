import { configError } from '../../core/errors.ts';

const hostRule = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const onThisMachine = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
/** Oddity: Docker's own registry goes by names at which no registry answers; all tools know that. */
const dockerHub: Readonly<Record<string, string>> = {
  'index.docker.io': 'registry-1.docker.io',
  'docker.io': 'registry-1.docker.io',
};

/** Where the registry that a host stands for answers; in lower case. */
export function knownHost(host: string): string {
  const plain = host.toLowerCase();
  return Object.hasOwn(dockerHub, plain) ? (dockerHub[plain] ?? plain) : plain;
}

/** OCI distribution-spec 1.1, "Pulling manifests". */
const repositoryRule = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
/** Many clients refuse names that are longer than this together with the host (distribution-spec 1.1). */
const longestName = 255;

/** Where a registry answers, without a path. Throws CONFIG for what is no host, and for a scheme that contradicts `plainHttp`. */
export function originOf(registry: string, plainHttp: string | undefined): URL {
  const [, scheme, host = ''] = /^(?:(https?):\/\/)?(.*?)\/*$/.exec(registry.trim()) ?? [];
  const known = knownHost(host);
  if (!hostRule.test(host) || !URL.canParse(`https://${known}`))
    throw configError(`registry: invalid host: ${registry.slice(0, 100)}`, {
      hint: 'Use registry=HOST or registry=HOST:PORT; the path belongs in repository.',
    });
  if (plainHttp !== undefined && scheme !== undefined && (plainHttp === 'true') !== (scheme === 'http'))
    throw configError(`registry has the scheme ${scheme}, but plainHttp is ${plainHttp}`, {
      hint: 'Omit the scheme in registry.',
    });
  const plain =
    plainHttp === undefined ? (scheme ?? (onThisMachine.test(known) ? 'http' : 'https')) === 'http' : plainHttp === 'true';
  return new URL(`${plain ? 'http' : 'https'}://${known}`);
}

/** Whether a text can name a repository. A registry answers others with a page of its own, or worse. */
export const isRepository = (name: string): boolean => repositoryRule.test(name) && name.length <= longestName;

/** Throws CONFIG for what cannot name a repository; `field` is where it stands. */
export function checkRepository(name: string, field: string): string {
  if (isRepository(name)) return name;
  throw configError(`${field}: invalid repository name: ${name.slice(0, 100)}`, {
    hint: 'Use lower-case letters and digits, with . _ - between them and / between parts: images/library',
  });
}
