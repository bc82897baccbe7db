/** What must vouch for what is read, as it was typed, for whatever command it is that has this option. */
export const verifyAsked = ({ verify }: Readonly<Record<string, unknown>>): { readonly verify?: string } =>
  typeof verify === 'string' ? { verify } : {};
