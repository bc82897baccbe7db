import type { At } from './command.ts';
import type { Surface } from './context.ts';

/** Asks before something is lost; in a protected profile its name must be typed, and `--yes` is no answer. */
export async function confirmLoss(surface: Surface, at: At, question: string): Promise<void> {
  await surface.confirm(`${question} (profile ${at.profile})`, at.isProtected ? at.profile : undefined);
}
