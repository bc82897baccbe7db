import type { ActionEntry, EndEntry, Entry, OutcomeEntry, ResumedEntry, RunEntry, UndoneEntry } from './entry.ts';
import type { Job } from '../../core/job.ts';
import type { WrittenLines } from './read-journal.ts';

/**
 * What became of a run. `running`: its process is there; `interrupted`: it was killed, or stopped by a signal; `undone` and
 * `resumed`: another run has seen to what it left.
 */
export const runStates = ['running', 'done', 'failed', 'interrupted', 'undone', 'resumed'] as const;
export type RunState = (typeof runStates)[number];

/** Something at a provider that a run has begun, and of which it did not see the end. */
export interface Left {
  readonly action: ActionEntry;
  /** Absent: whether anything was made, and under which id, is not known. */
  readonly id?: string;
  /** It was to be made under this id; whether it was is not known. The run was alive until then (ms since 1970). */
  readonly intendedUntilMs?: number;
  /** The upload in which its disk was on its way. */
  readonly ref?: string;
  /** The job that the provider was doing last. */
  readonly job?: Job;
  /** Places that it was to come to, of an image that was there before. */
  readonly places?: readonly string[];
}

/** A run as its file tells it. */
export interface Run {
  readonly run: RunEntry;
  readonly state: RunState;
  readonly actions: readonly ActionEntry[];
  readonly outcomes: ReadonlyMap<number, OutcomeEntry>;
  readonly end?: EndEntry;
  /** Ids that it made, or was about to make, by their action. */
  readonly made: ReadonlyMap<number, readonly string[]>;
  readonly left: readonly Left[];
  /** The run that has looked after what this one left, and how, where it wrote a journal itself. */
  readonly after?: After;
  /** Lines that could not be read. */
  readonly unread: number;
}

type After = UndoneEntry | ResumedEntry;
const isAfter = (entry: Entry): entry is After => entry.kind === 'undone' || entry.kind === 'resumed';

/** Whether it is this verb that was typed, or called. */
export const isOf = ({ run: { words } }: Run, group: string, verb: string): boolean =>
  words.some((word, index) => word === group && words[index + 1] === verb);

/** Verbs that make an image of their own. */
const makes: ReadonlySet<string> = new Set(['create', 'upload', 'import']);
export const isMaking = (verb: string): boolean => makes.has(verb);

/** States in which what was made may stay as it is; a record without data only where no more was wanted. */
export const isAtRest = (status: string | undefined, verb: string): boolean =>
  status === 'active' || status === 'inactive' || (verb === 'create' && status === 'queued');

/** What the lines of a file tell. `isAlive`: the process that writes it is there. Absent: the file has no first line. */
export function runFrom({ entries, unread, writtenMs }: WrittenLines, isAlive: boolean): Run | undefined {
  const run = entries.find((entry) => entry.kind === 'run');
  if (!run) return undefined;
  const actions = entries.filter((entry) => entry.kind === 'action');
  const outcomes = new Map(entries.flatMap((entry) => (entry.kind === 'outcome' ? [[entry.action, entry] as const] : [])));
  const end = entries.findLast((entry) => entry.kind === 'end');
  const made = new Map(actions.map((action) => [action.action, madeBy(action, entries)]));
  const isFinished = end?.exitCode === 0 || entries.some((entry) => entry.kind === 'resumed');
  const left = isFinished
    ? []
    : actions.flatMap((action) =>
        leftBy(action, { entries, outcomes, end, writtenMs }).map((one) => ({ ...one, ...underWay(action, entries) })),
      );
  const after = entries.filter(isAfter).findLast(({ by }) => by !== '');
  const base = { run, actions, outcomes, made, left, unread };
  return { ...base, ...(after ? { after } : {}), state: stateOf(entries, end, isAlive, left), ...(end ? { end } : {}) };
}

function stateOf(entries: readonly Entry[], end: EndEntry | undefined, isAlive: boolean, left: readonly Left[]): RunState {
  const after = entries.findLast(isAfter);
  if (after?.kind === 'resumed') return 'resumed';
  if (after && left.length === 0) return 'undone';
  if (!end) return isAlive ? 'running' : 'interrupted';
  if (end.exitCode === 0) return 'done';
  return end.code === 'ABORTED' ? 'interrupted' : 'failed';
}

/** Ids of an action: those that were made; where none is known of, those that were about to be. */
function madeBy({ action }: ActionEntry, entries: readonly Entry[]): readonly string[] {
  const of = (kind: 'created' | 'intended'): readonly string[] =>
    entries.flatMap((entry) => (entry.kind === kind && entry.action === action ? [entry.id] : []));
  const created = of('created');
  return [...new Set(created.length > 0 ? created : of('intended'))];
}

