import type { Io } from '../ui/io.ts';
import { renderMany, renderOne, type RenderOptions } from '../ui/render.ts';
import type { View } from '../ui/view.ts';

/** What a command gives back: something that can draw itself on stdout, in the format that was asked for. */
export interface Outcome {
  draw(options: RenderOptions, io: Io): Promise<void>;
}

/** A list; `usual` are the columns of the table and of CSV when the user names none. */
export function many<T>(view: View<T>, items: AsyncIterable<T> | Iterable<T>, usual?: readonly string[]): Outcome {
  return {
    async draw(options, io) {
      const shown = usual && (options.format === 'table' || options.format === 'csv') ? { ...view, usual } : view;
      await renderMany(shown, items, options, io);
    },
  };
}

/** A single thing. */
export function one<T>(view: View<T>, item: T): Outcome {
  return { draw: (options, io) => renderOne(view, item, options, io) };
}

/** Text as it is. */
export function plainText(text: string): Outcome {
  return { draw: (_options, io) => io.stdout.write(text) };
}
