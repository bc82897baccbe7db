import type { WaitLimits } from '../../core/poll.ts';

/** How long work at the provider is waited for: two hours where nothing is said, with at most five seconds between two looks. */
export interface WaitOptions {
  /** False: the call ends as soon as the provider has taken it. */
  readonly wait?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  readonly pollMs?: number | undefined;
}

/** The same in the engine's words. */
export const waitLimits = ({ timeoutMs, pollMs }: WaitOptions): WaitLimits => ({ waitTimeout: timeoutMs, pollInterval: pollMs });
