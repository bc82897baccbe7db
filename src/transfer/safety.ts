import { integrityError, usageError } from '../core/errors.ts';
import type { Format } from '../core/encoding.ts';
import type { Finding, Inspection } from './formats/inspection.ts';

/**
 * Refuses an image that is broken or reaches outside itself, unless every reason is allowed by its code.
 * Throws INTEGRITY with the reasons. Returns the findings that are worth a warning.
 */
export function checkSafety(name: string, { findings }: Inspection, allowed: readonly string[]): readonly Finding[] {
  const refused = findings.filter((finding) => finding.level === 'reject' && !allowed.includes(finding.code));
  const [first] = refused;
  if (!first) return findings.filter((finding) => finding.level === 'warn' || allowed.includes(finding.code));
  throw integrityError(`${name} is refused: ${refused.map((finding) => `${finding.message} [${finding.code}]`).join('; ')}`, {
    hint: `if that is meant to be so: --allow-unsafe ${refused.map((finding) => finding.code).join(',')}`,
  });
}

/** Throws USAGE when the user says that the source is of another format than its content shows. */
export function checkClaim(name: string, inspection: Inspection, claimed: Format | undefined): void {
  // Anything can be claimed to be raw bytes, but not what would be read as something else by whoever boots it.
  if (claimed === undefined || claimed === inspection.format || (claimed === 'raw' && inspection.format === 'iso')) return;
  throw usageError(`${name} is ${inspection.format} by its content, not ${claimed}`, { hint: 'leave --from-format out' });
}
