import { usageError } from '../../core/errors.ts';

/** Throws USAGE for what is no such number: to hold anything against NaN says no, and images would go by that. */
export function requireCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw usageError(`${name} must be a whole number of at least ${least}`);
}
