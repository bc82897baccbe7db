import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PipeClosed } from '../../src/ui/io.ts';
import { clearedFirst, createProgress, type ProgressMode } from '../../src/ui/progress.ts';
import { addBytes, beginStep, newTask, percentOf, remainingMs } from '../../src/ui/progress-state.ts';
import { terminalLine } from '../../src/ui/progress-line.ts';
import { fakeIo, type FakeIo, type FakeSettings } from '../support/fake-io.ts';

const MiB = 1024 * 1024;
const hide = '\u001b[?25l';
const show = '\u001b[?25h';
const length = (text: string): number => text.length;

function setUp(mode: ProgressMode, settings: FakeSettings = {}): { io: FakeIo; progress: ReturnType<typeof createProgress> } {
  const io = fakeIo(settings);
  return { io, progress: createProgress(mode, io) };
}
const events = (io: FakeIo): Record<string, unknown>[] =>
  io.err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Lets the clock go on, and what it sets off load its packages: loading is no timer. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] }));
afterEach(() => void vi.useRealTimers());

describe('what is known of a task', () => {
  it('is percent, a smoothed rate and the time left', () => {
    const task = newTask('t', 100 * MiB, 0);
    for (let second = 1; second <= 10; second += 1) addBytes(task, 5 * MiB, undefined, second * 1000);
    expect(percentOf(task)).toBe(50);
    expect(task.meter.rate()).toBeCloseTo(5 * MiB, -2);
    expect(remainingMs(task)).toBeCloseTo(10_000, -2);
    addBytes(task, 0, undefined, 11_000);
    const slowed = task.meter.rate() ?? 0;
    expect(slowed).toBeGreaterThan(3 * MiB);
    expect(slowed).toBeLessThan(5 * MiB);
  });

  it('is nothing where the total is not known or 0, or nothing has gone yet', () => {
    const task = newTask('t', undefined, 0);
    addBytes(task, 5, undefined, 0);
    expect([percentOf(task), task.meter.rate(), remainingMs(task)]).toEqual([undefined, undefined, undefined]);
    addBytes(task, 0, 0, 1000);
    expect(percentOf(task)).toBeUndefined();
  });

  it('never exceeds 100, and never promises time when nothing moves', () => {
    const task = newTask('t', 10, 0);
    addBytes(task, 25, undefined, 1000);
    expect([percentOf(task), remainingMs(task)]).toEqual([100, undefined]);
    const stuck = newTask('t', 10, 0);
    addBytes(stuck, 0, undefined, 1000);
    expect(remainingMs(stuck)).toBeUndefined();
  });

  it('begins anew with each step', () => {
    const task = newTask('t', 10, 0);
    addBytes(task, 10, undefined, 1000);
    beginStep(task, 'verify', 1000);
    expect([task.bytes, percentOf(task), task.meter.rate()]).toEqual([0, 0, undefined]);
  });
});

describe('a line on a terminal', () => {
  const task = newTask('upload ubuntu-24.04', 600 * MiB, 0);
  beginStep(task, 'gzip', 0);
  for (let second = 1; second <= 10; second += 1) addBytes(task, 15 * MiB, undefined, second * 1000);

  it.each([
    [120, 'upload ubuntu-24.04  ━━━━━━━━──────────────────────   25%  150.0 MiB of 600.0 MiB  15.0 MiB/s  30 s left  gzip'],
    [80, 'upload ubuntu-24.04   25%  150.0 MiB of 600.0 MiB  15.0 MiB/s  30 s left  gzip'],
    [72, 'upload ubunt…   25%  150.0 MiB of 600.0 MiB  15.0 MiB/s  30 s left  gzip'],
    [60, 'upload ubun…   25%  150.0 MiB of 600.0 MiB  15.0 MiB/s  gzip'],
    [40, 'upload ubuntu-24.04   25%  gzip'],
    [20, 'upload ubuntu…   25%'],
    [8, 'upload …'],
  ])('of %i columns keeps what matters most', (columns, line) => {
    expect(terminalLine(task, columns, length, true)).toBe(line);
  });

  it('never stands over the edge', () => {
    for (let columns = 1; columns < 130; columns += 1)
      expect(terminalLine(task, columns, length, true).length).toBeLessThanOrEqual(columns);
  });

  it('shows what the provider says, escaped, where no bytes are counted', () => {
    const remote = newTask('import x', undefined, 0);
    beginStep(remote, 'wait', 0);
    Object.assign(remote, { text: 'import\u001b[2Jing', percent: 40 });
    expect(terminalLine(remote, 100, length, false)).toBe(
      'import x  ############------------------   40%  wait  import\\u001b[2Jing',
    );
  });
});

