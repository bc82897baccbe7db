import { configError } from '../../core/errors.ts';

const hostRule = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const onThisMachine = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
/** OCI distribution-spec 1.1, "Pulling manifests". */
const repositoryRule = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
/** Many clients refuse names that are longer than this together with the host (distribution-spec 1.1). */
const longestName = 255;

/** Where a registry answers, without a path. Throws CONFIG for what is no host, and for a scheme that contradicts `plainHttp`. */
export function originOf(registry: string, plainHttp: string | undefined): URL {
  const [, scheme, host = ''] = /^(?:(https?):\/\/)?(.*?)\/*$/.exec(registry.trim()) ?? [];
  if (!hostRule.test(host))
    throw configError(`registry: "${registry}" is no host`, {
      hint: 'registry=HOST or HOST:PORT; the path goes into repository',
    });
  if (plainHttp !== undefined && scheme !== undefined && (plainHttp === 'true') !== (scheme === 'http'))
    throw configError(`registry says ${scheme} and plainHttp says ${plainHttp}`, { hint: 'leave the scheme out of registry' });
  const plain =
    plainHttp === undefined ? (scheme ?? (onThisMachine.test(host) ? 'http' : 'https')) === 'http' : plainHttp === 'true';
  return new URL(`${plain ? 'http' : 'https'}://${host}`);
}

/** Whether a text can name a repository. A registry answers others with a page of its own, or worse. */
export const isRepository = (name: string): boolean => repositoryRule.test(name) && name.length <= longestName;

/** Throws CONFIG for what cannot name a repository; `field` is where it stands. */
export function checkRepository(name: string, field: string): string {
  if (isRepository(name)) return name;
  throw configError(`${field}: "${name.slice(0, 100)}" cannot name a repository`, {
    hint: 'lower-case letters and digits, with . _ - between them and / between parts, such as images/library',
  });
}
