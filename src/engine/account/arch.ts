import type { Driver } from '../../core/driver.ts';
import { usageError } from '../../core/errors.ts';
import type { OperationName } from '../../core/operation.ts';

/** Throws USAGE where an architecture was asked for and nothing could be chosen by it: a list is narrowed by it, a name is not. */
export function refuseArch(driver: Driver, profile: string, needs: readonly OperationName[], arch: string | undefined): void {
  if (arch === undefined || Object.hasOwn(driver.profile, 'arch') || needs.every((verb) => verb === 'list')) return;
  throw usageError(`--arch: a name means one image in ${profile}, whatever its architecture`, {
    provider: driver.name,
    profile,
    hint: 'Omit --arch.',
  });
}
