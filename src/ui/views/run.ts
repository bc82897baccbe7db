import { defineView } from '../view.ts';

/** Something that a run has left. `now`: what there is of it at the provider, where that was looked at. */
export interface ShownLeft {
  readonly verb: string;
  readonly profile: string;
  readonly provider: string;
  /** Absent: it is not known, or it was never made. */
  readonly id?: string;
  readonly name?: string;
  readonly places?: readonly string[];
  readonly now?: string;
  readonly message?: string;
}

/** A verb that a run has done, or begun. */
export interface ShownAction {
  readonly verb: string;
  readonly profile: string;
  readonly at: string;
  /** Id of the image that it is about, or that it has made. */
  readonly image?: string;
  readonly name?: string;
  readonly result: string;
  readonly message?: string;
}

/** A run that has changed something. */
export interface ShownRun {
  readonly id: string;
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly verb: string;
  /** What was typed, without secrets; of a program, its call. */
  readonly command: string;
  readonly profiles: readonly string[];
  /** Ids, or names where no id is known. */
  readonly images: readonly string[];
  readonly left: readonly ShownLeft[];
  readonly exitCode?: number;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  /** The run that this one went on with; and those that went on with this one, or took away what it had left. */
  readonly resumes?: string;
  readonly resumedBy?: string;
  readonly undoneBy?: string;
  /** Lines of its journal that could not be read. */
  readonly unread?: number;
  /** Of one run that is shown alone. */
  readonly actions?: readonly ShownAction[];
}

const place = ({ profile, id, name, places }: ShownLeft): string =>
  `${profile}:${id ?? `${name ?? ''} (id not known)`}${places ? ` in ${places.join(', ')}` : ''}`;

const state = ({ now, message }: ShownLeft): string => [now ?? 'not looked at', message].filter(Boolean).join(': ');

/** Runs of the journal. */
export const runView = defineView<ShownRun>({
  name: 'runs',
  columns: {
    id: { value: (run) => run.id, kind: 'id' },
    state: { value: (run) => run.state, kind: 'status' },
    startedAt: { value: (run) => run.startedAt, kind: 'age', title: 'started' },
    endedAt: { value: (run) => run.endedAt, kind: 'age', title: 'ended' },
    verb: { value: (run) => run.verb },
    command: { value: (run) => run.command },
    profiles: { value: (run) => run.profiles, kind: 'list' },
    images: { value: (run) => run.images, kind: 'list' },
    left: {
      value: (run) => run.left.map(place),
      kind: 'list',
      parts: (_value, run) => run.left.map((left) => [place(left), state(left)]),
    },
    actions: {
      value: (run) => run.actions,
      parts: (_value, run) =>
        (run.actions ?? []).map(({ verb, profile, image, name, result, message }) => [
          `${verb} ${profile}:${image ?? name ?? ''}`,
          [result, message].filter(Boolean).join(': '),
        ]),
    },
    exitCode: { value: (run) => run.exitCode, kind: 'number', title: 'exit code' },
    code: { value: (run) => run.code },
    message: { value: (run) => run.message },
    hint: { value: (run) => run.hint },
    resumes: { value: (run) => run.resumes },
    resumedBy: { value: (run) => run.resumedBy, title: 'resumed by' },
    undoneBy: { value: (run) => run.undoneBy, title: 'undone by' },
    unread: { value: (run) => run.unread, kind: 'number' },
  },
  usual: ['id', 'startedAt', 'state', 'verb', 'profiles', 'images', 'left'],
  wide: ['id', 'startedAt', 'endedAt', 'state', 'verb', 'profiles', 'images', 'left', 'exitCode', 'message', 'command'],
  spare: ['profiles'],
  id: (run) => run.id,
  json: (run) => run,
});
