const usualWidth = 80;

/** Help for every terminal: lines are folded between words. What is set off by blanks (commands, tables) stays as it is. */
export const wordWrap = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.startsWith(' ') ? line : folded(line)))
    .join('\n');

function folded(line: string): string {
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= usualWidth) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
