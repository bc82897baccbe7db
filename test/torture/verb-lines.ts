import { createHash } from 'node:crypto';
import type { ProxiedRequest } from '../support/fault-proxy.ts';
import { seedData } from './clouds.ts';
import { linodeLines } from './verb-lines/linode.ts';
import { ociLines } from './verb-lines/oci.ts';
import { openstackLines } from './verb-lines/openstack.ts';
import { rancherLines } from './verb-lines/rancher.ts';
import type { VerbLine } from './verb-lines/verb-line.ts';

/** Every verb of every provider that is spoken to over a network. */
export const verbLines: readonly VerbLine[] = [...openstackLines, ...linodeLines, ...rancherLines, ...ociLines];

const diskBlob = `/blobs/sha256:${createHash('sha256').update(seedData).digest('hex')}`;
const isDisk = (path: string): boolean => path.endsWith('/file') || path.endsWith(diskBlob);
const isSignIn = (path: string): boolean => path.includes('/auth/tokens') || path.startsWith('/token');

/** Picks the requests that the verb is about. */
export function isMain({ about }: VerbLine): (request: ProxiedRequest) => boolean {
  if (about === 'disk') return ({ path }) => isDisk(path);
  if (about === 'all') return ({ path }) => !isSignIn(path);
  return ({ method, path }) => method !== 'GET' && method !== 'HEAD' && !isSignIn(path);
}
