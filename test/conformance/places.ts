import { expect } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { Note, ReplicateRequest } from '../../src/core/operation.ts';
import { failureOf, testCall, type Stage } from './stage.ts';

export function placesTests(stage: Stage): void {
  stage.test('lists places once each, with at most one default', async () => {
    const places = await stage.open().session.require('places').run({}, testCall());
    const names = places.map((place) => place.name);
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
    for (const place of places) expect(['yes', 'doubtful', 'no'], place.name).toContain(place.usable);
    expect(places.filter((place) => place.isDefault).length).toBeLessThanOrEqual(1);
  });

  stage.test('names the places where images are', async () => {
    const names = (await stage.open().session.require('places').run({}, testCall())).map((place) => place.name);
    const image = await stage.show(await stage.active());
    for (const place of image.places) expect(names).toContain(place.name);
  });
}

const at = (image: Image, name: string): boolean =>
  image.places.some((place) => place.name === name && place.status === 'active');
const namesOf = (image: Image): readonly string[] => image.places.map((place) => place.name).sort();

export function replicateTests(stage: Stage): void {
  const run = (id: string, change: Partial<ReplicateRequest>, notes: Note[] = []): Promise<Image> =>
    stage
      .open()
      .session.require('replicate')
      .run({ id, add: [], remove: [], ...change }, { ...testCall(), note: (event) => void notes.push(event) });

  /** Usable places where the image is not yet. */
  async function others(image: Image): Promise<readonly string[]> {
    const places = await stage.open().session.require('places').run({}, testCall());
    return places.filter((place) => place.usable === 'yes' && !namesOf(image).includes(place.name)).map((place) => place.name);
  }

  stage.test('adds a place, keeps those that were not named, and takes it away again', async () => {
    const id = await stage.active();
    const before = await stage.show(id);
    const [other] = await others(before);
    if (other === undefined) throw new Error('this test needs a second usable place');
    const notes: Note[] = [];
    await run(id, { add: [other] }, notes);
    expect(notes, 'said before it is begun, for whoever has to undo it').toContainEqual({ kind: 'adding', places: [other] });
    const more = await stage.settle(id, 'replicate', (image) => at(image, other));
    expect(namesOf(more)).toEqual([...namesOf(before), other].sort());
    await run(id, { add: [other] });
    expect(namesOf(await stage.settle(id, 'replicate', (image) => at(image, other)))).toEqual(namesOf(more));
    await run(id, { remove: [other] });
    const less = await stage.settle(id, 'replicate', (image) => !namesOf(image).includes(other));
    expect(namesOf(less)).toEqual(namesOf(before));
    expect(less.status).toBe('active');
  });

  stage.test('names the copies as its facts say: each by an id of its own, or all by that of the image', async () => {
    const id = await stage.active();
    const { copies } = stage.driver.facts.replicate ?? {};
    for (const place of (await stage.show(id)).places) expect(place.id !== undefined).toBe(copies === 'own');
    expect(stage.driver.facts.places?.copies).toBe(copies);
  });

  stage.test('sets exactly the places that were named', async () => {
    const id = await stage.active();
    const before = namesOf(await stage.show(id));
    const [other] = await others(await stage.show(id));
    if (other === undefined) throw new Error('this test needs a second usable place');
    await run(id, { exactly: [...before, other] });
    await stage.settle(id, 'replicate', (image) => at(image, other));
    await run(id, { exactly: before });
    expect(namesOf(await stage.settle(id, 'replicate', (image) => !namesOf(image).includes(other)))).toEqual(before);
  });

  stage.test('takes no copy away that was not there when the places were named', async () => {
    const id = await stage.active();
    const before = await stage.show(id);
    const [other = ''] = await others(before);
    const { message } = await failureOf(run(id, { exactly: [other], basis: { ...before, places: [] } }), 'CONFLICT');
    expect(message).toContain(`was put into ${namesOf(before).join(', ')} by another client`);
    expect(namesOf(await stage.show(id))).toEqual(namesOf(before));
  });

  stage.test('keeps the last place', async () => {
    const id = await stage.active();
    const before = namesOf(await stage.show(id));
    await failureOf(run(id, { remove: before }), 'CONFLICT', 'USAGE');
    await failureOf(run(id, { exactly: [] }), 'CONFLICT', 'USAGE');
    expect(namesOf(await stage.show(id))).toEqual(before);
  });

  stage.test('does not know a place that is not there', async () => {
    const id = await stage.active();
    const before = namesOf(await stage.show(id));
    await failureOf(run(id, { add: ['suite-nowhere'] }), 'NOT_FOUND', 'USAGE', 'CONFLICT');
    expect(namesOf(await stage.show(id))).toEqual(before);
    const [place = ''] = before;
    await failureOf(run(stage.missing, { add: [place] }), 'NOT_FOUND');
  });
}
