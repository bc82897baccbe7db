import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import type { Finding, Inspection } from '../../src/transfer/formats/inspection.ts';
import { checkClaim, checkSafety } from '../../src/transfer/safety.ts';

const backing: Finding = { level: 'reject', code: 'backing_file', message: 'needs /etc/passwd' };
const log: Finding = { level: 'reject', code: 'log', message: 'changes wait' };
const dirty: Finding = { level: 'warn', code: 'dirty', message: 'not closed' };
const found = (...findings: readonly Finding[]): Inspection => ({ format: 'qcow2', findings });
const errorOf = (work: () => unknown): ImgctlError | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as ImgctlError;
  }
};

describe('safety', () => {
  it('gives what is worth a warning', () => {
    expect(checkSafety('x', found(), [])).toEqual([]);
    expect(checkSafety('x', found(dirty), [])).toEqual([dirty]);
    expect(checkSafety('x', found(dirty, backing), ['backing_file'])).toEqual([dirty, backing]);
  });

  it('refuses with every reason that is not allowed, and says how to allow them', () => {
    const error = errorOf(() => checkSafety('x', found(backing, log, dirty), []));
    expect([error?.code, error?.message]).toEqual([
      'INTEGRITY',
      'x is refused: needs /etc/passwd [backing_file]; changes wait [log]',
    ]);
    expect(error?.circumstances.hint).toBe('if that is meant to be so: --allow-unsafe backing_file,log');
    expect(errorOf(() => checkSafety('x', found(backing, log), ['log']))?.message).toBe(
      'x is refused: needs /etc/passwd [backing_file]',
    );
    expect(errorOf(() => checkSafety('x', found(backing), ['dirty', 'backing_files']))?.code).toBe('INTEGRITY');
  });
});

describe('a claim', () => {
  it('must be what the content shows; an ISO may be called raw, a qcow2 may not', () => {
    for (const claim of [undefined, 'qcow2'] as const) checkClaim('x', found(), claim);
    checkClaim('x', { format: 'iso', findings: [] }, 'raw');
    for (const claim of ['raw', 'vmdk'] as const) expect(errorOf(() => checkClaim('x', found(), claim))?.code).toBe('USAGE');
  });
});
