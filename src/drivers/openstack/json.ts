/** A text that is there and not empty; otherwise absent. */
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** A value that a document says is text, as text: what comes as something else is written as JSON. Absent: there is none. */
export const asText = (value: unknown): string | undefined =>
  value === undefined || value === null || typeof value === 'string' ? textIn(value) : JSON.stringify(value);

/** A time; one without a zone is UTC, as OpenStack writes its own. */
export function timeIn(value: unknown): string | undefined {
  const text = textIn(value);
  // As nearly all of a long list are.
  if (text === undefined || text.endsWith('Z')) return text;
  return text.replace(/^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)$/, '$1T$2Z');
}

/** The texts of a JSON array; nothing of anything else. */
export const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** The words of a comma-separated list, such as Glance's `stores`. Absent or empty: none. */
export const wordsIn = (value: unknown): readonly string[] =>
  textIn(value)
    ?.split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '') ?? none;

const none: readonly string[] = [];
