import { expect } from 'vitest';
import { operationNames } from '../../src/core/operation.ts';
import { openSession } from '../support/open-session.ts';
import { testCall, type Stage } from './stage.ts';

/** What is true of a driver before any verb is used. */
export function driverTests(stage: Stage): void {
  const { driver } = stage;

  stage.test('connecting asks nothing', async () => {
    openSession(driver, stage.cloudNow().values);
    expect(stage.cloudNow().requests()).toEqual([]);
  });

  stage.test('says of every verb either what it does or why it does not', async () => {
    for (const verb of operationNames)
      expect(driver.facts[verb] === undefined, `${verb} is absent`).toBe(driver.absent[verb] !== undefined);
  });

  stage.test('names itself and its documentation', async () => {
    expect(driver.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(driver.title).not.toBe('');
    expect(driver.docs).toMatch(/^https:\/\//);
  });

  stage.test('explains every profile field', async () => {
    for (const [name, field] of Object.entries(driver.profile)) {
      expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/);
      expect(field.help.length, name).toBeGreaterThan(3);
    }
  });

  stage.test('knows the ids that images have from names', async () => {
    expect(stage.missing).toMatch(driver.ids);
    expect(await stage.active()).toMatch(driver.ids);
    expect('ubuntu server').not.toMatch(driver.ids);
  });

  stage.test('tells who it is signed in as, and takes no verb away that it does not have', async () => {
    const identity = await stage.open().session.probe(testCall());
    expect(identity.who).not.toBe('');
    for (const [verb, reason] of Object.entries(identity.missing)) {
      expect(Object.keys(driver.facts)).toContain(verb);
      expect(reason).not.toBe('');
    }
  });
}
