import { humanText } from './cell-text.ts';
import type { Io } from './io.ts';
import type { BufferedSink } from './output-buffer.ts';
import type { Writer } from './structured-output.ts';
import type { ChosenColumn } from './view.ts';

/**
 * A table of GitHub-flavoured Markdown, for a merge request or the summary of a job. Nothing in a value is markup there; times are as
 * programs read them, since it is read later. Nothing at all is written where there are no rows.
 */
export function markdownWriter<T>(chosen: readonly ChosenColumn<T>[], header: boolean, io: Io, out: BufferedSink): Writer<T> {
  const line = (cells: readonly string[]): string => `| ${cells.map(plain).join(' | ')} |\n`;
  let isHeaded = false;
  return {
    async add(item) {
      // Without a line of its own above it no table is one.
      if (!isHeaded) {
        await out.write(line(chosen.map(({ name, column }) => (header ? (column.title ?? name) : ''))));
        await out.write(`|${' --- |'.repeat(chosen.length)}\n`);
        isHeaded = true;
      }
      await out.write(line(chosen.map(({ column }) => textOf(column, item, io))));
    },
    end: async () => {},
  };
}

function textOf<T>(column: ChosenColumn<T>['column'], item: T, io: Io): string {
  const value = column.value(item);
  return humanText(column.kind === 'age' ? { value: column.value } : column, value, io, item);
}

/** The same text where its signs would be markup: `|` ends a cell, `<` begins a tag, the others a link, code or emphasis. */
const plain = (text: string): string => text.replace(/[\\|<>&*_[\]`~#]/g, String.raw`\$&`);
