/** An image as a user names it: the profile, where one was written in front, and an id or a name. */
export interface Reference {
  readonly profile?: string;
  readonly image: string;
}

/**
 * Parses `PROFILE:IMAGE`. What stands before the first `:` is a profile only if `isProfile` says so, or if it is
 * `env:PROVIDER`; otherwise the whole text is the image.
 */
export function parseReference(text: string, isProfile: (name: string) => boolean): Reference {
  const ambient = /^(env:[a-z0-9-]+)(?::(.*))?$/s.exec(text);
  if (ambient?.[1] !== undefined) return { profile: ambient[1], image: ambient[2] ?? '' };
  const colon = text.indexOf(':');
  if (colon > 0 && isProfile(text.slice(0, colon))) return { profile: text.slice(0, colon), image: text.slice(colon + 1) };
  return { image: text };
}
