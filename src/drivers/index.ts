import type { Driver } from '../core/driver.ts';
import type { TreeFormat } from '../core/publication.ts';

/** The providers: one line each. A driver is loaded when it is first needed. */
export const drivers = {
  aws: () => import('./aws/index.ts'),
  checksums: () => import('./checksums/index.ts'),
  'coreos-stream': () => import('./coreos-stream/index.ts'),
  incus: () => import('./incus/index.ts'),
  linode: () => import('./linode/index.ts'),
  local: () => import('./local/index.ts'),
  oci: () => import('./oci/index.ts'),
  openstack: () => import('./openstack/index.ts'),
  rancher: () => import('./rancher/index.ts'),
  simplestreams: () => import('./simplestreams/index.ts'),
} satisfies Record<string, () => Promise<{ default: Driver }>>;

export { publishers } from './publishers/index.ts';

/** The provider that needs no account: what works where no profile was made. */
export const usualDriver: keyof typeof drivers = 'local';

/** Formats in which images can be published as a tree of files. */
export const treeFormats = {
  simplestreams: () => import('./simplestreams/publish/index.ts').then((module) => module.treeFormat),
} satisfies Record<string, () => Promise<TreeFormat>>;
