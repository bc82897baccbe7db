import { findingError } from './findings.ts';
import type { FormatReader } from './format-reader.ts';
import { hasPartitionTable } from './partitions.ts';
import { foreignFileTypes } from './magic-numbers.ts';

/** One reader for each kind of file that is recognised only to be refused, with its name and how to unpack it. */
export const unsupportedReaders: readonly FormatReader[] = foreignFileTypes.map((kind) => ({
  name: kind.format,
  title: kind.title,
  sniff: (edges) => kind.matches(edges) && (kind.proof === 'strong' || !hasPartitionTable(edges)),
  open: () => Promise.reject(findingError('banned_format', `it is ${kind.title}, which is not supported`, kind.unpack)),
}));
