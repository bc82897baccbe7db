/** An object as it came from elsewhere. Every field may be missing, null or of a kind not heard of yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value if it is an object; otherwise an empty one, whose every field is absent. */
export const objectIn = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The objects of a list; nothing of anything else. */
export const objectsIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The value if it is a text; an empty one is a text too. */
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A text as JSON; absent: it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says what it was.
    return undefined;
  }
}

/** A text as a JSON object; absent: it is none. */
export function parseJson(text: string): JsonObject | undefined {
  const value = parsedJson(text);
  return isObject(value) ? value : undefined;
}
