import { createMeter, type Meter } from './transfer-rate.ts';

/** Where a task is. Bytes and their total are those of the step. Times are ms since 1970. */
export interface TaskState {
  readonly title: string;
  readonly startedAt: number;
  step: string | undefined;
  bytes: number;
  totalBytes: number | undefined;
  text: string | undefined;
  /** Told by the provider where no bytes are counted; 0 to 100. */
  percent: number | undefined;
  meter: Meter;
}

export function newTask(title: string, totalBytes: number | undefined, now: number): TaskState {
  const nothing = { step: undefined, bytes: 0, text: undefined, percent: undefined };
  return { title, startedAt: now, ...nothing, totalBytes, meter: createMeter(now) };
}

/** Begins a step: its bytes are counted anew, what the provider said of the one before is forgotten. */
export function beginStep(task: TaskState, name: string, now: number): void {
  Object.assign(task, { step: name, bytes: 0, text: undefined, percent: undefined, meter: createMeter(now) });
}

export function addBytes(task: TaskState, bytes: number, total: number | undefined, now: number): void {
  task.bytes += bytes;
  task.totalBytes = total ?? task.totalBytes;
  task.meter.at(task.bytes, now);
}

/** Lets the rate of a task that stands still sink. */
export function passTime(task: TaskState, now: number): void {
  if (task.bytes > 0) task.meter.at(task.bytes, now);
}

/** How much is done, 0 to 100 without decimals; absent where the whole is not known. */
export function percentOf(task: TaskState): number | undefined {
  const { bytes, totalBytes } = task;
  if (bytes === 0 && task.percent !== undefined) return bounded(task.percent);
  if (totalBytes === undefined || totalBytes <= 0) return undefined;
  return bounded((bytes * 100) / totalBytes);
}

const bounded = (percent: number): number => Math.floor(Math.min(100, Math.max(0, percent)));

/** Milliseconds until the step is done at the present rate; absent where the total or the rate is not known. */
export function remainingMs(task: TaskState): number | undefined {
  const rate = task.meter.rate();
  if (task.totalBytes === undefined || rate === undefined || rate <= 0 || task.bytes >= task.totalBytes) return undefined;
  return ((task.totalBytes - task.bytes) / rate) * 1000;
}
