import { humanDuration, humanSize } from '../core/quantity.ts';
import { percentOf, remainingMs, type TaskState } from './progress-state.ts';
import { safe } from './sanitize.ts';
import { cut, type Measure } from './width.ts';

const longestBar = 30;
const shortestBar = 8;
const shortestTitle = 12;
const gap = '  ';

interface Part {
  readonly text: string;
  /** The parts with the highest number go first where the line is too narrow. */
  readonly sparing: number;
}

function partsOf(task: TaskState): Part[] {
  const percent = percentOf(task);
  const rate = task.meter.rate();
  const remaining = remainingMs(task);
  const parts: (Part | undefined)[] = [
    percent === undefined ? undefined : { text: `${percent}%`.padStart(4), sparing: 0 },
    task.bytes === 0 ? undefined : { text: bytesOf(task), sparing: 2 },
    task.bytes === 0 || rate === undefined ? undefined : { text: `${humanSize(Math.round(rate))}/s`, sparing: 3 },
    remaining === undefined ? undefined : { text: `${humanDuration(remaining)} left`, sparing: 4 },
    task.step === undefined ? undefined : { text: safe(task.step), sparing: 1 },
    task.bytes > 0 || task.text === undefined ? undefined : { text: safe(task.text), sparing: 5 },
  ];
  return parts.filter((part) => part !== undefined);
}

const bytesOf = ({ bytes, totalBytes }: TaskState): string =>
  totalBytes === undefined ? humanSize(bytes) : `${humanSize(bytes)} of ${humanSize(totalBytes)}`;

const widthOf = (texts: readonly string[], measure: Measure): number =>
  texts.reduce((sum, text) => sum + gap.length + measure(text), 0);

/** A task as one line of a terminal, at most `columns` wide: title, bar, percent, bytes, rate, time left, step. */
export function terminalLine(task: TaskState, columns: number, measure: Measure, unicode: boolean): string {
  let parts = partsOf(task);
  const title = safe(task.title);
  const room = Math.max(columns, 1);
  while (parts.length > 0 && Math.min(measure(title), shortestTitle) + widthOf(texts(parts), measure) > room) {
    const most = Math.max(...parts.map(({ sparing }) => sparing));
    parts = parts.filter(({ sparing }) => sparing !== most);
  }
  const mark = unicode ? '…' : '~';
  const shown = cut(title, Math.max(1, room - widthOf(texts(parts), measure)), measure, mark);
  const left = room - measure(shown) - widthOf(texts(parts), measure) - gap.length;
  const percent = percentOf(task);
  const bar = percent === undefined || left < shortestBar ? [] : [barOf(percent, Math.min(longestBar, left), unicode)];
  return [shown, ...bar, ...texts(parts)].join(gap);
}

const texts = (parts: readonly Part[]): string[] => parts.map(({ text }) => text);

function barOf(percent: number, width: number, unicode: boolean): string {
  const full = Math.round((percent * width) / 100);
  return unicode ? '━'.repeat(full) + '─'.repeat(width - full) : '#'.repeat(full) + '-'.repeat(width - full);
}

/** A task as one line of a log. */
export function logLine(task: TaskState): string {
  const parts = partsOf(task).map(({ text }) => text.trim());
  return `${safe(task.title)}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}
