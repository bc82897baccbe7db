import { expect } from 'vitest';
import { failureOf, testCall, type Stage } from './stage.ts';

/** What every import shares. Where the bytes come from differs so much that each driver's own tests make them come. */
export function importTests(stage: Stage): void {
  const facts = stage.driver.facts.import;
  if (!facts) return;

  stage.test('says which schemes and methods it takes', async () => {
    expect(facts.schemes.length + facts.methods.length).toBeGreaterThan(0);
    for (const scheme of facts.schemes) expect(scheme).toMatch(/^[a-z][a-z0-9+.-]*$/);
  });

  stage.test('leaves nothing behind when it is told an impossible place', async () => {
    const name = stage.unique('import');
    const request = { description: { name }, url: 'gopher://127.0.0.1/none', extras: stage.extras?.import ?? {} };
    await failureOf(stage.open().session.require('import').run(request, testCall()), 'USAGE', 'UNSUPPORTED');
    expect(await stage.named(name)).toEqual([]);
  });
}
