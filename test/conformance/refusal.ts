import { expect } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import type { OperationName } from '../../src/core/operation.ts';
import type { Stage } from './stage.ts';

/** A verb that the driver does not have: refused at once, with the reason, without a request. */
export function refusalTests(stage: Stage, verb: OperationName): void {
  stage.test(`refuses ${verb} with a reason and without a request`, async () => {
    const reason = stage.driver.absent[verb];
    expect(reason, `absent.${verb}`).toMatch(/^.{15,}\.$/su);
    const { session } = stage.open();
    stage.cloudNow().forget();
    expect(session.find(verb)).toBeUndefined();
    let refused: unknown;
    try {
      session.require(verb);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ImgctlError);
    expect(refused).toMatchObject({ code: 'UNSUPPORTED', exitCode: 7 });
    expect(String(refused)).toContain(reason);
    expect(String(refused)).toContain(stage.driver.name);
    expect(stage.cloudNow().requests()).toEqual([]);
  });
}
