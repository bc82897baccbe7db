import type { WaitLimits } from '../../core/poll.ts';
import type { Options } from '../program/option.ts';

/** Of a command that always waits. */
export const waitLimitOptions = {
  waitTimeout: { kind: 'duration', summary: 'how long to wait (default 2h)' },
  pollInterval: { kind: 'duration', summary: 'maximum polling interval (default 5s)' },
} as const satisfies Options;

export const waitOptions = {
  wait: { kind: 'switch', summary: 'wait until the provider is done (default)' },
  ...waitLimitOptions,
} as const satisfies Options;

/** The limits among what was typed, for whatever command it is that has these options. */
export function waitLimits({ waitTimeout, pollInterval }: Readonly<Record<string, unknown>>): WaitLimits {
  return {
    ...(typeof waitTimeout === 'number' ? { waitTimeout } : {}),
    ...(typeof pollInterval === 'number' ? { pollInterval } : {}),
  };
}
