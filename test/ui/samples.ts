import type { Image } from '../../src/core/image.ts';

/** The moment at which tests look at things. */
export const now = Date.parse('2026-11-21T12:00:00Z');

/** An image with what it must have, and whatever is given. */
export function image(given: Partial<Image> = {}): Image {
  return {
    profile: 'lab',
    provider: 'acme',
    id: '7d0c6a1e-0f6b-4f5e-9a57-1f0e4f3c2b11',
    name: 'ubuntu-24.04',
    status: 'active',
    providerStatus: 'active',
    tags: [],
    properties: {},
    places: [],
    raw: {},
    ...given,
  };
}

export const ubuntu = image({
  visibility: 'private',
  diskFormat: 'qcow2',
  sizeBytes: 641_728_512,
  createdAt: '2026-11-18T08:00:00Z',
});
export const debian = image({
  id: 'b2a1',
  name: 'debian-13-generic-amd64-daily-20261119',
  status: 'pending',
  providerStatus: 'importing',
  visibility: 'public',
  diskFormat: 'raw',
  createdAt: '2026-11-21T11:48:00Z',
});
