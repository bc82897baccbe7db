import type { Task } from '../../core/task.ts';

/**
 * What is told while a call works. `warning`: something is not as one may think; `note`: worth knowing; `detail`: for whoever looks for
 * more; `progress`: how far a piece of work is, `bytes` of its step so far; `done`: it has ended; `retry`: a request is sent again.
 */
export type Event =
  | { readonly kind: 'warning' | 'note' | 'detail'; readonly message: string }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number }
  | {
      readonly kind: 'progress';
      readonly title: string;
      readonly step?: string;
      readonly bytes?: number;
      readonly totalBytes?: number;
      readonly message?: string;
      readonly percent?: number;
    }
  | { readonly kind: 'done'; readonly title: string };

/** A piece of work that tells how far it is. */
export function toldTask(title: string, tell: (event: Event) => void): Task {
  let step: string | undefined;
  let bytes = 0;
  const named = (): { readonly step?: string } => (step === undefined ? {} : { step });
  const end = (): void => tell({ kind: 'done', title });
  return {
    step(name) {
      [step, bytes] = [name, 0];
      tell({ kind: 'progress', title, step: name });
    },
    advance(more, totalBytes) {
      bytes += more;
      tell({ kind: 'progress', title, ...named(), bytes, ...(totalBytes === undefined ? {} : { totalBytes }) });
    },
    message: (message, percent) =>
      tell({ kind: 'progress', title, ...named(), message, ...(percent === undefined ? {} : { percent }) }),
    done: end,
    fail: end,
  };
}
