const names: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  i386: 'i686',
  ppc64el: 'ppc64le',
  powerpc: 'ppc',
  armhf: 'armv7l',
};

/** An architecture in the words of images elsewhere: distributions have names of their own. */
export const architectureOf = (word: string): string => (Object.hasOwn(names, word) ? (names[word] ?? word) : word);
