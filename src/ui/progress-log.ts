import type { Io } from './io.ts';
import type { ProgressRenderer } from './progress-renderer.ts';
import { passTime, percentOf, type TaskState } from './progress-state.ts';
import { logLine } from './progress-line.ts';
import { jsonText, safe } from './sanitize.ts';

const lineEveryMs = 10_000;
const eventEveryMs = 500;

/** Progress for a log: a line for each task every ten seconds, so that what is soon done says nothing. */
export function logRenderer(tasks: ReadonlySet<TaskState>, io: Io, say: (text: string) => void): ProgressRenderer {
  const timer = setInterval(() => {
    for (const task of tasks) {
      passTime(task, io.now());
      say(`${logLine(task)}\n`);
    }
  }, lineEveryMs);
  timer.unref();
  return {
    changed: () => {},
    finished: (task, how, text) => {
      if (how === 'done' && text !== undefined) say(`${safe(task.title)}: ${safe(text)}\n`);
    },
    line: (text) => say(`${text}\n`),
    hide: () => {},
    stop: () => clearInterval(timer),
  };
}

/** Progress as one JSON object a line: start, progress (at most two a second for each task), done and fail, and what else is said. */
export function eventRenderer(io: Io, say: (text: string) => void): ProgressRenderer {
  const told = new Map<TaskState, number>();
  const tell = (event: object): void => say(`${jsonText(event)}\n`);
  return {
    changed(task, what) {
      const now = io.now();
      if (what === 'start') return tell({ event: 'start', task: task.title, totalBytes: task.totalBytes });
      if (what === 'bytes' && now - (told.get(task) ?? task.startedAt) < eventEveryMs) return;
      told.set(task, now);
      tell({ event: 'progress', task: task.title, ...figures(task), message: task.text });
    },
    finished(task, how, text) {
      told.delete(task);
      tell({ event: how, task: task.title, ...(how === 'done' ? doneFigures(task) : { step: task.step }), message: text });
    },
    line: (text, kind) => tell({ event: kind, message: text }),
    hide: () => {},
    stop: () => {},
  };
}

const figures = (task: TaskState): object => ({
  step: task.step,
  bytes: task.bytes,
  totalBytes: task.totalBytes,
  percent: percentOf(task),
});

/** The last step may have counted no bytes: the task is done all the same. */
const doneFigures = (task: TaskState): object => ({
  ...figures(task),
  percent: percentOf(task) === undefined ? undefined : 100,
});