describe('bars', () => {
  const terminal = { terminal: true, columns: 80 };

  it('are not drawn for what is soon done', async () => {
    const { io, progress } = setUp('auto', terminal);
    const task = progress.task('quick');
    await pass(100);
    task.done();
    await pass(1000);
    progress.stop();
    expect(io.err).toBe('');
  });

  it('are drawn, several at once, taken away, and the cursor is back', async () => {
    const { io, progress } = setUp('auto', terminal);
    const one = progress.task('one', { totalBytes: 10 });
    const two = progress.task('two');
    await pass(200);
    one.advance(5);
    two.message('half way', 50);
    await pass(300);
    expect(io.err).toContain(hide);
    expect(io.err).toMatch(/one .* 50% .*5 B of 10 B.*\n {2}two .* 50% .*half way/);
    const before = io.err.length;
    one.done('10 B in 1 s');
    await pass(200);
    expect(io.err.slice(before)).toContain('✓ one: 10 B in 1 s\n');
    two.fail();
    expect(io.err.endsWith(`\u001b[2K${show}`)).toBe(true);
    const after = io.err;
    await pass(1000);
    progress.stop();
    expect(io.err).toBe(after);
  });

  it('give the cursor back when stopped in the middle, once', async () => {
    const { io, progress } = setUp('bar', terminal);
    const task = progress.task('long');
    await pass(500);
    progress.stop();
    progress.stop();
    task.advance(5);
    task.done('late');
    await pass(1000);
    expect(io.err.split(hide)).toHaveLength(2);
    expect(io.err.endsWith(show)).toBe(true);
  });

  it('let lines be said above them, escaped', async () => {
    const { io, progress } = setUp('auto', terminal);
    progress.task('long');
    await pass(500);
    progress.line('retrying in 2 s: \u001b[2Jboom\nimgctl: done', 'retry');
    expect(io.err).toContain('retrying in 2 s: \\u001b[2Jboom\\nimgctl: done\n');
    progress.stop();
  });

  it('are taken away before anything reaches standard output, and in a pipe for good: it may end on the same screen', async () => {
    for (const stdoutIsTerminal of [true, false]) {
      const { io, progress } = setUp('auto', { ...terminal, stdoutIsTerminal });
      const task = progress.task('long');
      await pass(500);
      await clearedFirst(io, progress).write('row\n');
      expect(io.err.endsWith(show)).toBe(true);
      const drawn = io.err.length;
      task.message('1 of 2 images');
      await pass(500);
      expect(io.err.length > drawn).toBe(stdoutIsTerminal);
      progress.line('warning: still said', 'warning');
      expect(io.err).toContain('warning: still said\n');
      progress.stop();
    }
  });

  it('are lines for a log where the terminal has no width', async () => {
    const { io, progress } = setUp('auto', { ...terminal, columns: 0 });
    progress.task('long');
    await pass(11_000);
    expect(io.err).toBe('long\n');
    progress.stop();
  });

  it('are not more than a dozen', async () => {
    const { io, progress } = setUp('auto', terminal);
    for (let at = 0; at < 20; at += 1) progress.task(`t${at}`);
    await pass(500);
    expect(io.err).toContain('t11\n  and 8 more');
    expect(io.err).not.toContain('t12');
    progress.stop();
  });
});

describe('a log', () => {
  it('has a line every ten seconds, and none for what is soon done', async () => {
    const { io, progress } = setUp('auto');
    const task = progress.task('upload x', { totalBytes: 100 });
    task.step('send');
    await pass(9000);
    expect(io.err).toBe('');
    task.advance(25);
    await pass(1500);
    expect(io.err).toBe('upload x: 25%, 25 B of 100 B, 2 B/s, 32 s left, send\n');
    await pass(10_000);
    expect(io.err.split('\n')).toHaveLength(3);
    task.done('100 B');
    await pass(60_000);
    expect(io.err.split('\n').slice(2)).toEqual(['upload x: 100 B', '']);
    progress.stop();
  });
});

describe('events', () => {
  it('are one JSON object a line', async () => {
    const { io, progress } = setUp('json');
    const task = progress.task('upload\u202e', { totalBytes: 10 });
    task.step('send');
    for (let at = 0; at < 10; at += 1) {
      task.advance(1);
      await pass(100);
    }
    progress.line('slow\ndown', 'warning');
    progress.line('again', 'retry');
    task.done('sent');
    const other = progress.task('b');
    other.fail();
    expect(io.err).not.toContain('\u202e');
    const seen = events(io);
    expect(seen[0]).toEqual({ event: 'start', task: 'upload\u202e', totalBytes: 10 });
    expect(seen[1]).toEqual({ event: 'progress', task: 'upload\u202e', step: 'send', bytes: 0, totalBytes: 10, percent: 0 });
    expect(seen.filter(({ event }) => event === 'progress').length).toBeLessThan(5);
    expect(seen.slice(-5)).toEqual([
      { event: 'warning', message: 'slow\ndown' },
      { event: 'retry', message: 'again' },
      { event: 'done', task: 'upload\u202e', step: 'send', bytes: 10, totalBytes: 10, percent: 100, message: 'sent' },
      { event: 'start', task: 'b' },
      { event: 'fail', task: 'b' },
    ]);
  });
});

describe('none', () => {
  it('draws nothing, and still says what is said', async () => {
    const { io, progress } = setUp('none', { terminal: true });
    const task = progress.task('x', { totalBytes: 5 });
    task.step('s');
    task.advance(5);
    await pass(30_000);
    task.done('done');
    expect(io.err).toBe('');
    progress.line('trace');
    expect(io.err).toBe('trace\n');
  });
});

it('a task that is done is done whole in JSON, though its last step counted no bytes', () => {
  const { io, progress } = setUp('json');
  const task = progress.task('upload');
  task.step('send');
  task.advance(10, 10);
  task.step('verify');
  task.done();
  expect(events(io).at(-1)).toMatchObject({ event: 'done', step: 'verify', percent: 100 });
});

it.each(['bar', 'plain', 'json', 'none'] as const)('progress lives on when stderr is closed: %s', async (mode) => {
  const io = { ...fakeIo({ terminal: true }), stderr: { write: () => Promise.reject(new PipeClosed('gone')) } };
  const progress = createProgress(mode, io);
  const task = progress.task('x');
  await pass(500);
  progress.line('y');
  task.done('z');
  progress.stop();
});
