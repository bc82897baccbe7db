const sets: Readonly<Record<string, () => Promise<unknown>>> = {
  'scs-0102': async () => (await import('./scs-0102.json', { with: { type: 'json' } })).default,
};

/** Names of the sets of rules that come with imgctl. */
export const shippedNames: readonly string[] = Object.keys(sets);

/** A set that is shipped, as it would stand in a file; absent: there is none of that name. */
export const shippedRules = async (name: string): Promise<unknown> => (Object.hasOwn(sets, name) ? sets[name]?.() : undefined);
