import type { Next } from '../../core/hint.ts';

/** The options that say where a command leads, as they were typed: a command that leads on has them too. */
export function whereTyped({
  profile = [],
  isProfileTyped = true,
  region,
}: {
  readonly profile?: readonly string[];
  /** Absent: they were typed. */
  readonly isProfileTyped?: boolean;
  readonly region?: string | undefined;
}): NonNullable<Next['options']> {
  const [only, ...others] = isProfileTyped ? profile : [];
  return {
    ...(only === undefined || others.length > 0 ? {} : { profile: only }),
    ...(region === undefined ? {} : { region }),
  };
}
