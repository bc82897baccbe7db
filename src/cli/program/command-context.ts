import type { OperationName } from '../../core/operation.ts';
import type { Account } from '../../engine/account/account.ts';
import { openAt } from '../../engine/account/open.ts';
import type { Context, Surface } from './context.ts';
import type { Needs } from './shape.ts';

/** The surface for a command that needs these verbs at its ends. */
export function contextOf(surface: Surface, needs: Needs): Context<Needs> {
  // A region is where a new image is made: at the other end of a copy it says nothing.
  const elsewhere: Surface = { ...surface, settings: { ...surface.settings, region: undefined } };
  // Opened once, however many images are in it: to open it may ask a program for a secret, and signs in.
  const opened = new Map<string, Promise<Account>>();
  return {
    ...surface,
    at(end, profile) {
      const key = JSON.stringify([end, profile]);
      const open = () => openAt(profile, needs[end] ?? [], end === 'from' ? elsewhere : surface);
      const one = opened.get(key) ?? open();
      opened.set(key, one);
      return one as Promise<Account<OperationName>>;
    },
  };
}
