import type { OperationName } from '../../core/operation.ts';
import type { Account } from '../../engine/account/account.ts';
import { openAt } from '../../engine/account/open.ts';
import type { Context, Surface } from './context.ts';
import type { Settings } from './settings.ts';
import type { Needs } from './shape.ts';

/** The surface for a command that needs these verbs at its ends. */
export function contextOf(surface: Surface, needs: Needs): Context<Needs> {
  // Opened once, however many images are in it: to open it may ask a program for a secret, and signs in.
  const opened = new Map<string, Promise<Account>>();
  return {
    ...surface,
    at(end, profile) {
      const key = JSON.stringify([end, profile]);
      const open = async () => {
        const account = await openAt(profile, needs[end] ?? [], { ...surface, settings: settingsAt(end, surface.settings) });
        if (needs[end]?.includes('upload')) await tuneFor(account);
        return account;
      };
      const one = opened.get(key) ?? open();
      opened.set(key, one);
      return one as Promise<Account<OperationName>>;
    },
  };
}

/** Blocks that are under way at once from so many on are requests by the thousand, which V8 would let gather. */
const manyAtOnce = 16;

async function tuneFor({ driver: { facts } }: Account): Promise<void> {
  if ((facts.upload?.blocks?.concurrency ?? 0) < manyAtOnce) return;
  (await import('../../host/heap-tuning.ts')).tuneHeap();
}

/** A region is where a new image is made, an architecture tells which one is read: at the other end of a copy they say nothing. */
function settingsAt(end: string, settings: Settings): Settings {
  if (end === 'from') return { ...settings, region: undefined };
  return end === 'to' ? { ...settings, arch: undefined } : settings;
}
