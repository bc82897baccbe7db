import path from 'node:path';
import { exitCodes, ImgctlError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { EngineContext } from '../context.ts';
import type { CallRef } from '../journal/entry.ts';
import { lazyJournal } from '../journal/lazy-journal.ts';
import type { Account } from './account.ts';
import { engineOf, keepsJournal, maskedFailure, type Context } from './context.ts';

/** A call that changes something, as a program makes it. */
export interface MadeCall {
  /** As it is exported. */
  readonly name: string;
  /** Absent: it opens those that it needs itself. */
  readonly account?: Account;
  readonly input: object;
}

/** Verbs that are typed otherwise than they are called. */
const typedAs: Readonly<Record<string, string>> = {
  importImage: 'import',
  remove: 'delete',
  setChannel: 'channel set',
  rollbackChannel: 'channel rollback',
  deleteChannel: 'channel delete',
  revoke: 'channel revoke',
};

/**
 * Does the work of a call in a run of its own: what it changes is in the journal before it is done, and how it ended, whatever
 * happens. No journal is kept where the context keeps none, or nothing is changed.
 */
export async function inRunOf<T>(made: MadeCall, context: Context, work: (engine: EngineContext) => Promise<T>): Promise<T> {
  const engine = engineOf(context);
  if (!keepsJournal(context)) return work(engine);
  const failures: unknown[] = [];
  const journal = lazyJournal(() => ({
    ...engine,
    words: (typedAs[made.name] ?? made.name).split(' '),
    call: refOf(made, engine),
    ...given({ profile: made.account?.profile }),
  }));
  const report = (error: unknown): Promise<void> => {
    failures.push(error);
    return engine.report(error);
  };
  try {
    const result = await work({ ...engine, journal, report });
    journal.opened?.end(failures.length > 0 ? exitCodes.PARTIAL : 0, failures);
    return result;
  } catch (error) {
    const failure = maskedFailure(error, engine);
    journal.opened?.end(failure instanceof ImgctlError ? failure.exitCode : 1, [...failures, failure]);
    throw error;
  }
}

/** What names a file in the input of a call. */
const fileKey = /^(?:from|fromOim|manifest|plan)$/;

/** The call as data. Files are named so that they are found from everywhere. */
function refOf({ name, account, input }: MadeCall, { settings }: EngineContext): CallRef {
  const { from, to, ...rest } = input as { readonly from?: unknown; readonly to?: Partial<Account> };
  const files = Object.entries({ ...rest, from }).flatMap(([key, value]) =>
    fileKey.test(key) && typeof value === 'string' ? [[key, absolute(value)] as const] : [],
  );
  const plain = {
    ...rest,
    ...Object.fromEntries(files),
    ...(to?.profile === undefined ? {} : { to: { profile: to.profile } }),
  };
  return {
    name,
    ...given({ profile: account?.profile }),
    // As it is read again: without what is undefined.
    input: JSON.parse(JSON.stringify(plain)) as CallRef['input'],
    ...given({ region: settings.region }),
    ...(typeof from === 'object' ? { hasOwnBytes: true } : {}),
  };
}

const absolute = (from: string): string => (/^[a-z][a-z0-9+.-]*:\/\//i.test(from) ? from : path.resolve(from));
