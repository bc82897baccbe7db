import type { JsonObject } from '../../../core/json.ts';
import type { Published, PublishedFile } from '../../../core/publication.ts';
import { publishedPath } from '../../_published/path.ts';
import type { Documents } from './documents.ts';
import { fileIn } from './version.ts';

/** Where the products document says which files it named once. Clients pass over it. */
const retiredKey = 'imgctl.retired';

/** Paths as they are made here; the digest is that of the file. */
const layout = /^images\/[^/]+\/[^/]+\/[^/]+\/(?:disk|metadata)-([0-9a-f]{12})\.(?:qcow2|tar)$/;

/** A file that can only have been put there by this, as far as its name says. */
const isOwn = ({ path, sha256 }: PublishedFile): boolean =>
  publishedPath(path) === path && layout.exec(path)?.[1] === sha256.slice(0, 12);

const listedIn = ({ head }: Documents): readonly PublishedFile[] => {
  const listed = head[retiredKey];
  return Array.isArray(listed) ? listed.flatMap((one) => fileIn(one) ?? []) : [];
};

/** Files that were named once, and are not any more. */
export function retiredIn(documents: Documents): readonly PublishedFile[] {
  const listed = listedIn(documents).filter(isOwn);
  const named = listed.length === 0 ? '' : JSON.stringify(documents.products);
  return listed.filter(({ path }) => !named.includes(path));
}

/** The same documents, which say that these versions are named no more. */
export const retiring = (documents: Documents, gone: readonly Published[]): Documents =>
  listing(documents, [...listedIn(documents), ...gone.flatMap(({ disk, metadata }) => [disk, metadata])]);

/** The same documents, which say nothing of these files. */
export const forgetting = (documents: Documents, files: readonly PublishedFile[]): Documents =>
  listing(
    documents,
    listedIn(documents).filter(({ path }) => !files.some((file) => file.path === path)),
  );

function listing(documents: Documents, files: readonly PublishedFile[]): Documents {
  const { [retiredKey]: _before, ...head } = documents.head;
  const byPath = new Map(files.map((file) => [file.path, file]));
  const listed = [...byPath.values()].map(({ path, bytes, sha256 }): JsonObject => ({ path, size: bytes, sha256 }));
  return { ...documents, head: listed.length === 0 ? head : { ...head, [retiredKey]: listed } };
}
