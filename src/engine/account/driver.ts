import type { Driver } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import { nearest } from '../../host/did-you-mean.ts';
import type { EngineContext } from '../context.ts';

/** The driver of a provider. Throws CONFIG, with the nearest names, if there is none of that name. */
export async function driverNamed(name: string, context: EngineContext): Promise<Driver> {
  const loading = context.drivers.load(name);
  if (loading) return loading;
  const close = nearest(name, context.drivers.names);
  throw configError(`no such provider: ${name}`, {
    hint: close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `Supported: ${context.drivers.names.join(', ')}`,
  });
}
