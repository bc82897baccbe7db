import { ImgctlError } from '../../../core/errors.ts';
import { inParallel } from '../../../engine/concurrency.ts';
import type { Surface } from '../../program/context.ts';

/** What was learned of each profile, in their order. One of which nothing can be is reported, and keeps no other back. */
export async function* sideBySide<Row>(
  names: readonly string[],
  learn: (name: string) => Promise<Row>,
  context: Surface,
): AsyncIterable<Row> {
  const rows = inParallel(context.settings.concurrencyLimit, names, (name) =>
    learn(name).catch(async (error: unknown) => {
      await context.report(error instanceof ImgctlError ? error.with({ profile: name }) : error);
      return undefined;
    }),
  );
  for (const row of rows) {
    const learned = await row;
    if (learned !== undefined) yield learned;
  }
}
