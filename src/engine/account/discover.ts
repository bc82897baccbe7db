import type { FoundProfile } from '../../core/driver.ts';
import type { EngineContext } from '../context.ts';
import { driverNamed } from './driver.ts';

/** A profile that another tool keeps, and the provider that it is for. One with `leftOut` cannot be used. */
export type Discovered = FoundProfile & { readonly provider: string };

/**
 * The profiles that every provider finds in its own tools' files and variables. A file that cannot be read is reported, and
 * the others count; where nothing else was found, its failure is thrown.
 */
export async function discover(context: EngineContext): Promise<readonly Discovered[]> {
  const { environmentOf } = await import('../../host/environment.ts');
  const surroundings = environmentOf(context.home, undefined, { signal: context.signal });
  const looked = await Promise.allSettled(
    context.drivers.names.map(async (provider): Promise<readonly Discovered[]> => {
      const driver = await driverNamed(provider, context);
      return (await driver.discover(surroundings)).map((profile) => ({ ...profile, provider }));
    }),
  );
  const found = looked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const failures = looked.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (found.length === 0 && failures.length > 0) throw failures[0];
  for (const failure of failures) await context.report(failure);
  return found;
}
