/** Gives the number of terminal columns that a text takes. */
export type Measure = (text: string) => number;

/** Texts of signs that are one column wide in every terminal, so that nothing needs loading to measure them. */
const narrow = /^[\u0020-\u02ff…✓–•→]*$/u;
export const isNarrow = (text: string): boolean => narrow.test(text);

const byLength: Measure = (text) => text.length;

/** A measure good for these texts. The tables of wide signs (CJK, emoji) are loaded only if one of the texts needs them. */
export async function measureFor(texts: Iterable<string>): Promise<Measure> {
  for (const text of texts) {
    if (isNarrow(text)) continue;
    const { default: stringWidth } = await import('string-width');
    return (one) => (isNarrow(one) ? one.length : stringWidth(one));
  }
  return byLength;
}

/** The text cut to so many columns, ending in `mark` where something was cut. Never cuts within a sign. */
export function cut(text: string, columns: number, measure: Measure, mark: string): string {
  if (measure(text) <= columns) return text;
  const room = columns - mark.length;
  if (room <= 0) return mark.slice(0, Math.max(0, columns));
  if (isNarrow(text)) return text.slice(0, room) + mark;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += measure(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept + mark;
}

const segmentsOf = (text: string): readonly string[] =>
  isNarrow(text) ? [...text] : [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);

/** As many of the signs, from the first on, as take no more than `columns`. */
function taken(signs: readonly string[], columns: number, measure: Measure): readonly string[] {
  let used = 0;
  const end = signs.findIndex((sign) => (used += measure(sign)) > columns);
  return end < 0 ? signs : signs.slice(0, end);
}

/** The text cut to so many columns in its middle, with `mark` where something is missing: names differ at their ends. */
export function cutMiddle(text: string, columns: number, measure: Measure, mark: string): string {
  if (measure(text) <= columns) return text;
  const room = columns - mark.length;
  if (room <= 0) return mark.slice(0, Math.max(0, columns));
  const half = Math.ceil(room / 2);
  if (isNarrow(text)) return text.slice(0, half) + mark + text.slice(text.length - (room - half));
  const signs = segmentsOf(text);
  const head = taken(signs, half, measure);
  const tail = taken([...signs].reverse(), room - measure(head.join('')), measure);
  return head.join('') + mark + [...tail].reverse().join('');
}

/** The text in pieces of at most so many columns; a sign that is wider stands alone. */
export function pieces(text: string, columns: number, measure: Measure): readonly string[] {
  if (measure(text) <= columns) return [text];
  const lines: string[] = [];
  let [line, used] = ['', 0];
  for (const sign of segmentsOf(text)) {
    const width = measure(sign);
    if (line !== '' && used + width > columns) {
      lines.push(line);
      [line, used] = ['', 0];
    }
    line += sign;
    used += width;
  }
  return line === '' ? lines : [...lines, line];
}
