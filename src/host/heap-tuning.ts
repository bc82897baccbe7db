import { setFlagsFromString } from 'node:v8';
import { flagChange } from './v8-flags.ts';

/**
 * Makes V8 fit for a disk that goes in thousands of requests, where much is made and dropped and nothing is kept. It collects what
 * is young in the room that it has, instead of taking up to 100 MB for it before it looks, and what is old when that has grown by a
 * third, instead of several times over.
 */
export function tuneHeap(): void {
  (process as NodeJS.EventEmitter).emit(flagChange);
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}

let isForBulk = false;

/**
 * Makes V8 fit for bytes that pass by the gigabyte. Node gives what a socket has in buffers of 64 KiB, which press V8 to look for
 * garbage every 20 MB. Of a heap as small as ours it does that in 5 ms at a standstill, and takes four times that for doing it beside
 * the program: a fifth of all that a download costs. What is young it collects every 16 MB, in less than waking other threads for it
 * takes, which it would wait for where other programs have the cores.
 */
export function tuneForBulk(): void {
  if (isForBulk) return;
  isForBulk = true;
  (process as NodeJS.EventEmitter).emit(flagChange);
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--no-parallel-scavenge');
}

/**
 * Makes V8 fit for a long list: the same. Before V8 had a quick compiler for warm code (12), it spent a third of a second's list on
 * optimizing what was over before it paid: there it waits until code has run fifteen times as long.
 */
export function tuneForList(): void {
  tuneHeap();
  if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString('--interrupt-budget=1000000');
}
