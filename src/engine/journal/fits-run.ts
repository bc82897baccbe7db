import type { Image } from '../../core/image.ts';
import type { ActionEntry } from './entry.ts';

/** Clocks of two machines differ. */
export const clockMs = 10 * 60_000;

/** How much later than the last sign of life of a run a provider may have made what the run asked for. */
const lateMs = 1000;

/**
 * Whether nothing speaks against it that an action has made this image: its name, and when it was made. What is not told speaks
 * against it. `untilMs`: the last sign of life of the run.
 */
export function fitsRun({ name, createdAt }: Pick<Image, 'name' | 'createdAt'>, action: ActionEntry, untilMs: number): boolean {
  const made = createdAt === undefined ? NaN : Date.parse(createdAt);
  return name === action.name && made >= Date.parse(action.at) - clockMs && made <= untilMs + lateMs;
}
