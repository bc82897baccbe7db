import { statSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ImgctlError } from '../../core/errors.ts';
import { given, type Image } from '../../core/image.ts';
import type { Note, OperationName } from '../../core/operation.ts';
import type { Home } from '../../host/paths.ts';
import { processId } from '../../host/process-id.ts';
import type { Redactor } from '../../core/redact.ts';
import { journalVersion, type AccountRef, type ActionSource, type CallRef, type SourceRef, type OutcomeEntry } from './entry.ts';
import { isMaking } from './run-state.ts';
import { writerOf } from './writer.ts';
import { plainRequest, plainText, plainWords } from './without-secrets.ts';

/** Which run it is that is written down. */
export interface RunFacts {
  readonly home: Home;
  readonly version: string;
  readonly redactor: Redactor;
  /** What was typed; of a call, the verb as it would be typed. */
  readonly words: readonly string[];
  /** The call of a program, as it was made. Absent: it was typed. */
  readonly call?: CallRef;
  /** The profile that is meant where none is typed; absent: there is none, or there are several. */
  readonly profile?: string;
  readonly resumes?: string;
  now(): number;
  warn(message: string): void;
}

/** A verb that is about to be done at an account. `source`: where its bytes come from, where that is known. */
export interface NewAction {
  readonly at: AccountRef;
  readonly verb: OperationName;
  readonly request: object;
  readonly source?: SourceRef;
}

/** What becomes of an action. */
export interface Recorded {
  note(event: Note): void;
  done(result: unknown): void;
  failed(error: unknown): void;
}

/** What a run changes, written down before it is done. Never throws: what cannot be written is warned about once. */
export interface Journal {
  /** Id of the run. */
  readonly id: string;
  /** Resolves when the action is on the disk. */
  begin(action: NewAction): Promise<Recorded>;
  /** An image of the account was looked at. */
  seen(profile: string, image: Image): void;
  /** The run is over, with this exit status. `errors`: its failures, the last one last. */
  end(exitCode: number, errors: readonly unknown[]): void;
}

/** Opens the journal of a run that is about to change something. Where it cannot be written, that is warned about, and nothing is. */
export function openJournal(facts: RunFacts): Journal {
  const { redactor } = facts;
  const write = writerOf(facts);
  const time = (): string => new Date(facts.now()).toISOString();
  const plain = (text: string | undefined): string | undefined => (text === undefined ? undefined : plainText(text, redactor));
  const words = plainWords(facts.words, redactor);
  const call = facts.call && { ...facts.call, input: plainRequest(facts.call.input, redactor) };
  const isMasked = !isDeepStrictEqual([words, call], [facts.words, facts.call]);
  write.add({
    kind: 'run',
    version: journalVersion,
    id: write.id,
    at: time(),
    imgctl: facts.version,
    words,
    ...(call ? { call } : {}),
    ...(isMasked ? { isMasked } : {}),
    folder: path.resolve('.'),
    process: processId(),
    ...given({ profile: facts.profile, resumes: facts.resumes }),
  });
  /** Images that this run has made or moved, by `PROFILE:ID`, with what was last written of them. */
  const watched = new Map<string, string>();
  let count = 0;
  return {
    id: write.id,
    async begin({ at, verb, request, source }) {
      const action = (count += 1);
      const { id, into, description } = request as Partial<{ id: string; into: string; description: { name?: string } }>;
      const isNew = isMaking(verb) && into === undefined;
      write.add({
        kind: 'action',
        action,
        at: time(),
        verb,
        ...at,
        ...given({ image: isNew ? undefined : (into ?? id), name: description?.name }),
        request: plainRequest(request, redactor),
        ...(source ? { source: sourceFacts(source, redactor) } : {}),
      });
      if (isNew && id !== undefined) write.add({ kind: 'intended', action, id });
      await write.sync();
      const watch = (imageId: string): void => void watched.set(`${at.profile}:${imageId}`, '');
      if (verb === 'replicate' && id !== undefined) watch(id);
      if (into !== undefined) watch(into);
      return {
        note(event) {
          if (event.kind === 'created' || event.kind === 'removed' || event.kind === 'intended')
            write.add({ kind: event.kind, action, id: event.id });
          if (event.kind === 'began') write.add({ kind: 'began', action, job: event.job });
          if (event.kind === 'sending') write.add({ kind: 'sending', action, ref: event.ref });
          if (event.kind === 'adding') write.add({ kind: 'adding', action, places: event.places });
          if (event.kind === 'created') watch(event.id);
        },
        done(result) {
          const image = imageIn(result);
          write.add({ kind: 'outcome', action, result: 'done', ...given({ image: image?.id, status: image?.status }) });
          if (image) seen(at.profile, image);
        },
        failed(error) {
          write.add({ kind: 'outcome', action, ...failureFacts(error, plain) });
        },
      };
    },
    seen,
    end(exitCode, errors) {
      const told = errors.filter((error) => error instanceof ImgctlError);
      const leftover = told.flatMap(({ circumstances }) => circumstances.leftover ?? []);
      const last: Partial<Failure> = errors.length > 0 ? failureFacts(errors.at(-1), plain) : {};
      write.add({
        kind: 'end',
        at: time(),
        exitCode,
        ...given({ code: last.code, message: last.message, hint: last.hint }),
        ...(leftover.length > 0 ? { leftover } : {}),
      });
      write.close();
    },
  };

  function seen(profile: string, image: Image): void {
    const key = `${profile}:${image.id}`;
    const before = watched.get(key);
    if (before === undefined || (image.status !== 'active' && image.status !== 'inactive')) return;
    const places = image.places.filter((place) => place.status === 'active').map(({ name }) => name);
    const now = `${image.status} ${places.join(',')}`;
    if (now === before) return;
    watched.set(key, now);
    write.add({
      kind: 'settled',
      profile,
      id: image.id,
      status: image.status,
      ...(places.length > 0 ? { places } : {}),
    });
  }
}

const imageIn = (result: unknown): Image | undefined =>
  typeof result === 'object' && result !== null && 'id' in result && 'status' in result ? (result as Image) : undefined;

type Failure = Omit<OutcomeEntry, 'kind' | 'action'>;

function failureFacts(error: unknown, plain: (text: string | undefined) => string | undefined): Failure {
  if (!(error instanceof ImgctlError)) return { result: 'failed', ...given({ message: plain(String(error)) }) };
  const { hint, leftover, uncertain } = error.circumstances;
  return {
    result: error.code === 'ABORTED' ? 'aborted' : 'failed',
    code: error.code,
    ...given({ message: plain(error.message), hint: plain(hint), leftover, isUncertain: uncertain }),
  };
}

/** A file with what tells whether it is still the same. */
function sourceFacts({ file, url, image, state }: SourceRef, redactor: Redactor): ActionSource {
  const facts = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
  return given({
    file,
    url: url === undefined ? undefined : plainText(url, redactor),
    bytes: facts?.isFile() ? facts.size : undefined,
    modifiedAt: facts?.isFile() ? facts.mtime.toISOString() : undefined,
    image,
    state,
  });
}
