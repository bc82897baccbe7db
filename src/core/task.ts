/** One piece of work that goes on. After `done` or `fail` it says nothing more. */
export interface Task {
  /** Begins a step by its name; its bytes are counted from 0. */
  step(name: string): void;
  /** So many bytes more; `total` is that of the step, where it is known. */
  advance(bytes: number, total?: number): void;
  /** What the provider says of work that goes on there. */
  message(text: string, percent?: number): void;
  /** It is done; `text` is left standing as its result. */
  done(text?: string): void;
  /** It failed; the failure itself is shown elsewhere. */
  fail(): void;
}
