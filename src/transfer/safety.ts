import type { Format } from '../core/encoding.ts';
import { integrityError, usageError, type ImgctlError } from '../core/errors.ts';
import { cureFor, isFindingCode, meaningOf } from './formats/findings.ts';
import type { Finding, Inspection } from './formats/inspection.ts';

/** What is to become of the bytes. A finding that ends the reading of what has to be read cannot be overridden, nor where nothing is done. */
export type Use = 'asIs' | 'unwrapped' | 'decoded' | 'inspected';

/** So many findings are told in a refusal; the others are only counted. */
const mostTold = 3;

/**
 * Refuses an image that is broken or reaches outside itself, unless every reason is allowed by its code and can be.
 * Throws INTEGRITY with the reasons, their cures, and the override where it leads to something. Returns the findings that are
 * worth a warning.
 */
export function checkSafety(name: string, inspection: Inspection, allowed: readonly string[], use: Use): readonly Finding[] {
  const error = refusalOf(name, inspection, allowed, use);
  if (error) throw error;
  return inspection.findings;
}

/** The refusal that `checkSafety` throws; absent where there is no reason for one. */
export function refusalOf(name: string, { findings }: Inspection, allowed: readonly string[], use: Use): ImgctlError | undefined {
  const isAllowed = (finding: Finding): boolean => allowed.includes(finding.code) && canOverride(finding, use);
  const refused = findings.filter((finding) => finding.level === 'reject' && !isAllowed(finding));
  if (refused.length === 0) return undefined;
  const told = refused.slice(0, mostTold).map(({ message, code }) => `${message} [${code}]`);
  if (refused.length > mostTold) told.push(`${refused.length - mostTold} more`);
  const cures = refused.flatMap((finding) => cureFor(finding, name) ?? []);
  const override = refused.every((finding) => canOverride(finding, use))
    ? [`Override (risky): --allow-unsafe ${[...new Set([...allowed, ...refused.map(({ code }) => code)])].join(',')}`]
    : [];
  const hint = [...new Set(cures), ...override].join('\n');
  return integrityError(`refused: ${name}: ${told.join('; ')}`, hint === '' ? {} : { hint });
}

function canOverride({ code, ends }: Finding, use: Use): boolean {
  const limit = isFindingCode(code) ? meaningOf(code).override : undefined;
  if (limit === 'never' || use === 'inspected') return false;
  return use === 'asIs' || (use === 'unwrapped' ? ends !== 'wrapper' : limit === undefined && ends === undefined);
}

/** Throws USAGE when the user says that the source is of another format than its content shows. */
export function checkClaim(name: string, inspection: Inspection, claimed: Format | undefined): void {
  // Anything can be claimed to be raw bytes, but not what would be read as something else by whoever boots it.
  if (claimed === undefined || claimed === inspection.format || (claimed === 'raw' && inspection.format === 'iso')) return;
  throw usageError(`${name} is ${inspection.format} by its content, not ${claimed}`, { hint: 'Omit --from-format.' });
}
