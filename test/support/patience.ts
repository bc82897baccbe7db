/**
 * Limits that end what hangs, for all configurations of vitest. Nothing is promised by them: a machine that is ten times as slow as a quiet one, which a
 * loaded one is, has time enough.
 */
export const patience = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { interval: 10, timeout: 60_000 } },
};
