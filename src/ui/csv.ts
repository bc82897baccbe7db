import type { Writer } from './structured-output.ts';
import type { BufferedSink } from './output-buffer.ts';
import type { Io } from './io.ts';
import { machineText } from './cell-text.ts';
import { safe, safeKeepingLines } from './sanitize.ts';
import type { ChosenColumn, View } from './view.ts';

/** Tab-separated lines of machine values for pipes; tabs and line ends within values are shown escaped. */
export function tabWriter<T>(chosen: readonly ChosenColumn<T>[], header: boolean, out: BufferedSink): Writer<T> {
  return lineWriter(chosen, header, out, (cells) => `${cells.map(safe).join('\t')}\n`);
}

/** CSV after RFC 4180: CRLF, quotes doubled. On a terminal line ends within values are escaped too, lest they look like rows. */
export function csvWriter<T>(chosen: readonly ChosenColumn<T>[], header: boolean, io: Io, out: BufferedSink): Writer<T> {
  const harmless = io.stdoutIsTerminal ? safe : safeKeepingLines;
  return lineWriter(chosen, header, out, (cells) => `${cells.map((cell) => quoted(harmless(cell))).join(',')}\r\n`);
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function lineWriter<T>(
  chosen: readonly ChosenColumn<T>[],
  header: boolean,
  out: BufferedSink,
  line: (cells: readonly string[]) => string,
): Writer<T> {
  let headed = !header;
  const head = async (): Promise<void> => {
    if (headed) return;
    headed = true;
    await out.write(line(chosen.map(({ name }) => name)));
  };
  return {
    async add(item) {
      await head();
      await out.write(line(chosen.map(({ column }) => machineText(column.value(item)))));
    },
    // A failure before the first row leaves nothing to stand under the names.
    end: async (failed) => (failed ? undefined : head()),
  };
}

/** One id a line; nothing for what has none. */
export function idWriter<T>(view: View<T>, out: BufferedSink): Writer<T> {
  return {
    async add(item) {
      const id = view.id(item);
      if (id !== '') await out.write(`${safe(id)}\n`);
    },
    end: async () => {},
  };
}
