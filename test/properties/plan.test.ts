import { draws, fc } from '../support/draws.ts';
import { expect, it } from 'vitest';
import { compressions, type Accept, type Format } from '../../src/core/encoding.ts';
import { ImgctlError } from '../../src/core/errors.ts';
import { planTransfer, readable, writable, type PlanInput } from '../../src/transfer/plan.ts';

const format = fc.constantFrom<Format>('raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso', 'luks', 'ova', 'qed');
const maybe = <T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(inner, { nil: undefined });
const given = <T extends object>(fields: T): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
const size = fc.nat(1000);

const have = fc
  .record({
    format,
    compression: maybe(fc.constantFrom(...compressions)),
    bytes: maybe(size),
    virtualBytes: maybe(size),
    seekable: fc.boolean(),
  })
  .map((fields) => given(fields) as PlanInput);
const accept = fc
  .record({
    format,
    compression: maybe(fc.constantFrom(...compressions)),
    maxBytes: maybe(size),
    maxVirtualBytes: maybe(size),
    needsLength: maybe(fc.boolean()),
  })
  .map((fields) => given(fields) as Accept);
const wish = fc.record({ format: maybe(format) });

/** Formats that hold the disk's bytes as they are. */
const flat: ReadonlySet<Format> = new Set(['raw', 'iso', 'luks']);
const isSame = (from: Format, to: Format): boolean => from === to || (flat.has(from) && to === 'raw');

it('a plan leads to what is accepted, never spools without need, and is refused only where there is no way', () => {
  const seen = { planned: 0, refused: 0, spooled: 0 };
  fc.assert(
    fc.property(have, fc.array(accept, { minLength: 1, maxLength: 4 }), wish, (what, accepts, wished) => {
      let plan: ReturnType<typeof planTransfer>;
      try {
        plan = planTransfer(what, accepts, wished);
      } catch (error) {
        if (!(error instanceof ImgctlError)) throw error;
        seen.refused += 1;
        expect(['UNSUPPORTED', 'LIMIT']).toContain(error.code);
        // What is taken as it is, and is not too large as far as that is known, is never refused.
        const fits = accepts.some(
          (one) =>
            isSame(what.format, one.format) &&
            one.compression === what.compression &&
            (wished.format === undefined || wished.format === one.format) &&
            !((what.bytes ?? 0) > (one.maxBytes ?? Infinity)) &&
            !((what.virtualBytes ?? what.bytes ?? 0) > (one.maxVirtualBytes ?? Infinity)),
        );
        expect(fits).toBe(false);
        return;
      }
      seen.planned += 1;
      expect(accepts).toContain(plan.accept);
      if (wished.format !== undefined) expect(plan.accept.format).toBe(wished.format);

      // Following the steps from what there is gives what is accepted.
      const unwrapped = plan.unwrap === undefined ? what.compression : undefined;
      if (plan.unwrap !== undefined) expect(plan.unwrap).toBe(what.compression);
      const kind = plan.convert?.to ?? what.format;
      if (plan.convert) {
        expect(plan.convert.from).toBe(what.format);
        expect(readable.has(plan.convert.from) && writable.has(plan.convert.to)).toBe(true);
        expect(unwrapped).toBeUndefined();
      }
      if (plan.wrap !== undefined) expect(unwrapped).toBeUndefined();
      expect(isSame(kind, plan.accept.format)).toBe(true);
      expect(plan.wrap ?? unwrapped).toBe(plan.accept.compression);
      expect(plan.encoding).toEqual({
        format: plan.accept.format,
        ...(plan.accept.compression ? { compression: plan.accept.compression } : {}),
      });

      // Nothing is done to bytes that are taken as they are, and limits that are known to be broken are kept.
      const changes = plan.unwrap !== undefined || plan.wrap !== undefined || plan.convert !== undefined;
      if (!changes) expect(what.bytes ?? 0).toBeLessThanOrEqual(plan.accept.maxBytes ?? Infinity);
      expect(what.virtualBytes ?? 0).toBeLessThanOrEqual(plan.accept.maxVirtualBytes ?? Infinity);

      // Temporary files: only for what cannot be read where it lies, or for a length that is not known.
      if (plan.spoolInput) {
        seen.spooled += 1;
        expect(what.seekable && plan.unwrap === undefined).toBe(false);
        expect(flat.has(what.format) && plan.convert?.to !== 'qcow2').toBe(false);
      }
      if (plan.spoolOutput) {
        expect(plan.accept.needsLength).toBe(true);
        expect(!changes && what.bytes !== undefined).toBe(false);
      }
      expect(plan.steps.filter((step) => step === 'temporary file')).toHaveLength(
        Number(plan.spoolInput) + Number(plan.spoolOutput),
      );
    }),
    { numRuns: draws(5000) },
  );
  expect(Math.min(seen.planned, seen.refused, seen.spooled)).toBeGreaterThan(draws(50));
});
