import { csvWriter, idWriter, tabWriter } from './csv.ts';
import { documentOf, jsonlWriter, jsonWriter, yamlText, yamlWriter, type Writer } from './structured-output.ts';
import { markdownWriter } from './markdown.ts';
import { bufferOutput, type BufferedSink } from './output-buffer.ts';
import { tableFor } from './table.ts';
import { PipeClosed, type Io } from './io.ts';
import { details } from './details.ts';
import { jsonText } from './sanitize.ts';
import { columnNamed, columnsOf, type ChosenColumn, type OutputFormat, type View } from './view.ts';

/** How a result is to be written. `columns` absent or empty: the view's own. `raw`: with the provider's record. */
export interface RenderOptions {
  readonly format: OutputFormat;
  readonly columns?: readonly string[] | undefined;
  readonly header: boolean;
  readonly raw: boolean;
}

/**
 * Writes a list to stdout as its items come, and gives their number. Of a source that failed before its first item nothing is
 * written; a JSON array that breaks off later is not closed. What it threw is thrown on. Throws USAGE for an unknown column before
 * the first item is asked for, and `PipeClosed` when nobody reads.
 */
export async function renderMany<T>(
  view: View<T>,
  items: AsyncIterable<T> | Iterable<T>,
  options: RenderOptions,
  io: Io,
): Promise<number> {
  const out = bufferOutput(io.stdout);
  const writer = writerFor(view, options, io, out);
  let count = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const item of items) {
      await writer.add(item);
      count += 1;
    }
  } catch (error) {
    if (error instanceof PipeClosed) throw error;
    failure = { error };
  }
  try {
    // An empty list is an answer, and a failure is none.
    if (!failure || count > 0) await writer.end(failure !== undefined);
    await out.end();
  } catch (error) {
    failure ??= { error };
  }
  if (failure) throw failure.error;
  if (count === 0 && isTable(options.format) && io.stdoutIsTerminal) await io.stderr.write(`no ${view.name}\n`);
  return count;
}

/** Writes one item to stdout: a sheet of field and value, or one document. Throws as `renderMany` does. */
export async function renderOne<T>(view: View<T>, item: T, options: RenderOptions, io: Io): Promise<void> {
  const { format } = options;
  if (format === 'csv' || format === 'markdown' || format === 'id') return void (await renderMany(view, [item], options, io));
  const asked = askedColumns(view, options);
  if (isTable(format)) return io.stdout.write(await details(item, asked ?? allColumns(view, options.raw), io));
  const document = documentOf(view, asked, options.raw)(item);
  if (format === 'yaml') return io.stdout.write(await yamlText(document));
  return io.stdout.write(`${jsonText(document, format === 'json' ? 2 : 0)}\n`);
}

/** Throws USAGE, as drawing would, where the columns that were asked for are none of the view's. */
export function checkColumns<T>(view: View<T>, { columns, format }: Pick<RenderOptions, 'columns' | 'format'>): void {
  if (columns && columns.length > 0) columnsOf(view, columns, format);
}

const isTable = (format: OutputFormat): boolean => format === 'table' || format === 'wide';

function askedColumns<T>(view: View<T>, { columns, format }: RenderOptions): readonly ChosenColumn<T>[] | undefined {
  return columns && columns.length > 0 ? columnsOf(view, columns, format) : undefined;
}

function allColumns<T>(view: View<T>, raw: boolean): readonly ChosenColumn<T>[] {
  const chosen = Object.entries(view.columns).map(([name, column]) => ({ name, column }));
  const record = raw ? columnNamed(view, 'raw') : undefined;
  return record ? [...chosen, record] : chosen;
}

function writerFor<T>(view: View<T>, options: RenderOptions, io: Io, out: BufferedSink): Writer<T> {
  const { format, header, raw } = options;
  const asked = askedColumns(view, options);
  if (format === 'id') return idWriter(view, out);
  if (format === 'csv') return csvWriter(asked ?? columnsOf(view, undefined, format), header, io, out);
  if (format === 'markdown') return markdownWriter(asked ?? columnsOf(view, undefined, format), header, io, out);
  if (isTable(format)) {
    const chosen = asked ?? columnsOf(view, undefined, format);
    if (!io.stdoutIsTerminal) return tabWriter(chosen, header, out);
    return tableFor(view, chosen, { header, whole: format === 'wide', usual: !asked }, io, out);
  }
  const of = documentOf(view, asked, raw);
  if (format === 'yaml') return yamlWriter(of, out);
  return format === 'json' ? jsonWriter(of, out) : jsonlWriter(of, out);
}
