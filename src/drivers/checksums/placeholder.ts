import { configError } from '../../core/errors.ts';

const known = ['release', 'version', 'arch', 'serial'] as const;
export type Placeholder = (typeof known)[number];

/** What stands in the place of each. */
export type Filling = Readonly<Partial<Record<Placeholder, string>>>;

const isKnown = (name: string): name is Placeholder => known.some((one) => one === name);

/** The placeholders of a text. Throws CONFIG for an unknown one. */
export const placeholdersIn = (text: string): readonly Placeholder[] =>
  [...text.matchAll(/\{(\w*)\}/g)].map(([, name = '']) => {
    if (isKnown(name)) return name;
    throw configError(`unknown placeholder {${name}}`, { hint: `Use ${known.map((one) => `{${one}}`).join(', ')}.` });
  });

export const filled = (text: string, filling: Filling): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (isKnown(name) ? (filling[name] ?? whole) : whole));
