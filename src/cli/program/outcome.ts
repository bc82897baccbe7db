import type { Io } from '../../ui/io.ts';
import { renderMany, renderOne, type RenderOptions } from '../../ui/render.ts';
import type { View } from '../../ui/view.ts';

/** How it is drawn. `dryRun`: it was not made, and says so in every format. */
export interface DrawOptions extends RenderOptions {
  readonly dryRun?: boolean;
}

/** What a command gives back: something that can draw itself on stdout, in the format that was asked for. */
export interface Outcome {
  draw(options: DrawOptions, io: Io): Promise<void>;
}

/** A list; `usual` are the columns of the table and of CSV when the user names none. */
export function many<T>(view: View<T>, items: AsyncIterable<T> | Iterable<T>, usual?: readonly string[]): Outcome {
  return {
    async draw(options, io) {
      const shown = usual && (options.format === 'table' || options.format === 'csv') ? { ...view, usual } : view;
      await renderMany(options.dryRun ? asPlan(shown, io.stdoutIsTerminal) : shown, items, options, io);
    },
  };
}

/** A single thing. */
export function one<T>(view: View<T>, item: T): Outcome {
  return { draw: (options, io) => renderOne(options.dryRun ? asPlan(view) : view, item, options, io) };
}

/** Text as it is. */
export function plainText(text: string): Outcome {
  return { draw: (_options, io) => io.stdout.write(text) };
}

/** The same view of what a dry run did not make. `inWords`: whoever reads the table is told otherwise. */
function asPlan<T>(view: View<T>, inWords = false): View<T> {
  const marked = (names: readonly string[]): readonly string[] =>
    inWords || names.includes('result') ? names : [...names, 'dryRun'];
  return {
    ...view,
    columns: { dryRun: { value: () => true }, ...view.columns },
    usual: marked(view.usual),
    wide: marked(view.wide),
    json: (item, options) => ({ dryRun: true, ...(view.json(item, options) as object) }),
  };
}
