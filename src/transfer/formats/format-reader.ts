import type { Format } from '../../core/encoding.ts';
import type { RandomSource } from '../extents.ts';
import type { ExtentBatches } from './extents.ts';
import type { Report } from './findings.ts';
import type { Edges } from './byte-reader.ts';

/** What the headers of an image say. `virtualBytes` is absent where they say nothing. */
export interface Layout {
  readonly subformat?: string;
  readonly virtualBytes?: number;
  /** The disk can be decoded from a stream too, front to back. */
  readonly isInOrder?: boolean;
  /**
   * Where the bytes of the disk are, in guest order. Reads and checks the tables on the way: throws INTEGRITY where one
   * cannot be followed, reports what is merely wrong. Absent: the format is recognised but not read.
   */
  extents?(): ExtentBatches;
  /** The disk inside an archive: a file of its own, of some format. `virtualBytes` then is how long that file is. */
  readonly source?: RandomSource;
}

/** One format: how it is told from others, checked, and read. */
export interface FormatReader {
  readonly name: Format;
  /** What it is, where the format does not say so: something that is only recognised. */
  readonly title?: string;
  /** Looks at bytes only; never fails. */
  sniff(edges: Edges): boolean;
  /**
   * Reads and checks the headers. Throws INTEGRITY (`refusal`) where nothing behind them can be trusted; reports what
   * leaves them readable.
   */
  open(source: RandomSource, edges: Edges, report: Report): Promise<Layout>;
}
