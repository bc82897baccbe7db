import { expect, it } from 'vitest';
import { meansForUpload } from '../../../src/engine/operations/transfer.ts';

it.each([
  ['the strongest that the provider reports', { digests: ['sha512', 'md5'] }, ['sha512', 'md5']],
  ['SHA-256 where it reports none, for what is kept here', { digests: [] }, ['sha256']],
  ['none where the driver itself proves what has arrived', { digests: [], verifies: true }, []],
])('what is sent is hashed by %s', (_what, facts, taken) => {
  const context = { home: { env: {}, platform: 'linux' }, signal: new AbortController().signal };
  const means = meansForUpload(context as never, {} as never, facts as never, { extras: {} } as never);
  expect(means.digests).toEqual(taken);
});
