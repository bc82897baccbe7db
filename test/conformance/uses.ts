import { expect } from 'vitest';
import { useKinds, type ImageUses, type UseKind } from '../../src/core/uses.ts';
import { testCall, type Stage } from './stage.ts';

export function usesTests(stage: Stage): void {
  const ask = async (...ids: readonly string[]): Promise<readonly ImageUses[]> => {
    const images = await Promise.all(ids.map((id) => stage.show(id)));
    return stage.open().session.require('uses').run({ images }, testCall());
  };
  const knows: readonly UseKind[] = stage.driver.facts.uses?.knows ?? [];

  stage.test('says which kinds of use it can be asked for, each once', async () => {
    expect(new Set(knows).size).toBe(knows.length);
    for (const kind of knows) expect(useKinds).toContain(kind);
  });

  stage.test('answers for each image that was asked for, in their order', async () => {
    const ids = [await stage.active(), await stage.active()];
    expect((await ask(...ids)).map(({ image }) => image)).toEqual(ids);
    expect(await ask()).toEqual([]);
  });

  stage.test('tells only of kinds that it knows, and a reason for what it could not ask', async () => {
    for (const { uses, unasked } of await ask(await stage.active())) {
      for (const { kind, id } of uses) expect([knows.includes(kind), id === '']).toEqual([true, false]);
      for (const { kind, reason } of unasked) expect([knows.includes(kind), reason === '']).toEqual([true, false]);
    }
  });

  stage.test('changes nothing', async () => {
    const id = await stage.active();
    const before = await stage.show(id);
    stage.cloudNow().forget();
    await ask(id);
    expect(await stage.show(id)).toEqual(before);
    const methods = stage
      .cloudNow()
      .requests()
      .filter(({ path }) => !path.includes('/auth/'))
      .map(({ method }) => method);
    expect(methods.filter((method) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });
}
