import type { Run, Runs } from '../extents.ts';
import { readRun } from './disk-observer.ts';

type DeflateRun = Extract<Run, { kind: 'deflate' }>;
/** Bytes that a data unit is put together from. Without `read`: zeros. `done`: the bytes are not needed any more. */
interface Part {
  readonly length: number;
  readonly read?: () => Promise<Uint8Array>;
  readonly done?: () => void;
}

/**
 * Work for one job, in guest order. `data` is gathered and cut to the size of a unit, so that every job is worth its costs; whoever
 * is through with its bytes says `done`.
 */
export type Unit =
  | { readonly kind: 'zero'; readonly length: number }
  | { readonly kind: 'data'; readonly length: number; read(): Promise<Uint8Array>; done(): void }
  | { readonly kind: 'deflate'; readonly length: number; readonly runs: readonly DeflateRun[] };

/** Fewer zeros than this between data are cheaper to compress than to break the unit for. */
const shortZeros = 32 << 10;
/** A unit of data takes its memory twice, before and after; half a MiB costs 0.2 % more bytes than a whole one. */
const dataBytes = 1 << 19;
/** Setting up an inflate costs as much as inflating 40 KiB. */
const deflateBytes = 1 << 19;
const deflateRunsPerUnit = 16;

/** Joins and cuts runs into units of 512 KiB of data at most, or of deflate runs (a single one may be larger). Nothing is read. */
export async function* deflateUnits(runs: Runs): AsyncGenerator<Unit, void, undefined> {
  let parts: Part[] = [];
  let deflates: DeflateRun[] = [];
  let length = 0;

  function* flush(): Generator<Unit> {
    if (parts.length > 0) yield dataUnit(parts, length);
    if (deflates.length > 0) yield { kind: 'deflate', length, runs: deflates };
    parts = [];
    deflates = [];
    length = 0;
  }

  for await (const run of runs) {
    if (run.kind === 'deflate') {
      if (parts.length > 0 || deflates.length === deflateRunsPerUnit || length + run.length > deflateBytes) yield* flush();
      deflates.push(run);
      length += run.length;
      continue;
    }
    if (deflates.length > 0) yield* flush();
    if (run.kind === 'zero' && (parts.length === 0 || run.length >= shortZeros)) {
      yield* flush();
      yield run;
      continue;
    }
    for (const part of cut(run, dataBytes - length, dataBytes)) {
      parts.push(part);
      length += part.length;
      if (length === dataBytes) yield* flush();
    }
  }
  yield* flush();
}

/** A run as parts, of which the first fills up the unit begun. The run is read once, whoever asks first. */
function* cut(run: Exclude<Run, DeflateRun>, first: number, others: number): Generator<Part> {
  let whole: Promise<Uint8Array> | undefined;
  let needed = run.length <= first ? 1 : 1 + Math.ceil((run.length - first) / others);
  const done = (): void => {
    needed -= 1;
    if (needed === 0 && run.kind === 'data') run.done?.();
  };
  for (let from = 0, take = first; from < run.length; from += take, take = others) {
    const begin = from;
    const length = Math.min(take, run.length - from);
    if (run.kind === 'zero') yield { length };
    else if (length === run.length) yield { length, done, read: () => readRun(run) };
    else yield { length, done, read: async () => (await (whole ??= readRun(run))).subarray(begin, begin + length) };
  }
}

function dataUnit(parts: readonly Part[], length: number): Unit {
  return { kind: 'data', length, read: () => gather(parts, length), done: () => parts.forEach((part) => part.done?.()) };
}

async function gather(parts: readonly Part[], length: number): Promise<Uint8Array> {
  const pieces = await Promise.all(parts.map((part) => part.read?.()));
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const gathered = Buffer.allocUnsafe(length);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const piece = pieces[index];
    if (piece === undefined) gathered.fill(0, at, at + part.length);
    else gathered.set(piece, at);
    at += part.length;
  }
  return gathered;
}
