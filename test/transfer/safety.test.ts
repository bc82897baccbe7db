import { describe, expect, it } from 'vitest';
import { ImgctlError } from '../../src/core/errors.ts';
import type { Finding, Inspection } from '../../src/transfer/formats/inspection.ts';
import { findingCodes, type FindingMeaning } from '../../src/transfer/formats/findings.ts';
import { checkClaim, checkSafety, type Use } from '../../src/transfer/safety.ts';

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
    expect(checkSafety('x', found(), [], 'asIs')).toEqual([]);
    expect(checkSafety('x', found(dirty), [], 'asIs')).toEqual([dirty]);
    expect(checkSafety('x', found(dirty, backing), ['backing_file'], 'asIs')).toEqual([dirty, backing]);
  });

  it('refuses with every reason that is not allowed: the cures first, the override last', () => {
    const error = errorOf(() => checkSafety('x', found(backing, log, dirty), [], 'asIs'));
    expect([error?.code, error?.message]).toEqual([
      'INTEGRITY',
      'refused: x: needs /etc/passwd [backing_file]; changes wait [log]',
    ]);
    expect(error?.circumstances.hint?.split('\n')).toEqual([
      'Flatten it with: qemu-img convert -O qcow2 x flat.qcow2',
      'Replay its log with: qemu-img check -r all x',
      'Override (risky): --allow-unsafe backing_file,log',
    ]);
    const left = errorOf(() => checkSafety('x', found(backing, log), ['log'], 'asIs'));
    expect(left?.message).toBe('refused: x: needs /etc/passwd [backing_file]');
    expect(left?.circumstances.hint).toContain('--allow-unsafe log,backing_file');
    expect(errorOf(() => checkSafety('x', found(backing), ['dirty', 'backing_files'], 'asIs'))?.code).toBe('INTEGRITY');
  });

  it.each<[string, Finding, Use, boolean]>([
    ['what is no disk', { ...log, code: 'banned_format' }, 'asIs', false],
    ['a disk that is not all in the file, passed on', backing, 'asIs', true],
    ['a disk that is not all in the file, passed on without its wrapper', backing, 'unwrapped', true],
    ['a disk that is not all in the file, read', backing, 'decoded', false],
    ['what ends the reading, passed on', { ...log, ends: 'disk' }, 'asIs', true],
    ['what ends the reading, read', { ...log, ends: 'disk' }, 'decoded', false],
    ['a broken wrapper, passed on', { ...log, ends: 'wrapper' }, 'asIs', true],
    ['a broken wrapper, taken off', { ...log, ends: 'wrapper' }, 'unwrapped', false],
    ['what can be read past', log, 'decoded', true],
  ])('%s: the override is named only where it works', (_what, finding, use, works) => {
    const hint = errorOf(() => checkSafety('x', found(finding), [], use))?.circumstances.hint;
    expect(hint?.includes('--allow-unsafe')).toBe(works);
    expect(errorOf(() => checkSafety('x', found(finding), [finding.code], use))?.code).toBe(works ? undefined : 'INTEGRITY');
  });

  it('every code has a cure where something is refused, an instruction', () => {
    for (const { cure } of Object.values<FindingMeaning>(findingCodes)) if (cure) expect(cure).toMatch(/^[A-Z][a-z]+ /);
  });
});

describe('a claim', () => {
  it('must be what the content shows; an ISO may be called raw, a qcow2 may not', () => {
    for (const claim of [undefined, 'qcow2'] as const) checkClaim('x', found(), claim);
    checkClaim('x', { format: 'iso', findings: [] }, 'raw');
    for (const claim of ['raw', 'vmdk'] as const) expect(errorOf(() => checkClaim('x', found(), claim))?.code).toBe('USAGE');
  });
});
