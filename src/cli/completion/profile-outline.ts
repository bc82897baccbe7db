import type { Driver } from '../../core/driver.ts';
import { given } from '../../core/image.ts';
import type { Secret } from '../../core/secret.ts';
import { withoutPassword } from '../../core/redact.ts';

/** What one checks a profile by, without secrets. */
export interface Outline {
  readonly address?: string;
  /** Who signs in. */
  readonly user?: string;
  /** What else the profile says. */
  readonly details: Readonly<Record<string, string>>;
}

/** Where the fields of a profile lead, as whom, and what else they say. */
export function outlineOf({ setup }: Pick<Driver, 'setup'>, fields: Readonly<Record<string, string | Secret>>): Outline {
  const text = (field: string | undefined): string | undefined => {
    const value = field === undefined ? undefined : fields[field];
    return typeof value === 'string' ? withoutPassword(value) : undefined;
  };
  const at = setup.where?.find(({ field }) => text(field) !== undefined)?.field;
  const way = setup.signIn?.find(({ needs }) => needs.length > 0 && needs.every((field) => fields[field] !== undefined));
  const who = way?.needs.find((field) => text(field) !== undefined);
  const rest = Object.keys(fields).filter((field) => field !== at && field !== who && text(field) !== undefined);
  return {
    ...given({ address: text(at), user: text(who) }),
    details: Object.fromEntries(rest.map((field) => [field, text(field) ?? ''])),
  };
}
