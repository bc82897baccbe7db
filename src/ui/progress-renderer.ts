import type { TaskState } from './progress-state.ts';

/** What kind of thing a line says; in JSON it is the event's name. */
export type LineKind = 'note' | 'warning' | 'retry';

/** One way to show progress. */
export interface ProgressRenderer {
  changed(task: TaskState, what: 'start' | 'step' | 'bytes' | 'message'): void;
  finished(task: TaskState, how: 'done' | 'fail', text: string | undefined): void;
  /** `text` is one line, safe but for JSON. */
  line(text: string, kind: LineKind): void;
  /** Takes what is drawn away until something changes, or for good. */
  hide(forGood?: boolean): void;
  stop(): void;
}
