import type { BufferedSink } from './output-buffer.ts';
import { isHostile, jsonText, safeYaml } from './sanitize.ts';
import type { ChosenColumn, View } from './view.ts';

/** Takes the items of a list one by one; `end` completes the document, or ends it where the source has `failed`. */
export interface Writer<T> {
  add(item: T): Promise<void>;
  end(failed: boolean): Promise<void>;
}

/** What the document of one item holds: all of its JSON, or the chosen columns under the names they were asked by. */
export type Documented<T> = (item: T) => unknown;

/** The document of each item of a view. */
export function documentOf<T>(view: View<T>, chosen: readonly ChosenColumn<T>[] | undefined, raw: boolean): Documented<T> {
  if (!chosen) return (item) => view.json(item, { raw });
  return (item) => Object.fromEntries(chosen.map(({ name, column }) => [name, column.value(item)]));
}

/** One JSON array, written as the items come. A source that failed leaves it open: who reads it must not take a part for the whole. */
export function jsonWriter<T>(of: Documented<T>, out: BufferedSink): Writer<T> {
  let begun = false;
  return {
    async add(item) {
      // As the only item of a list it is written with its indentation: `[`, a line end, the item, a line end, `]`.
      const text = jsonText([of(item)], 2).slice(1, -2);
      await out.write(`${begun ? ',' : '['}${text}`);
      begun = true;
    },
    end: (failed) => out.write(failed ? '\n' : begun ? '\n]\n' : '[]\n'),
  };
}

/** One JSON object a line. */
export function jsonlWriter<T>(of: Documented<T>, out: BufferedSink): Writer<T> {
  return { add: (item) => out.write(`${jsonText(of(item))}\n`), end: async () => {} };
}

/** One YAML list, written as the items come. */
export function yamlWriter<T>(of: Documented<T>, out: BufferedSink): Writer<T> {
  let begun = false;
  return {
    async add(item) {
      await out.write(await yamlText([of(item)]));
      begun = true;
    },
    end: async () => (begun ? undefined : out.write('[]\n')),
  };
}

/** A value as YAML that is harmless on a terminal. */
export async function yamlText(value: unknown): Promise<string> {
  const { toYaml } = await import('../host/yaml.ts');
  return safeYaml(toYaml(JSON.parse(JSON.stringify(value)) as unknown, isHostile));
}
