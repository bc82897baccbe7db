import { shellWord } from '../../../core/hint.ts';
import { given } from '../../../core/image.ts';
import type { Redactor } from '../../../core/redact.ts';
import type { LeftImage } from '../../../engine/journal/find-left.ts';
import type { ActionEntry, CallRef } from '../../../engine/journal/entry.ts';
import type { Left, Run } from '../../../engine/journal/run-state.ts';
import type { ShownAction, ShownLeft, ShownRun } from '../../../ui/views/run.ts';
import type { Surface } from '../../program/context.ts';

/** A run as it is shown in a list. */
export function shownRun(run: Run, { commands }: Pick<Surface, 'commands'>): ShownRun {
  const { run: first, end, actions, made, unread } = run;
  const images = actions.flatMap(({ action, image, name }) => {
    const ids = made.get(action) ?? [];
    return ids.length > 0 ? ids : (image ?? name ?? []);
  });
  return {
    id: first.id,
    state: run.state,
    startedAt: first.at,
    verb: verbIn(first.words, commands),
    command: first.call ? callText(first.call) : ['imgctl', ...first.words].map(shellWord).join(' '),
    profiles: [...new Set(actions.map(({ profile }) => profile))],
    images: [...new Set(images)],
    left: run.left.map(shownLeft),
    ...given({
      endedAt: end?.at,
      exitCode: end?.exitCode,
      code: end?.code,
      message: end?.message,
      hint: end?.hint,
      resumes: first.resumes,
      resumedBy: run.after?.kind === 'resumed' ? run.after.by : undefined,
      undoneBy: run.after?.kind === 'undone' ? run.after.by : undefined,
      unread: unread > 0 ? unread : undefined,
    }),
  };
}

/** A call as a program would have it, but for its context. */
const callText = ({ name, profile, input }: CallRef): string =>
  `${name}(${[...(profile === undefined ? [] : [profile]), input].map((one) => JSON.stringify(one)).join(', ')})`;

/** A run shown alone: what it did, one by one, and what there is now of what it left. */
export const wholeRun = (run: Run, found: readonly LeftImage[], surface: Pick<Surface, 'commands' | 'redactor'>): ShownRun => ({
  ...shownRun(run, surface),
  left: found.length > 0 ? found.map((one) => foundLeft(one, surface.redactor)) : run.left.map(shownLeft),
  actions: run.actions.map((action) => shownAction(action, run)),
});

function verbIn(words: readonly string[], commands: Surface['commands']): string {
  const at = words.findIndex((word) =>
    commands.some(
      ({ path, aliases }) => path === word || path.startsWith(`${word} `) || (!path.includes(' ') && aliases.includes(word)),
    ),
  );
  const isGroup = commands.some(({ path }) => path.startsWith(`${words[at]} `));
  return words.slice(at, at + (isGroup ? 2 : 1)).join(' ');
}

/** What there is of it, in a word or two. */
const nowWords: Readonly<Record<LeftImage['is'], string>> = {
  gone: 'not there',
  unfinished: 'unfinished',
  whole: 'complete',
  likely: 'complete, perhaps not of this run',
  earlier: 'there before the run',
  places: 'there',
  parts: 'parts of its disk',
  candidates: 'may be one of these',
  unknown: 'not known',
};

const shownLeft = ({ action: { verb, profile, provider, name }, id, places }: Left): ShownLeft => ({
  verb,
  profile,
  provider,
  ...given({ id, name, places }),
});

/** What a provider says of it may quote what it was sent. */
function foundLeft(found: LeftImage, redactor: Redactor): ShownLeft {
  const message = messageOf(found);
  return {
    ...shownLeft(found.left),
    now: nowWords[found.is],
    ...(message === undefined ? {} : { message: redactor.hide(message) }),
  };
}

function messageOf(found: LeftImage): string | undefined {
  if (found.is === 'unknown') return found.reason.message;
  if (found.is === 'candidates') return found.images.map(({ id, status }) => `${id} (${status})`).join(', ');
  if (found.is === 'places') return found.places.join(', ');
  return found.is === 'gone' || found.is === 'parts' ? undefined : found.image.status;
}

function shownAction({ action, verb, profile, at, image, name }: ActionEntry, { made, outcomes, state }: Run): ShownAction {
  const outcome = outcomes.get(action);
  return {
    verb,
    profile,
    at,
    result: outcome?.result ?? (state === 'running' ? 'running' : 'interrupted'),
    ...given({ image: made.get(action)?.[0] ?? image ?? outcome?.image, name, message: outcome?.message }),
  };
}
