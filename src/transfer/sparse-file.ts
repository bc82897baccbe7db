import { spawn } from 'node:child_process';
import { parsedJson } from '../core/json.ts';

/** A stretch of a file that has data; whatever lies between two of them is a hole, and reads as zeros. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Node cannot ask where a file has holes; this can, where it is installed. */
const program = 'qemu-img';
const limitMs = 10_000;

/**
 * Where an open file of `size` bytes has data, by what the file system says; absent where nobody here can ask. It is asked of the
 * file that is open, whatever its name leads to by now.
 */
export async function dataSpans(fd: number, size: number): Promise<readonly Span[] | undefined> {
  const args = ['map', '--output=json', '-f', 'raw', '/dev/fd/3'];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore', fd], timeout: limitMs });
  let told = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (told += text));
  const status = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  return status === 0 ? spansOf(told, size) : undefined;
}

/** The stretches in what was told; absent unless it tells of every byte of the file. */
export function spansOf(told: string, size: number): readonly Span[] | undefined {
  const spans: Span[] = [];
  let at = 0;
  for (const entry of parsed(told)) {
    const { start, length, data, zero } = entry;
    if (start !== at || typeof length !== 'number' || length <= 0) return undefined;
    if (data !== false || zero !== true) spans.push({ offset: at, length: Math.min(length, size - at) });
    at += length;
  }
  return at >= size && size > 0 ? spans.filter((span) => span.length > 0) : undefined;
}

interface Entry {
  readonly start?: unknown;
  readonly length?: unknown;
  readonly data?: unknown;
  readonly zero?: unknown;
}

function parsed(told: string): readonly Entry[] {
  // It is not there, or says something else.
  const value = parsedJson(told);
  return Array.isArray(value) ? value.filter((entry): entry is Entry => typeof entry === 'object' && entry !== null) : [];
}
