const names: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  i386: 'i686',
  ppc64el: 'ppc64le',
  powerpc: 'ppc',
  armhf: 'armv7l',
};
const published = new Map(Object.entries(names).map(([word, name]) => [name, word]));

/** An architecture in the words of images elsewhere: distributions have names of their own. */
export const architectureOf = (word: string): string => (Object.hasOwn(names, word) ? (names[word] ?? word) : word);

/** The same in the words of publishers. */
export const publishedArchitecture = (name: string): string => published.get(name) ?? name;
