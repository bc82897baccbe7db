/** An object as it was published. Every field may be missing, null or of a kind not heard of yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The value if it is a text. */
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
/** A number of bytes, which some write as a text; absent: it is none. */
export function bytesIn(value: unknown): number | undefined {
  const bytes = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}

/** A text as JSON; absent: it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says which document it was.
    return undefined;
  }
}
