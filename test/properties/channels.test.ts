import { describe, expect, it } from 'vitest';
import { propertiesAfter } from '../../src/core/changes.ts';
import { channelIn, channelLog, channelText, readChannelLog, type Stint } from '../../src/core/channel.ts';
import { imageFrom, type Image } from '../../src/core/image.ts';
import { markChanges } from '../../src/core/marks.ts';
import type { Changes } from '../../src/core/operation.ts';
import { pointing, silencing } from '../../src/engine/channels/changes.ts';
import { before, restoring, stateOf } from '../../src/engine/channels/state.ts';
import { draws, fc } from '../support/draws.ts';

const channel = { name: 'web', channel: 'stable' };
const bare = (index: number): Image =>
  imageFrom(
    {
      id: `i-${index}`,
      name: `web-${index}`,
      status: 'active',
      providerStatus: 'active',
      tags: [],
      properties: {},
      places: [],
      raw: {},
    },
    { profile: 'here', provider: 'fake' },
  );

type Fleet = readonly Image[];
const written = (fleet: Fleet, image: Image, changes: Changes): Fleet =>
  fleet.map((one) => (one.id === image.id ? { ...one, properties: propertiesAfter(one.properties, changes) } : one));

/** The fleets that there are one after the other while a channel is moved; `restores`: by going back. */
function moving(fleet: Fleet, to: Image, restores?: number): readonly Fleet[] {
  const now = fleet.find(({ id }) => id === to.id) ?? to;
  const steps = [
    written(fleet, now, pointing(now, stateOf(fleet, channel).next, { channel, now: 0, ...(restores ? { restores } : {}) })),
  ];
  for (;;) {
    const last = steps.at(-1) ?? fleet;
    const [other] = stateOf(last, channel).superseded;
    if (!other) return steps;
    steps.push(written(last, other.image, silencing(other.image, channel)));
  }
}
const targetOf = (fleet: Fleet): string | undefined => stateOf(fleet, channel).target?.image.id;
const says = (fleet: Fleet): number => fleet.filter(({ properties }) => properties['imgctl.channel.stable'] === 'web').length;

/** Sets to an image by its number; -1 goes back. */
const actions = fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 4 }) }, fc.constant(-1)), {
  minLength: 1,
  maxLength: 12,
});

function history(all: readonly number[]): { readonly times: readonly Fleet[]; readonly settled: readonly Fleet[] } {
  const start: Fleet = [0, 1, 2, 3, 4].map(bare);
  const first = start[0];
  const times: Fleet[] = first ? [...moving(start, first)] : [];
  const settled: Fleet[] = times.slice(-1);
  for (const action of all) {
    const fleet = times.at(-1) ?? start;
    const back = action < 0 ? before(stateOf(fleet, channel)) : undefined;
    const to = back?.image ?? fleet[action];
    if (!to || to.id === targetOf(fleet)) continue;
    times.push(...moving(fleet, to, back && restoring(back)));
    settled.push(times.at(-1) ?? start);
  }
  return { times, settled };
}

describe('whatever is set and gone back to', () => {
  it('there is one target at any time, and in the end one image says so', () => {
    fc.assert(
      fc.property(actions, (all) => {
        const { times, settled } = history(all);
        for (const fleet of times) expect(targetOf(fleet)).toBeDefined();
        for (const fleet of settled) expect(says(fleet)).toBe(1);
      }),
      { numRuns: draws(300) },
    );
  });

  it('a list that is read while it moves gives a target that there was meanwhile, or shows that it has to be read again', () => {
    fc.assert(
      fc.property(
        actions,
        fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
        fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
        (all, moments, order) => {
          const { times } = history(all);
          const at = moments.map((moment) => moment % times.length).sort((a, b) => a - b);
          const read = order.flatMap((index, turn) => times[at[turn] ?? 0]?.[index] ?? []);
          const seen = stateOf(read, channel);
          const meanwhile = times.slice(at[0], (at.at(-1) ?? 0) + 1).map(targetOf);
          if (seen.isWhole) expect(meanwhile).toContain(seen.target?.image.id);
          else expect(new Set(meanwhile).size).toBeGreaterThan(1);
        },
      ),
      { numRuns: draws(1000) },
    );
  });

  it('going back leads ever further, and to nothing but what can be used', () => {
    fc.assert(
      fc.property(actions, fc.subarray([0, 1, 2, 3, 4]), (all, out) => {
        let fleet: Fleet = (history(all.filter((one) => one >= 0)).times.at(-1) ?? []).map((one, index) =>
          out.includes(index) ? { ...one, status: 'inactive' } : one,
        );
        const seen: number[] = [];
        for (;;) {
          const entry = before(stateOf(fleet, channel));
          if (!entry) break;
          expect(entry.image.status).toBe('active');
          seen.push(restoring(entry));
          fleet = moving(fleet, entry.image, restoring(entry)).at(-1) ?? fleet;
          expect(targetOf(fleet)).toBe(entry.image.id);
        }
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a));
      }),
      { numRuns: draws(300) },
    );
  });
});

