/** So many of something, such as `1 image` or `2 images`. */
export const pluralize = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
