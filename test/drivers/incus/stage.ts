import { afterEach } from 'vitest';
import driver from '../../../src/drivers/incus/index.ts';
import { startIncus, type IncusOptions, type RunningIncus } from '../../clouds/incus/index.ts';
import { openSession, type OpenSession } from '../../support/open-session.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => void (await Promise.all(ends.splice(0).map((end) => end()))));

/** A fake server, and a session on it. */
export async function opened(options: IncusOptions = {}): Promise<OpenSession & { readonly cloud: RunningIncus }> {
  const cloud = await startIncus(options);
  ends.push(() => cloud.stop());
  return { ...openSession(driver, cloud.values), cloud };
}
