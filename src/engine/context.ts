import type { Tools, Driver } from '../core/driver.ts';
import type { Bytes } from '../core/http.ts';
import type { Image } from '../core/image.ts';
import type { Call } from '../core/operation.ts';
import type { PublisherList } from '../core/publisher.ts';
import type { Task } from '../core/task.ts';
import type { Home } from '../host/paths.ts';
import type { Redactor } from '../core/redact.ts';
import type { ProfileStore } from '../profiles/store.ts';
import type { Account } from './account/account.ts';
import type { ProfileDirectory } from './account/registry.ts';
import type { GoOn } from './journal/go-on.ts';
import type { LazyJournal } from './journal/lazy-journal.ts';

/** How the work is to be done. Times are ms. Absent: the default of whoever reads it. */
export interface EngineSettings {
  /** Nothing is changed: what would be done is said. */
  readonly dryRun?: boolean | undefined;
  /** Region to speak to, or to make the image in. */
  readonly region?: string | undefined;
  /** Asked for; absent: each kind of work has its own default. */
  readonly concurrency?: number | undefined;
  readonly concurrencyLimit: number;
  readonly retryLimit: number;
  /** Asked for, as a limit of each phase of a request. */
  readonly timeout?: number | undefined;
  readonly timeoutMs: number;
  /** Bytes per second over the network. */
  readonly bwlimit?: number | undefined;
  readonly caBundle?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly insecure?: boolean | undefined;
  /** What must vouch for what is read from a publisher, in place of what its profile says: `verify` of `sourceFields`. */
  readonly verify?: string | undefined;
  /** Which of a publisher's images is meant, in place of what its profile says: `arch` of `sourceFields`. */
  readonly arch?: string | undefined;
  /** How long work at the provider is waited for. */
  readonly waitTimeout?: number | undefined;
  /** The longest pause between two looks at it. */
  readonly pollInterval?: number | undefined;
}

/** What is lost when an action is carried out: what somebody is asked about before it is. */
export interface Loss {
  /** `Delete`, `Replace`. */
  readonly verb: string;
  /** What goes, where it is more than images of the profile: `web from us-sea`. */
  readonly what?: string;
  /** The images that it is about; asked for only where somebody is asked. */
  images(): Promise<readonly Image[]>;
  readonly count: number;
  /** The images can be used no more then: what uses them is said before the answer, as far as the provider tells. */
  readonly missedByUsers?: boolean;
  /** What was named and cannot be done, each with its reason: said before the answer. */
  readonly impossible?: readonly string[];
}

/**
 * What the engine is handed by whoever calls it: a command line, a program. It knows of no terminal: what it has to say goes through
 * `warn`, `say` and `task`, what it has to ask through `confirmLoss`.
 */
export interface EngineContext {
  readonly settings: EngineSettings;
  readonly home: Home;
  readonly drivers: DriverList;
  readonly store: ProfileStore;
  readonly directory: ProfileDirectory;
  readonly signal: AbortSignal;
  /** Knows the secrets that have gone over the wire, so that whoever shows something can hide them. */
  readonly redactor: Redactor;
  /** For the user agent. */
  readonly version: string;
  /** Where what is changed is written down before it is done; absent: nowhere. */
  readonly journal?: LazyJournal;
  /** Records of an earlier run that this one goes on with; absent: none. */
  readonly goOn?: readonly GoOn[];
  /** A program that hands out a secret may ask somebody for it. */
  readonly isInteractive: boolean;
  now(): number;
  /** A fresh retry budget. */
  call(): Call;
  /** An Http and a lock outside any profile, for plain URLs. */
  tools(): Promise<Tools>;
  /** Begins to show a piece of work. */
  task(title: string, options?: { readonly totalBytes?: number | undefined }): Task;
  warn(message: string): void;
  /** What a person may want to know. */
  say(message: string): void;
  /** What only somebody who looks for more wants to know. */
  detail(message: string): void;
  /** A line of the trace of requests; absent: none is wanted. */
  trace?(line: string): void;
  /** A failure that does not end the work: the rest goes on. */
  report(error: unknown): Promise<void>;
  /** Standard input as it comes. Throws USAGE where that is a terminal. */
  stdinBytes(): Bytes;
  /**
   * Asks before something is lost, unless nothing will be changed. Throws USAGE where nobody can answer, ABORTED where the answer
   * is no. `isProtected`: more than a yes is asked for.
   */
  confirmLoss(loss: Loss, at: Pick<Account, 'profile' | 'isProtected' | 'maybe'>): Promise<void>;
}

/** The providers, by name: each is loaded when it is asked for. */
export interface DriverList {
  readonly names: readonly string[];
  /** The provider that works without any profile. */
  readonly usual: string;
  /** Publishers that are known by name; absent: none. */
  readonly publishers?: PublisherList;
  /** Absent: there is no such provider. */
  load(name: string): Promise<Driver> | undefined;
}
