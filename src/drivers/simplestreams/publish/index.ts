import type { TreeFormat } from '../../../core/publication.ts';
import { paths, start } from './documents.ts';
import { openTree } from './tree.ts';

/** A tree that Incus, LXD and the driver beside it read. */
export const treeFormat: TreeFormat = {
  title: 'Simplestreams, for Incus, LXD and mirrors',
  diskFormat: 'qcow2',
  documents: paths,
  start,
  open: openTree,
};
