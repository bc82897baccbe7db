import { makeCall, type Note } from '../../core/call.ts';
import { abortedError, ImgctlError, usageError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { ImageUses } from '../../core/operation.ts';
import { createRedactor, type Redactor } from '../../core/redact.ts';
import { homeOf } from '../../host/paths.ts';
import { profileDirectory } from '../account/registry.ts';
import { toolsFor } from '../account/services.ts';
import { sourceList } from '../account/sources.ts';
import { storeAt } from '../account/store.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext, EngineSettings, Loss } from '../context.ts';
import { usesOf } from '../images/uses.ts';
import { defaults } from '../defaults.ts';
import { driverList } from '../driver-list.ts';
import { isJournalOn } from '../journal/lazy-journal.ts';
import { toldTask, type Event } from './events.ts';

/** What would be lost if a call did what it was asked. */
export interface LossQuestion {
  /** `Delete`, `Replace`, `Remove`, `Deactivate`, `Prune`, `Revoke`, `Apply`. */
  readonly verb: string;
  readonly profile: string;
  /** The profile is marked as one in which nothing is to be lost by mistake. */
  readonly isProtected: boolean;
  readonly count: number;
  /** Looks at the images that it is about. */
  images(): Promise<readonly Image[]>;
  /** Asks what uses them. Absent: they stay usable, or the provider cannot be asked. */
  uses(): Promise<readonly ImageUses[] | undefined>;
}

/**
 * What a context is made by. Absent: what the command line takes where nothing is said. With `dryRun` nothing can be changed: calls
 * that would throw USAGE, and only `plan` of them works.
 */
export interface ContextOptions extends Pick<EngineSettings, 'dryRun' | 'region' | 'concurrency' | 'bwlimit'> {
  /** Folder of the profile store; absolute. */
  readonly configDir?: string | undefined;
  /** Environment variables; absent: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Stops whatever goes on with the context: the call then throws ABORTED. */
  readonly signal?: AbortSignal | undefined;
  /** Hears what is told. */
  readonly tell?: ((event: Event) => void) | undefined;
  /** Says whether something may be lost; absent: it may not. */
  readonly confirm?: ((loss: LossQuestion) => boolean | Promise<boolean>) | undefined;
  /** Requests that may be tried again, in each call. */
  readonly retries?: number | undefined;
  /** Limit of each phase of a request. */
  readonly timeoutMs?: number | undefined;
  /** Whether calls keep a journal of what they change, for `imgctl ops`; absent: as `IMGCTL_JOURNAL` says, else they do. */
  readonly journal?: boolean | undefined;
}

/** What calls work in: settings, profiles, and whom to tell. It is made by `createContext`. */
export interface Context {
  readonly signal: AbortSignal;
  /** Names of the profiles that there are. */
  readonly profiles: readonly string[];
}

/** What of the process a context is made from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly version: string;
}

/** A context as the engine sees it. */
type Whole = Context & EngineContext & { readonly keepsJournal: boolean };

/** The engine's side of a context. */
export const engineOf = (context: Context): EngineContext => context as Whole;

/** Whether calls write down what they change: each in a run of its own, so that the context itself has no journal. */
export const keepsJournal = (context: Context): boolean => (context as Whole).keepsJournal;

/** Makes a context without a terminal. Throws CONFIG for a profile store that cannot be read, USAGE for a variable with an odd value. */
export async function contextIn(options: ContextOptions, surroundings: Surroundings): Promise<Context> {
  const { signal = new AbortController().signal, configDir } = options;
  const env: Surroundings['env'] = {
    ...(options.env ?? surroundings.env),
    ...(configDir === undefined ? {} : { IMGCTL_CONFIG_DIR: configDir }),
  };
  const redactor = createRedactor();
  const tell = quietly(options.tell, redactor);
  const home = homeOf({ env, platform: surroundings.platform });
  const store = storeAt(home, (message) => tell({ kind: 'warning', message }));
  const chosen = env.IMGCTL_PROFILE ? [env.IMGCTL_PROFILE] : [];
  const sources = sourceList(driverList.publishers ?? {}, home);
  const book = await store.read();
  const directory = profileDirectory({ book, env, chosen, isTyped: false, usual: driverList.usual, sources });
  const settings = settingsFrom(options);
  const context: Whole = {
    profiles: directory.all,
    keepsJournal: options.journal ?? isJournalOn(env),
    settings,
    home,
    drivers: driverList,
    store,
    directory,
    signal,
    redactor,
    version: surroundings.version,
    isInteractive: false,
    now: () => Date.now(),
    call: () => makeCall({ signal, retries: settings.retryLimit, limits: {}, note: (event) => noted(event, tell) }),
    tools: () => toolsFor(context),
    task: (title) => toldTask(title, tell),
    warn: (message) => tell({ kind: 'warning', message }),
    say: (message) => tell({ kind: 'note', message }),
    detail: (message) => tell({ kind: 'detail', message }),
    report: async (error) => tell({ kind: 'warning', message: error instanceof Error ? error.message : String(error) }),
    stdinBytes() {
      throw usageError('standard input is not read here', { hint: 'Use the bytes themselves as the source.' });
    },
    confirmLoss: (loss, at) => confirmed(loss, at, options.confirm, context),
  };
  return context;
}

function settingsFrom({ region, retries, timeoutMs, concurrency, bwlimit, dryRun }: ContextOptions): EngineSettings {
  return {
    region,
    dryRun,
    bwlimit,
    concurrency,
    concurrencyLimit: Math.max(1, concurrency ?? defaults.concurrency),
    retryLimit: retries ?? defaults.retries,
    timeout: timeoutMs,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
  };
}

type Tell = (event: Event) => void;

/** Tells without secrets. */
const quietly =
  (tell: Tell | undefined, redactor: Redactor): Tell =>
  (event) => {
    if (!tell) return;
    // Bytes are told often, and hold no words.
    tell('message' in event || event.kind === 'retry' ? (JSON.parse(redactor.hide(JSON.stringify(event))) as Event) : event);
  };

function noted(event: Note, tell: Tell): void {
  if (event.kind === 'warning' || event.kind === 'retry') tell(event);
}

async function confirmed(
  { verb, count, images, missedByUsers }: Loss,
  at: Pick<Account, 'profile' | 'isProtected' | 'maybe'>,
  confirm: ContextOptions['confirm'],
  context: EngineContext,
): Promise<void> {
  const { profile, isProtected } = at;
  if (!confirm)
    throw usageError(
      `${verb} would lose ${count === 1 ? 'an image' : `${count} images`} of ${profile}, and nobody can confirm it`,
      {
        hint: 'Give createContext a confirm function.',
      },
    );
  const uses = async () => (missedByUsers ? usesOf(at, await images(), context.call()) : undefined);
  if (!(await confirm({ verb, profile, isProtected, count, images, uses }))) throw abortedError(`${verb} was not confirmed`);
}

/** Does the work of a call; what it throws tells no secrets. `input`: addresses in it may hold credentials, which failures would repeat. */
export async function quiet<T>(context: EngineContext, work: () => Promise<T>, input: object = {}): Promise<T> {
  for (const word of Object.values(input)) if (typeof word === 'string') context.redactor.learnAddress(word);
  try {
    return await work();
  } catch (error) {
    throw maskedFailure(error, context);
  }
}

/** A failure without the secrets that are known. Whatever a stopped piece of work throws is ABORTED. */
export function maskedFailure(error: unknown, { redactor, signal }: EngineContext): unknown {
  if (!(error instanceof ImgctlError)) return signal.aborted ? abortedError('interrupted') : error;
  const { hint } = error.circumstances;
  return new ImgctlError(error.code, redactor.hide(error.message), {
    ...error.circumstances,
    ...(hint === undefined ? {} : { hint: redactor.hide(hint) }),
  });
}
