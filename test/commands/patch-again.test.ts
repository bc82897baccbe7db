import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changes as changesAt, createOptions, stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { imageFrom } from '../../src/core/image.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
type Shown = Readonly<Record<string, unknown>> & { readonly id: string };
const clouds: Record<string, RunningCloud> = {};
let env: Readonly<Record<string, string>>;
const ids: Record<string, string> = {};
beforeAll(async () => {
  for (const [name, { cloud }] of Object.entries(stages)) {
    const started = await cloud.start();
    clouds[name] = started;
    env = { ...env, ...profileVariables(name, name, started.values) };
    const [id = ''] = await started.seed([{ name: 'web', tags: ['b', 'a'], properties: { os: 'x' } }]);
    ids[name] = id;
  }
});
afterAll(async () => {
  for (const cloud of Object.values(clouds)) await cloud.stop();
});

/** Requests of a provider that changed something; sign-in is none. */
const changes = (): readonly string[] =>
  Object.entries(stages).flatMap(([name, at]) =>
    (clouds[name]?.requests() ?? []).filter((request) => changesAt(at, request)).map(({ method, path }) => `${method} ${path}`),
  );
const imageAt = (provider: string): string => `${provider}:${ids[provider]}`;
const shown = async (provider: string, ...more: readonly string[]): Promise<Shown> =>
  (await stage.ok(['show', imageAt(provider), '-o', 'json', ...more], { env })).json() as Shown;
const patch = (provider: string, kind: string, document: unknown) =>
  stage.run(['patch', imageAt(provider), `--${kind}`, '-', '-o', 'json'], { env, stdin: JSON.stringify(document) });
const reversed = (image: Shown): Shown =>
  Object.fromEntries(
    Object.entries(image).map(([key, value]) => [key, Array.isArray(value) ? value.toReversed() : value]),
  ) as Shown;
/** Every field put there as it is. */
const asSteps = (image: Shown) =>
  Object.entries(image).flatMap(([field, value]) => [
    { op: 'test', path: `/${field}`, value },
    { op: 'replace', path: `/${field}`, value },
  ]);

describe.each(inTurns(withVerbs(Object.entries(stages), 'create', 'patch'), 2))(
  'what is printed of an image of %s and comes back as a patch',
  (provider, at) => {
    it('changes nothing, from show and from list, with what the provider said, in any order of its lists', async () => {
      const image = await shown(provider);
      const listed = (await stage.ok(['list', '-p', provider, '-o', 'json'], { env })).json() as readonly Shown[];
      const element = listed.find(({ id }) => id === image.id);
      const raw = await shown(provider, '--raw');
      for (const cloud of Object.values(clouds)) cloud.forget();
      for (const [kind, document] of [
        ['merge-patch', image],
        ['merge-patch', element],
        ['merge-patch', raw],
        ['merge-patch', reversed(image)],
        ['json-patch', asSteps(image)],
        ['json-patch', asSteps(raw)],
      ] as const) {
        const same = await patch(provider, kind, document);
        expect([same.exitCode, same.stderr]).toEqual([0, '']);
        expect(same.json()).toEqual(image);
      }
      expect(changes()).toEqual([]);
      expect(image.tags).toEqual((image.tags as readonly string[]).toSorted());
    });

    it('changes nothing with what create printed, whose properties are in order', async () => {
      const fields: readonly string[] = at.driver.facts.create?.fields ?? [];
      const more = fields.includes('properties') ? ['--property', 'zz=1', '--property', 'aa=2', '--property', 'mm=3'] : [];
      const from = createOptions(at);
      const made = (await stage.ok(['create', `${provider}:made`, ...from, ...more, '-o', 'json'], { env })).json() as Shown;
      const names = Object.keys(made['properties'] as object);
      expect(names).toEqual(names.toSorted());
      for (const cloud of Object.values(clouds)) cloud.forget();
      const same = await stage.run(['patch', `${provider}:${made.id}`, '--merge-patch', '-', '-o', 'json'], {
        env,
        stdin: JSON.stringify(made),
      });
      // What is worked on at the provider may have gone on meanwhile.
      if (from.length === 0) expect([same.exitCode, same.stderr]).toEqual([0, '']);
      expect(changes()).toEqual([]);
    });

    it('changes the one field that was changed in it', async () => {
      const field = at.driver.facts.patch?.fields.includes('name') ? 'name' : 'description';
      const image = await shown(provider);
      const changed = await patch(provider, 'merge-patch', { ...image, [field]: `${provider}-2` });
      expect([changed.exitCode, changed.stderr]).toEqual([0, '']);
      const { updatedAt: _then, raw: _raw, ...before } = image;
      const { updatedAt: _now, raw: _also, ...after } = changed.json() as Shown;
      expect(after).toEqual({ ...before, [field]: `${provider}-2` });
    });

    it('is refused where a field differs that is read-only, by either kind, and nothing is sent', async () => {
      const image = await shown(provider);
      for (const cloud of Object.values(clouds)) cloud.forget();
      for (const field of ['profile', 'provider', 'id', 'status', 'providerStatus', 'places', 'sizeBytes', 'checksums', 'raw'])
        for (const [kind, document] of [
          ['merge-patch', { ...image, name: 'other', [field]: 'other' }],
          [
            'json-patch',
            [
              { op: 'add', path: '/name', value: 'other' },
              { op: 'add', path: `/${field}`, value: 'other' },
            ],
          ],
        ] as const) {
          const refused = await patch(provider, kind, document);
          expect(errorOf(refused), field).toMatchObject({ code: 'USAGE', exitCode: 2, message: `/${field} is read-only` });
        }
      expect(changes()).toEqual([]);
      expect(await shown(provider)).toEqual(image);
    });
  },
);

it('places and properties of an image are in order, whatever the provider says first', () => {
  const record = { id: 'i', name: '', status: 'active', providerStatus: '', tags: [], raw: {} } as const;
  const shownAs = (names: readonly string[]) =>
    imageFrom(
      {
        ...record,
        properties: Object.fromEntries(names.map((name) => [name, 'x'])),
        places: names.map((name) => ({ name, status: 'active' })),
      },
      { profile: 'p', provider: 'q' },
    );
  expect(JSON.stringify(shownAs(['us-sea', 'b', 'us-ord']))).toBe(JSON.stringify(shownAs(['us-ord', 'us-sea', 'b'])));
});
