import { expect } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import type { ListRequest, OperationName } from '../../src/core/operation.ts';
import type { Strange } from './cloud.ts';
import { failure, testCall, type Stage } from './stage.ts';

/** Whose images each scope gives, beside one's own. */
const within: Readonly<Record<ListRequest['scope'], readonly Strange[]>> = {
  own: [],
  mine: ['shared'],
  all: ['shared', 'public', 'community'],
};

/** Verbs that change an image which is there, each done to it in the shortest way. */
const changes: Readonly<Partial<Record<OperationName, (stage: Stage, id: string) => Promise<unknown>>>> = {
  patch: (stage, id) =>
    stage
      .open()
      .session.require('patch')
      .run({ id, changes: { name: 'taken' }, extras: {} }, testCall()),
  deactivate: (stage, id) => stage.open().session.require('deactivate').run({ id }, testCall()),
  delete: (stage, id) => stage.open().session.require('delete').run({ id }, testCall()),
};

/** A world in which others have images of one's own names, in every way in which they may come into sight. */
export function strangerTests(stage: Stage): void {
  /** None where nobody else has images: then a name has no further circles to be looked for in. */
  const world = async () => {
    if (!stage.cloudNow().strangers) {
      expect(stage.driver.facts.list?.others ?? []).toEqual([]);
      return undefined;
    }
    const name = stage.unique('namesake');
    const own = await stage.active({ name });
    const strangers = (await stage.cloudNow().strangers?.(name)) ?? {};
    const idsOf = (kinds: readonly Strange[]): readonly string[] => kinds.flatMap((kind) => strangers[kind] ?? []);
    return { name, own, strangers, idsOf };
  };
  const sorted = (ids: readonly string[]): readonly string[] => [...ids].sort();

  stage.test('gives each scope its circle of owners, and nobody beyond', async () => {
    const there = await world();
    if (!there) return;
    const { name, own, strangers, idsOf } = there;
    const seen = stage.seesEverybody ? idsOf(['private', 'offered', 'rejected']) : [];
    // Whose images there are is too much to be asked of all at once: list.ts has what is asked of one owner.
    const scopes = stage.driver.facts.list?.publicByOwner ? (['own', 'mine'] as const) : (['own', 'mine', 'all'] as const);
    for (const scope of scopes) {
      const expected = [own, ...idsOf(within[scope]), ...(scope === 'all' ? seen : [])];
      for (const filters of [{ name }, { name: `${name}*` }, {}]) {
        const found = (await stage.list({ scope, filters })).filter((image) => image.name === name);
        expect(sorted(found.map(({ id }) => id)), `${scope} ${JSON.stringify(filters)}`).toEqual(sorted(expected));
      }
    }
    if (!stage.driver.facts.list?.publicByOwner) {
      const open = (await stage.list({ scope: 'all', filters: { visibility: 'public' } })).filter((image) => image.name === name);
      expect(open.filter(({ visibility }) => visibility === 'public').map(({ id }) => id)).toEqual(idsOf(['public']));
    }
    const circles = (['shared', 'public'] as const).filter((kind) => strangers[kind] !== undefined);
    expect(stage.driver.facts.list?.others ?? [], 'circles in which a name is looked for').toEqual(
      stage.seesEverybody ? expect.arrayContaining(circles) : circles,
    );
  });

  stage.test('gives nobody else’s images where one’s own are asked for in other ways', async () => {
    const there = await world();
    if (!there) return;
    const { name, own } = there;
    const requests: readonly Partial<ListRequest>[] = [
      { hidden: true },
      { filters: { name, status: 'active' } },
      { filters: { createdAfter: new Date(Date.now() - 20 * 365 * 86_400_000).toISOString() } },
      ...(stage.driver.facts.list?.sorts?.includes('name') ? [{ sort: [{ field: 'name', descending: false }] as const }] : []),
    ];
    for (const request of requests) {
      const found = (await stage.list({ scope: 'own', ...request })).filter((image) => image.name === name);
      expect(
        found.map(({ id }) => id),
        JSON.stringify(request),
      ).toEqual([own]);
    }
  });

  const offers = stage.driver.facts.share?.offers;
  if (offers && !stage.seesEverybody)
    stage.test('gives what is offered where it is asked for, and nothing else', async () => {
      const { name, strangers } = (await world()) ?? { name: '', strangers: {} };
      const found = await stage.list({ own: { [offers[0]]: offers[1] }, filters: { name } });
      expect(found.filter(({ visibility, id }) => visibility === 'shared' && id !== '').map(({ id }) => id)).toContain(
        strangers.offered,
      );
      expect(found.map(({ id }) => id)).not.toContain(strangers.shared);
      expect(found.map(({ id }) => id)).not.toContain(strangers.rejected);
    });

  if (!stage.seesEverybody)
    for (const [verb, change] of Object.entries(changes))
      if (stage.driver.facts[verb as OperationName])
        stage.test(`${verb} of a stranger's image is refused, and nothing is changed`, async () => {
          const { idsOf, name } = (await world()) ?? { idsOf: () => [], name: '' };
          for (const id of idsOf(['public', 'community', 'shared'])) {
            const error = await failure(change(stage, id));
            expect(error).toBeInstanceOf(ImgctlError);
            expect(['AUTH', 'NOT_FOUND', 'UNSUPPORTED', 'CONFLICT']).toContain(error.code);
            expect(await stage.show(id)).toMatchObject({ id, name, status: 'active' });
          }
        });
}