/** What was on its way last. */
function underWay({ action }: ActionEntry, entries: readonly Entry[]): Pick<Left, 'ref' | 'job'> {
  const sending = entries.findLast((entry) => entry.kind === 'sending' && entry.action === action);
  const began = entries.findLast((entry) => entry.kind === 'began' && entry.action === action);
  return {
    ...(sending?.kind === 'sending' ? { ref: sending.ref } : {}),
    ...(began?.kind === 'began' ? { job: began.job } : {}),
  };
}

interface Told {
  readonly entries: readonly Entry[];
  readonly outcomes: ReadonlyMap<number, OutcomeEntry>;
  readonly end: EndEntry | undefined;
  readonly writtenMs: number;
}

function leftBy(action: ActionEntry, told: Told): readonly Left[] {
  const outcome = told.outcomes.get(action.action);
  if (action.verb === 'replicate') return leftPlaces(action, outcome, told);
  if (!isMaking(action.verb)) return [];
  const gone = goneIds(action, told);
  const ids = madeBy(action, told.entries);
  // A verb that fails leaves nothing behind, or says what.
  if (outcome && outcome.result !== 'done') {
    const { leftover, isUncertain } = outcome;
    if (leftover !== undefined) return gone.has(leftover) ? [] : [{ action, id: leftover }];
    return isUncertain && !isLookedAfter(action, told) ? [{ action }] : [];
  }
  const open = ids.filter((id) => !gone.has(id) && (isNamedLeft(id, told) || !isSettled(action, id, outcome, told)));
  const isIntended = !told.entries.some((entry) => entry.kind === 'created' && entry.action === action.action);
  if (open.length > 0)
    return open.map((id) => ({ action, id, ...(isIntended && !outcome ? { intendedUntilMs: told.writtenMs } : {}) }));
  // Nothing was heard of it, and it did not end.
  return ids.length === 0 && !outcome && !isLookedAfter(action, told) ? [intoOrNew(action)] : [];
}

/** What an action without any news was about: the record that it fills, or one that is not known. */
const intoOrNew = (action: ActionEntry): Left => (action.image === undefined ? { action } : { action, id: action.image });

const isLookedAfter = ({ action }: ActionEntry, { entries }: Told): boolean =>
  entries.some((entry) => entry.kind === 'undone' && entry.actions.includes(action));

const isNamedLeft = (id: string, { end }: Told): boolean => end?.leftover?.includes(id) ?? false;

/** Ids at the account of an action that are already gone: its driver has said so, or a verb, or another run. */
function goneIds({ profile }: ActionEntry, { entries, outcomes }: Told): ReadonlySet<string> {
  const accounts = new Map(entries.flatMap((entry) => (entry.kind === 'action' ? [[entry.action, entry] as const] : [])));
  return new Set(
    entries.flatMap((entry) => {
      if (entry.kind === 'undone') return entry.gone;
      if (entry.kind === 'removed') return accounts.get(entry.action)?.profile === profile ? [entry.id] : [];
      if (entry.kind !== 'action' || entry.profile !== profile || entry.image === undefined) return [];
      const isDone = outcomes.get(entry.action)?.result === 'done';
      return isDone && (entry.verb === 'delete' || entry.verb === 'purge') ? [entry.image] : [];
    }),
  );
}

function isSettled(action: ActionEntry, id: string, outcome: OutcomeEntry | undefined, { entries }: Told): boolean {
  if (outcome?.result === 'done' && isAtRest(outcome.status, action.verb)) return true;
  return entries.some(
    (entry) =>
      entry.kind === 'settled' && entry.profile === action.profile && entry.id === id && isAtRest(entry.status, action.verb),
  );
}

/** Places that an image was about to be put into, and has not been seen in. */
function leftPlaces(action: ActionEntry, outcome: OutcomeEntry | undefined, told: Told): readonly Left[] {
  const { image } = action;
  if (image === undefined || (outcome && outcome.result !== 'done')) return [];
  if (isLookedAfter(action, told)) return [];
  const added = told.entries.flatMap((entry) => (entry.kind === 'adding' && entry.action === action.action ? entry.places : []));
  const seen = told.entries.flatMap((entry) =>
    entry.kind === 'settled' && entry.profile === action.profile && entry.id === image ? (entry.places ?? []) : [],
  );
  const places = [...new Set(added)].filter((place) => !seen.includes(place));
  return places.length > 0 ? [{ action, id: image, places }] : [];
}
