/** What others call an architecture, by the name that images elsewhere have for it: first as Linux distributions do. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  x86_64: ['amd64', 'x86-64', 'x64'],
  aarch64: ['arm64'],
  i686: ['i386', 'i586', 'x86'],
  ppc64le: ['ppc64el', 'powerpc64le'],
  ppc64: ['powerpc64'],
  ppc: ['powerpc'],
  armv7l: ['armhf', 'armv7'],
  arm: ['armel'],
  mips64el: [],
  sparc64: [],
  riscv64: [],
  s390x: [],
  loongarch64: ['loong64'],
};

const names = new Map(Object.entries(otherNames).flatMap(([name, others]) => others.map((other) => [other, name])));

/** Every spelling that is known, the usual ones of distributions among them. */
export const knownArchitectures: readonly string[] = [...Object.keys(otherNames), ...names.keys()];

/** An architecture in the words of images elsewhere: distributions have names of their own. A word that is not known stays. */
export const architectureOf = (word: string): string => names.get(word.toLowerCase()) ?? word;

/** The same as Linux distributions that publish images call it. */
export const publishedArchitecture = (name: string): string => otherNames[name]?.[0] ?? name;

/** The names of all that are known, as such distributions have them. */
export const publishedArchitectures: readonly string[] = Object.keys(otherNames).map(publishedArchitecture).sort();
