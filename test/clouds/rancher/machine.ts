import { isTransitioning, type Release } from './versions.ts';

/** An image as the server keeps it. Times are ms since the epoch. */
export interface Row {
  readonly number: number;
  readonly accountId: string;
  readonly uuid: string;
  readonly createdAt: number;
  name: string | null;
  description: string | null;
  state: string;
  removedAt: number | null;
  removeTime: number | null;
  /** Reason why the last process failed: shown while the image rests. */
  failure: string | null;
  percent: number | null;
  running?: Running;
}

/** A process that is under way. `until` is when it ends, on the server's clock. */
interface Running {
  readonly until: number;
  readonly end: string;
  /** The process that follows without a state of rest in between. */
  readonly next?: string;
  readonly failure?: string;
}

/** How the next transitions go: how long they take, and whether they fail or never end. */
export interface Pace {
  /** Ms for one transition. */
  transitionMs: number;
  /** Reason why the next process fails; used once. */
  failWith?: string | undefined;
  /** The next process never ends; used once. */
  stick?: boolean | undefined;
}

/** Begins a process; the state changes before anything is answered. False: it does not start from this state. */
export function begin(release: Release, row: Row, name: string, pace: Pace, now: number): boolean {
  const process = release.processes[name];
  if (!process?.from.includes(row.state)) return false;
  const { failWith: failure, stick } = pace;
  pace.failWith = undefined;
  pace.stick = undefined;
  const from = row.state;
  row.state = process.through(from);
  row.failure = null;
  row.running = {
    until: stick ? Infinity : now + pace.transitionMs,
    // A process that fails leaves the image where it was, which is a state of rest.
    end: failure === undefined ? process.to(from) : isTransitioning(from) ? 'inactive' : from,
    ...(failure === undefined ? {} : { failure }),
    // Images are activated as soon as they are registered, with no visible `inactive` in between.
    ...(name === 'create' ? { next: 'activate' } : {}),
  };
  return true;
}

/** Lets time pass: ends what has come to its end. */
export function settle(release: Release, row: Row, pace: Pace, now: number): void {
  while (row.running && row.running.until <= now) {
    const { until, end, next, failure } = row.running;
    delete row.running;
    if (next !== undefined && failure === undefined) {
      begin(release, row, next, pace, until);
      continue;
    }
    row.state = end;
    row.failure = failure ?? null;
    if (failure === undefined) dateRemoval(release, row, until);
  }
}

function dateRemoval(release: Release, row: Row, at: number): void {
  if (row.state === 'removed') {
    row.removedAt = at;
    row.removeTime = at + release.purgeAfterMs;
  }
  if (row.state === 'inactive' || row.state === 'active') {
    row.removedAt = null;
    row.removeTime = null;
  }
}

/** Whether a plain list shows the row: by the setting of the release, and by its time of removal. */
export function isListed(release: Release, row: Row, now: number): boolean {
  const recent = row.removedAt === null || row.removedAt > now - release.shownRemovedMs;
  return recent && (row.removeTime === null || row.removeTime > now);
}
