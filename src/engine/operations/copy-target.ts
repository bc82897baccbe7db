/** Where a copy goes: an account, and a name there; an empty name: that of the source. */
export interface CopyTarget {
  readonly profile: string;
  readonly name: string;
}

/** As it would be typed for this target alone. */
export const targetText = ({ profile, name }: CopyTarget): string => (name === '' ? profile : `${profile}:${name}`);