describe('going back', () => {
  it('is to what was the target before, and never to what was gone back from', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 2, arbitrary: fc.nat({ max: 4 }) }, fc.constant(-1)), { maxLength: 8 }), (all) => {
        let fleet: Fleet = moving([0, 1, 2, 3, 4].map(bare), bare(0)).at(-1) ?? [];
        const stack = ['i-0'];
        for (const action of all) {
          const back = action < 0 ? before(stateOf(fleet, channel)) : undefined;
          if (action < 0) {
            // What is wanted, by a stack: who goes back throws away what he comes from.
            const left = stack.slice(0, stack.findLastIndex((id) => id !== stack.at(-1)) + 1);
            expect(back?.image.id).toBe(left.at(-1));
            if (left.length > 0) stack.splice(left.length);
          } else if (`i-${action}` !== stack.at(-1)) stack.push(`i-${action}`);
          const to = fleet.find(({ id }) => id === stack.at(-1));
          if (to && to.id !== targetOf(fleet)) fleet = moving(fleet, to, back && restoring(back)).at(-1) ?? fleet;
        }
      }),
      { numRuns: draws(500) },
    );
  });
});

describe('two who move it at once', () => {
  it('are told apart by everybody in the same way, and who is told to be silent is never the target', () => {
    fc.assert(
      fc.property(fc.nat({ max: 4 }), fc.nat({ max: 4 }), fc.nat({ max: 3 }), (a, b, late) => {
        const start = history([2]).times.at(-1) ?? [];
        const { next } = stateOf(start, channel);
        let fleet = start;
        for (const [index, now] of [
          [a, 1000],
          [b, late * 1000],
        ] as const) {
          const image = fleet[index];
          if (image) fleet = written(fleet, image, pointing(image, next, { channel, now }));
        }
        const target = targetOf(fleet);
        expect(target).toBe(targetOf(fleet.toReversed()));
        for (const { image } of stateOf(fleet, channel).superseded) fleet = written(fleet, image, silencing(image, channel));
        expect([targetOf(fleet), says(fleet)]).toEqual([target, 1]);
      }),
      { numRuns: draws(300) },
    );
  });
});

describe('what is written', () => {
  const stint: fc.Arbitrary<Stint> = fc
    .record({ by: fc.option(fc.string(), { nil: undefined }), reason: fc.option(fc.string(), { nil: undefined }) })
    .map(({ by, reason }) => ({ number: 1, ...(by ? { by } : {}), ...(reason ? { reason } : {}) }));

  it('of a channel is read as it was, the newest of it in any case', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(stint, { minLength: 1, maxLength: 9 }), (name, drawn) => {
        const all = drawn.map((one, index) => ({ ...one, number: drawn.length - index }));
        const text = channelLog(name, all);
        const back = readChannelLog(text);
        expect(back?.name).toBe(name);
        expect(back?.stints).toEqual(all.slice(0, back?.stints.length));
        if (all.length > 1 && (back?.stints.length ?? 0) > 1) expect(text.length).toBeLessThanOrEqual(250);
      }),
      { numRuns: draws(500) },
    );
  });

  it('by anybody else does no harm', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.string(), (log, target) => {
        const image = bare(0);
        const odd = markChanges(image, { channels: { stable: { log, target } } });
        const state = stateOf(written([image], image, odd ?? {}), channel);
        expect(Number.isSafeInteger(state.next)).toBe(true);
        expect(state.target !== undefined).toBe(target === 'web');
      }),
      { numRuns: draws(500) },
    );
  });

  it('as NAME@CHANNEL is read as it was, and nothing else is', () => {
    expect(['web@stable', 'a@b@c', 'web 1@2026.1-rc_1', 'a:b@c'].map((text) => channelText(channelIn(text) ?? channel))).toEqual([
      'web@stable',
      'a@b@c',
      'web 1@2026.1-rc_1',
      'a:b@c',
    ]);
    for (const text of ['web', '@stable', 'web@', 'web@Stable', 'web@sha256:00', 'web@-x', `${'a'.repeat(201)}@stable`])
      expect(channelIn(text), text).toBeUndefined();
  });
});
