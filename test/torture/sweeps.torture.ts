// The sweeps of which `npm test` runs a part (`test/support/sweep.ts`), whole.
process.env.IMGCTL_TEST_SWEEPS = 'whole';
await import('../drivers/gateways.test.ts');
await import('../drivers/local/planted-symlinks.test.ts');
await import('../drivers/local/processes.test.ts');
await import('../security/downgrade.test.ts');
await import('../security/hostile.test.ts');
await import('../security/secrets.test.ts');

export {};
