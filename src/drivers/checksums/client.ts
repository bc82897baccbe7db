import type { Secret } from '../../core/secret.ts';
import type { Tools } from '../../core/tools.ts';
import { folderAddress, publisherAt, type Publisher } from '../_published/address.ts';
import { architectureOf } from '../../core/architecture.ts';
import { createMemory, type Memory } from '../_published/memory.ts';
import type { PublishedImage } from './images.ts';
import { checkTogether, isByArchitecture, layoutFrom, type Folder, type Layout, type LayoutValues } from './layout.ts';
import { filled, type Filling } from './placeholder.ts';

export type ChecksumsValues = LayoutValues & {
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly arch: string | undefined;
};

/** What a session keeps between requests. */
export interface ChecksumsClient {
  readonly publisher: Publisher;
  readonly layout: Layout;
  /** In the order of the profile. */
  readonly folders: readonly Folder[];
  /** What a name without an architecture means. */
  readonly architecture: string;
  readonly memory: Memory<Folder, readonly PublishedImage[]>;
}

/** A client that has sent nothing yet. Throws CONFIG for fields that do not fit together, or an address that nothing vouches for. */
export function connect(values: ChecksumsValues, tools: Tools): ChecksumsClient {
  const layout = layoutFrom(values);
  const { releases, arches } = layout;
  const perRelease = releases.length > 0 ? releases : [undefined];
  const perArch = isByArchitecture(layout) ? arches : [undefined];
  const folders = perRelease.flatMap((release) => perArch.map((arch) => ({ release, arch })));
  const addresses = folders.flatMap((folder) => addressesOf(layout, folder));
  checkTogether(layout);
  return {
    publisher: publisherAt(addresses, values, tools),
    layout,
    folders,
    architecture: architectureOf(values.arch ?? 'amd64'),
    memory: createMemory(),
  };
}

export const fillingOf = ({ release, arch }: Folder, serial: string | undefined): Filling => ({
  ...(release ? { release: release.word, version: release.version } : {}),
  ...(arch ? { arch: arch.word } : {}),
  ...(serial === undefined ? {} : { serial }),
});

const anything: Filling = { release: 'x', version: 'x', arch: 'x', serial: 'x' };

/** Where files are looked for; of what is not known before something was read any word stands there. */
const addressesOf = (layout: Layout, folder: Folder): readonly URL[] =>
  [
    ['url', layout.url],
    ['mirror', layout.mirror],
    ['current', currentAddress(layout, folder)],
  ].flatMap(([field = '', text]) =>
    text === undefined ? [] : [folderAddress(field, filled(text, { ...anything, ...fillingOf(folder, undefined) }))],
  );

/** Where the current version is told: below the same server, where that is said by a path from the folder with the files. */
export function currentAddress({ url, current }: Layout, folder: Folder): string | undefined {
  if (current === undefined) return undefined;
  const filling = fillingOf(folder, undefined);
  const text = filled(current, filling);
  return /^\.{0,2}\//.test(text) ? new URL(text, folderAddress('url', filled(url, { ...anything, ...filling }))).href : text;
}
