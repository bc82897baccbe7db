import type { Options } from '../program/option.ts';

export const waitOptions = {
  wait: { kind: 'switch', summary: 'wait until the provider is done (default)' },
  waitTimeout: { kind: 'duration', summary: 'how long to wait (default 2h)' },
  pollInterval: { kind: 'duration', summary: 'maximum polling interval (default 5s)' },
} as const satisfies Options;
