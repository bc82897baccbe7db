import { draws, fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { compressions, formats, type Accept } from '../../src/core/encoding.ts';
import { ImgctlError } from '../../src/core/errors.ts';
import { isFlat, planTransfer, readable, writable, type PlanInput, type Plan } from '../../src/transfer/plan.ts';

const file: PlanInput = { format: 'qcow2', bytes: 1000, virtualBytes: 4000, seekable: true };
const stream = (have: Partial<PlanInput>): PlanInput => ({ format: 'raw', seekable: false, ...have });
const gz: Accept = { format: 'raw', compression: 'gzip', needsLength: true, maxBytes: 5000 };
const raw: Accept = { format: 'raw' };
const codeOf = (have: PlanInput, accepts: readonly Accept[], format?: Plan['encoding']['format']): string => {
  try {
    planTransfer(have, accepts, { format });
    return 'fine';
  } catch (error) {
    return error instanceof ImgctlError ? error.code : String(error);
  }
};
const steps = (have: PlanInput, accepts: readonly Accept[], format?: Plan['encoding']['format']): string =>
  planTransfer(have, accepts, { format }).steps.slice(2, -2).join(', ');

describe('planning a transfer', () => {
  it.each<[string, PlanInput, readonly Accept[], string]>([
    ['a file that is taken', file, [raw, { format: 'qcow2' }], ''],
    ['qcow2 to raw', file, [raw], 'decode qcow2'],
    ['qcow2 to raw.gz, with a length', file, [gz], 'decode qcow2, gzip, temporary file'],
    ['qcow2 to raw.gz, without', file, [{ format: 'raw', compression: 'gzip' }], 'decode qcow2, gzip'],
    ['raw to qcow2', { ...file, format: 'raw' }, [{ format: 'qcow2' }], 'decode raw, encode qcow2'],
    ['raw.gz as it is', { format: 'raw', compression: 'gzip', bytes: 9, seekable: true }, [gz, raw], ''],
    ['raw.gz to raw', { format: 'raw', compression: 'gzip', bytes: 9, seekable: true }, [raw], 'unwrap gzip'],
    ['raw.xz to raw.gz', stream({ compression: 'xz' }), [gz], 'unwrap xz, gzip, temporary file'],
    ['qcow2.gz to raw', { ...file, compression: 'gzip' }, [raw], 'unwrap gzip, temporary file, decode qcow2'],
    ['qcow2.gz to qcow2', { ...file, compression: 'gzip' }, [{ format: 'qcow2' }], 'unwrap gzip, temporary file'],
    ['a raw stream', stream({}), [raw], ''],
    ['a raw stream where a length is due', stream({}), [{ ...raw, needsLength: true }], 'temporary file'],
    ['a raw.gz stream where a length is due', stream({ compression: 'gzip' }), [gz], 'temporary file'],
    [
      'a raw stream to qcow2, whose tables come first',
      stream({}),
      [{ format: 'qcow2' }],
      'temporary file, decode raw, encode qcow2',
    ],
    ['a raw stream to vhd', stream({}), [{ format: 'vhd' }], 'decode raw, encode vhd'],
    ['a qcow2 stream', stream({ format: 'qcow2', virtualBytes: 9 }), [{ format: 'qcow2' }], 'temporary file'],
    ['a stream whose headers are not seen', stream({ format: 'vhdx' }), [{ format: 'vhdx' }], 'temporary file'],
    ['what can be decoded as it comes', stream({ format: 'vmdk', virtualBytes: 9, streamable: true }), [raw], 'decode vmdk'],
    ['what a helper reads', { format: 'qed', seekable: true, foreign: true }, [raw], 'temporary file, qemu-img, decode qed'],
    ['an ISO under its own name', { format: 'iso', seekable: true }, [raw, { format: 'iso' }], ''],
    ['an ISO where only raw is taken', { format: 'iso', seekable: true }, [raw], ''],
  ])('%s', (_name, have, accepts, expected) => expect(steps(have, accepts)).toBe(expected));

  it('calls what is sent as it was accepted', () => {
    const encodingOf = (have: PlanInput, accepts: readonly Accept[]) => planTransfer(have, accepts).encoding;
    expect(encodingOf({ format: 'iso', seekable: true }, [raw, { format: 'iso' }])).toEqual({ format: 'iso' });
    expect(encodingOf({ format: 'iso', seekable: true }, [raw])).toEqual({ format: 'raw' });
    expect(encodingOf({ format: 'luks', seekable: true, bytes: 3 }, [gz])).toEqual({ format: 'raw', compression: 'gzip' });
  });

  it('refuses what has no way, with what is taken', () => {
    expect(codeOf({ format: 'qed', seekable: true }, [raw])).toBe('UNSUPPORTED');
    expect(codeOf(file, [{ format: 'vmdk' }])).toBe('UNSUPPORTED');
    expect(codeOf(file, [raw], 'vhd')).toBe('UNSUPPORTED');
    expect(codeOf(file, [{ format: 'qcow2', compression: 'gzip' }])).toBe('UNSUPPORTED');
    expect(codeOf(file, [{ format: 'raw', compression: 'xz' }])).toBe('UNSUPPORTED');
  });

  it('refuses beforehand what is known to be too large, and takes another way where there is one', () => {
    expect(codeOf(file, [{ format: 'qcow2', maxBytes: 999 }])).toBe('LIMIT');
    expect(codeOf(file, [{ format: 'qcow2', maxBytes: 1000, maxVirtualBytes: 3999 }])).toBe('LIMIT');
    expect(codeOf({ format: 'raw', bytes: 4001, seekable: true }, [{ ...raw, maxVirtualBytes: 4000 }])).toBe('LIMIT');
    expect(steps(file, [{ format: 'qcow2', maxBytes: 999 }, raw])).toBe('decode qcow2');
  });
});

const encoding = fc.record({
  format: fc.constantFrom(...formats),
  compression: fc.option(fc.constantFrom(...compressions), { nil: undefined }),
});
const bytes = fc.option(fc.nat(10_000), { nil: undefined });
const anyHave = fc.tuple(encoding, bytes, bytes, fc.boolean(), fc.boolean());
const anyAccepts = fc.array(fc.tuple(encoding, bytes, bytes, fc.boolean()), { minLength: 1, maxLength: 5 });

/** Drops what is not there. */
const plain = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

describe('any plan', () => {
  it('leads from what there is to something that is accepted, by steps that can be gone', () => {
    let plans = 0;
    fc.assert(
      fc.property(anyHave, anyAccepts, ([from, size, virtualBytes, seekable, foreign], targets) => {
        const have = plain({ ...from, bytes: size, virtualBytes, seekable, foreign }) as PlanInput;
        const accepts = targets.map(([to, maxBytes, maxVirtualBytes, needsLength]) =>
          plain({ ...to, maxBytes, maxVirtualBytes, needsLength }),
        ) as Accept[];
        let plan: Plan;
        try {
          plan = planTransfer(have, accepts);
        } catch (error) {
          expect(['UNSUPPORTED', 'LIMIT']).toContain((error as ImgctlError).code);
          return;
        }
        plans += 1;
        expect(accepts).toContain(plan.accept);
        expect(plan.encoding).toEqual(plain({ format: plan.accept.format, compression: plan.accept.compression }));
        const isTouched = plan.convert !== undefined || plan.wrap !== undefined || plan.unwrap !== undefined;
        if (!isTouched)
          expect([have.compression, true]).toEqual([
            plan.accept.compression,
            have.format === plan.accept.format || isFlat(have.format) || have.format === 'ami',
          ]);
        if (plan.convert) {
          expect(readable.has(plan.convert.from) || plan.helper).toBe(true);
          expect(writable.has(plan.convert.to)).toBe(true);
          expect(have.compression).toBe(plan.unwrap);
        }
        if (plan.wrap) expect([plan.wrap, plan.accept.format]).toEqual(['gzip', 'raw']);
        if (plan.helper) expect(plan.spoolInput).toBe(true);
        if (!isTouched && have.bytes !== undefined) {
          expect(plan.spoolOutput).toBe(false);
          expect(have.bytes).toBeLessThanOrEqual(plan.accept.maxBytes ?? Infinity);
        }
        if (plan.wrap && plan.accept.needsLength) expect(plan.spoolOutput).toBe(true);
        expect(plan.steps.filter((step) => step === 'temporary file').length).toBe(
          Number(plan.spoolInput) + Number(plan.spoolOutput),
        );
      }),
      { numRuns: draws(2000) },
    );
    expect(plans).toBeGreaterThan(draws(100));
  });
});
