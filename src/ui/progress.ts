import type { Io } from './io.ts';
import type { LineKind, ProgressRenderer } from './progress-renderer.ts';
import { eventRenderer, logRenderer } from './progress-log.ts';
import { addBytes, beginStep, newTask, passTime, type TaskState } from './progress-state.ts';
import { terminalLine } from './progress-line.ts';
import { TerminalStream } from './terminal-stream.ts';
import { safe } from './sanitize.ts';
import { measureFor } from './width.ts';
import type { Task } from '../core/task.ts';

export type ProgressMode = 'auto' | 'bar' | 'plain' | 'json' | 'none';

/** Progress on stderr. */
export interface ProgressDisplay {
  task(title: string, options?: { readonly totalBytes?: number | undefined }): Task;
  /** Says something above whatever is being drawn, in every mode. Line ends in it are shown escaped. */
  line(text: string, kind?: LineKind): void;
  /** Takes what is drawn away until something changes, or `forGood`, so that something else can be shown in its place. Lines are still said. */
  hide(forGood?: boolean): void;
  /** Takes everything drawn away and shows the cursor again. May be called at any time, and again. */
  stop(): void;
}

/**
 * The display for a mode. `auto`: drawn on a terminal of known width, else lines for a log; `bar` is the same, for it
 * cannot be drawn elsewhere. Whatever cannot be written is let go: progress never fails the work.
 */
export function createProgress(mode: ProgressMode, io: Io): ProgressDisplay {
  const tasks = new Set<TaskState>();
  const painter = painterFor(mode, tasks, io);
  return {
    task(title, options = {}) {
      const task = newTask(title, options.totalBytes, io.now());
      tasks.add(task);
      painter.changed(task, 'start');
      return taskOf(task, tasks, painter, io);
    },
    line: (text, kind = 'note') => painter.line(mode === 'json' ? text : safe(text), kind),
    hide: (forGood) => painter.hide(forGood),
    stop() {
      tasks.clear();
      painter.stop();
    },
  };
}

/**
 * Standard output that takes what is drawn away first. A pipe may end on the same screen, nobody knows when: after its first byte
 * nothing is drawn any more.
 */
export const clearedFirst = (
  { stdout, stdoutIsTerminal }: Pick<Io, 'stdout' | 'stdoutIsTerminal'>,
  progress: Pick<ProgressDisplay, 'hide'>,
): Io['stdout'] => ({
  write(text) {
    progress.hide(!stdoutIsTerminal);
    return stdout.write(text);
  },
});

function taskOf(task: TaskState, tasks: Set<TaskState>, painter: ProgressRenderer, io: Io): Task {
  const change = (what: 'step' | 'bytes' | 'message', change: () => void): void => {
    if (!tasks.has(task)) return;
    change();
    painter.changed(task, what);
  };
  const finish = (how: 'done' | 'fail', text?: string): void => {
    if (tasks.delete(task)) painter.finished(task, how, text);
  };
  return {
    step: (name) => change('step', () => beginStep(task, name, io.now())),
    advance: (bytes, total) => change('bytes', () => addBytes(task, bytes, total, io.now())),
    message: (text, percent) => change('message', () => Object.assign(task, { text, percent })),
    done: (text) => finish('done', text),
    fail: () => finish('fail'),
  };
}

function painterFor(mode: ProgressMode, tasks: ReadonlySet<TaskState>, io: Io): ProgressRenderer {
  const say = (text: string): void => void io.stderr.write(text).catch(() => {});
  if (mode === 'none')
    return { changed: () => {}, finished: () => {}, line: (text) => say(`${text}\n`), hide: () => {}, stop: () => {} };
  if (mode === 'json') return eventRenderer(io, say);
  const drawable = io.stderrIsTerminal && io.stderrColumns > 0;
  return mode !== 'plain' && drawable ? barPainter(tasks, io, say) : logRenderer(tasks, io, say);
}

/** What is done sooner is not drawn at all. */
const patienceMs = 150;
const redrawMs = 100;
const mostLines = 12;
const frames = { unicode: [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'], ascii: [...'-\\|/'] };

function barPainter(tasks: ReadonlySet<TaskState>, io: Io, say: (text: string) => void): ProgressRenderer {
  let timer: NodeJS.Timeout | undefined;
  let isHidden = false;
  let drawn: { readonly stop: () => void; readonly above: (text: string) => void } | undefined;

  async function draw(): Promise<void> {
    const { default: ora } = await import('ora');
    const measure = await measureFor([...tasks].map(({ title }) => safe(title)));
    // Between asking for the package and having it all tasks may have ended.
    if (timer === undefined || tasks.size === 0 || drawn) return;
    const stream = new TerminalStream(io);
    const lines = (): string => {
      for (const task of tasks) passTime(task, io.now());
      const shown = [...tasks].slice(0, mostLines).map((task) => terminalLine(task, stream.columns - 3, measure, io.unicode));
      const more = tasks.size - shown.length;
      return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n  ');
    };
    // Cursor and standard input stay ours: ora would leave signal handlers behind for them.
    const spinner = ora({
      stream,
      isEnabled: true,
      hideCursor: false,
      discardStdin: false,
      color: io.errorColor ? 'cyan' : false,
      spinner: { interval: redrawMs, frames: io.unicode ? frames.unicode : frames.ascii },
      text: lines(),
    });
    const redraw = setInterval(() => {
      spinner.text = lines();
    }, redrawMs);
    stream.showCursor(false);
    spinner.start();
    drawn = {
      stop() {
        clearInterval(redraw);
        spinner.stop();
        stream.showCursor(true);
      },
      above(text) {
        spinner.clear();
        say(text);
        spinner.render();
      },
    };
  }

  function stop(): void {
    clearTimeout(timer);
    timer = undefined;
    drawn?.stop();
    drawn = undefined;
  }
  const above = (text: string): void => (drawn ? drawn.above(text) : say(text));
  return {
    changed() {
      if (!isHidden) timer ??= setTimeout(() => void draw().catch(() => {}), patienceMs);
    },
    finished(task, _how, text) {
      if (tasks.size === 0) stop();
      if (text !== undefined) above(`${io.unicode ? '✓ ' : ''}${safe(task.title)}: ${safe(text)}\n`);
    },
    line: (text) => above(`${text}\n`),
    hide(forGood = false) {
      isHidden ||= forGood;
      stop();
    },
    stop,
  };
}
