import type { Driver } from '../../core/driver.ts';
import { withoutPassword } from '../../core/redact.ts';

/**
 * Whether the value of a field is an address with what signs in, be it a token in the place of a user's name: it is shown wherever a
 * profile is, and that has fields of its own.
 */
export function isSigned({ profile, setup }: Driver, field: string, text: string): boolean {
  if (profile[field]?.secret) return false;
  const isAddress = (setup.where?.some((one) => one.field === field) ?? false) && !profile[field]?.paths;
  if (isAddress && /^[^/?#\s]*@/.test(text)) return true;
  return text.includes('://') && withoutPassword(text) !== text;
}

/** That it is, as messages say it. */
export const signedAddress = (field: string): string => `${field} holds a user name or a password`;

/** What to do about it. */
export const signInElsewhere = (field: string): string =>
  `Set ${field} to the address alone, and sign in by the fields for that.`;
