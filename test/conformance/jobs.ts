import { expect } from 'vitest';
import type { Session } from '../../src/core/driver.ts';
import type { Job } from '../../src/core/job.ts';
import { operationNames, type Call, type Note, type OperationName } from '../../src/core/operation.ts';
import { makeContent } from '../support/content.ts';
import { jobStates } from './cloud.ts';
import { testCall, type Stage } from './stage.ts';

/** What verbs said of work that goes on, in all tests of a stage. */
export type Begun = Map<OperationName, Job[]>;

/** A session that writes down what each of its verbs says to have begun. */
export function watched(session: Session, begun: Begun): Session {
  const watching = <B extends { run(request: never, call: never): unknown }>(verb: OperationName, bound: B): B => ({
    ...bound,
    run: (request: never, call: Call) => {
      const note = (event: Note): void => {
        if (event.kind === 'began') begun.set(verb, [...(begun.get(verb) ?? []), event.job]);
        call.note(event);
      };
      return bound.run(request, { ...call, note } as never);
    },
  });
  return {
    ...session,
    find(name) {
      const bound = session.find(name);
      return bound && watching(name, bound);
    },
    require: (name) => watching(name, session.require(name)),
  };
}

/** Comes last: it looks at what all tests before it have begun. */
export function jobTests(stage: Stage): void {
  const { driver, cloud } = stage;
  const later = operationNames.filter((verb) => (driver.facts[verb] as { readonly later?: boolean } | undefined)?.later);

  const mode = stage.laterExtras?.upload;
  if (mode)
    stage.test('tells of an upload that is not done with the answer', async () => {
      const name = stage.unique('later');
      const request = { description: { name }, content: makeContent({ format: 'raw' }), extras: mode };
      const { id } = await stage.open().session.require('upload').run(request, testCall());
      await stage.settle(stage.tidy(id), 'upload', ({ status }) => status === 'active');
    });

  const url = stage.importUrl;
  if (url !== undefined)
    stage.test('tells of an import that is not done with the answer', async () => {
      const description = { name: stage.unique('later'), diskFormat: 'raw' };
      const made = await stage.open().session.require('import').run({ description, url, extras: {} }, testCall());
      stage.tidy(made.id);
    });

  stage.test('are begun by the verbs whose facts say so, and by no other', async () => {
    const idle = Object.keys(stage.idle ?? {});
    expect([...stage.begun.keys()].sort()).toEqual(later.filter((verb) => !idle.includes(verb)).sort());
  });

  stage.test('are plain data about the image and the verb', async () => {
    for (const [verb, jobs] of stage.begun)
      for (const job of jobs) {
        expect(JSON.parse(JSON.stringify(job))).toEqual(job);
        expect(job).toMatchObject({ verb, image: expect.stringMatching(/./) as string });
        expect(new Date(job.since ?? '').toISOString()).toBe(job.since);
      }
  });

  if (!driver.jobs) {
    stage.test('are none where nothing goes on', async () => expect(later).toEqual([]));
    return;
  }
  if (!cloud.wire) return;
  for (const wanted of jobStates)
    stage.test(`tell what is known of one that is ${wanted}`, async () => {
      const { work } = stage.cloudNow();
      if (!work) throw new Error('a cloud whose driver has jobs has work to look at');
      const there = work(wanted);
      // Where the record itself tells, there is nothing to forget.
      if (!there) return expect(wanted).toBe('forgotten');
      const { job, ...told } = JSON.parse(JSON.stringify(there)) as typeof there;
      const { image, ...state } = await stage.open().session.look(job, testCall());
      expect(state).toEqual({ state: wanted === 'forgotten' ? 'unknown' : wanted, ...told });
      expect(image?.id).toBe(job.image);
    });

  stage.test('about no image that there is are not found, or have failed', async () => {
    const verb = later.find((name) => name !== 'upload' && name !== 'create') ?? 'import';
    const state = stage.open().session.look({ verb, image: stage.missing }, testCall());
    await expect(state).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
}
