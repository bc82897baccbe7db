import type { Driver } from '../../core/driver.ts';
import { unsupportedError } from '../../core/errors.ts';
import type { EngineContext } from '../context.ts';

const hasRegions = (driver: Driver | undefined): boolean => !driver || Object.hasOwn(driver.profile, 'region');

/** Throws UNSUPPORTED where a region was asked for at a provider that has none. */
export function refuseRegion(driver: Driver, profile: string, region: string | undefined): void {
  if (region === undefined || hasRegions(driver)) return;
  throw unsupportedError(`${driver.name} has no regions`, { provider: driver.name, profile, hint: 'Omit --region.' });
}

/** Of several profiles that are asked at once, those that a region can be asked of; the others are told of. One alone is kept. */
export async function withRegions(profiles: readonly string[], context: EngineContext): Promise<readonly string[]> {
  if (context.settings.region === undefined || profiles.length < 2) return profiles;
  const { directory } = context;
  // What there is not says so itself, when it is asked.
  const driverOf = (name: string) =>
    directory.has(name) || directory.sources.named(name) !== undefined
      ? context.drivers.load(directory.openable(name).provider)
      : undefined;
  const drivers = await Promise.all(profiles.map(driverOf));
  const kept = profiles.filter((_name, index) => hasRegions(drivers[index]));
  if (kept.length === 0 || kept.length === profiles.length) return profiles;
  context.warn(`skipped, since they have no regions: ${profiles.filter((name) => !kept.includes(name)).join(', ')}`);
  return kept;
}
