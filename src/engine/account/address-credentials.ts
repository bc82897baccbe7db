import type { Driver } from '../../core/driver.ts';
import { holdsCredentials, withoutPassword } from '../../core/redact.ts';

/** Whether the value of a field is an address with what signs in: it is shown wherever a profile is, and that has fields of its own. */
export function isSigned({ profile, setup }: Driver, field: string, text: string): boolean {
  if (profile[field]?.secret) return false;
  const isAddress = setup.where?.some((one) => one.field === field) ?? false;
  if (isAddress && holdsCredentials(text.replace(/^[a-z]+:\/\//i, ''))) return true;
  return text.includes('://') && withoutPassword(text) !== text;
}

/** What to do about it. */
export const signInElsewhere = (field: string): string =>
  `Set ${field} to the address alone, and sign in by the fields for that.`;
