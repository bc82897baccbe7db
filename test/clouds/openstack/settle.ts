import { expect } from 'vitest';
import type { Session } from '../../../src/core/driver.ts';
import type { Image } from '../../../src/core/image.ts';
import { awaited } from '../../support/awaited.ts';

/** Looks as a waiting program does, until nothing is going on any more. */
export async function settle(session: Session, id: string, verb: 'import' | 'upload' | 'replicate'): Promise<Image> {
  const seen: string[] = [];
  for (let look = 0; look < 10; look += 1) {
    const image = await awaited(session, { verb, image: id, since: '2026-01-01T00:00:00Z' });
    seen.push(image.status);
    const busy = image.status === 'pending' || image.places.some((place) => place.status === 'pending');
    if (look >= 3 && !busy) return image;
    if (verb !== 'replicate' && look === 0) expect(image.status, 'right after the answer').toBe('pending');
  }
  throw new Error(`never settled: ${seen.join(' ')}`);
}
