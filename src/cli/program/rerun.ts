import path from 'node:path';
import { usageError } from '../../core/errors.ts';
import { profileDirectory } from '../../engine/account/registry.ts';
import type { Resumption } from '../../engine/journal/resume.ts';
import { contextOf } from './command-context.ts';
import type { Command } from './command.ts';
import type { Rerun, Surface } from './context.ts';
import type { Option } from './option.ts';
import type { Arg, CommandEntry } from './shape.ts';
import { parseArguments } from './parse.ts';
import { globalOptions, settingsFrom, type Settings } from './settings.ts';

/** How the result is shown, and what is asked, is the business of who goes on with a run. */
const shownAs = (settings: Settings): Partial<Settings> => {
  const { format, columns, header, color, raw, quiet, verbose, debug, progress, yes, dryRun } = settings;
  return { format, columns, header, color, raw, quiet, verbose, debug, progress, yes, dryRun };
};

/** The values of options and arguments, with the files among them by the path that they have from everywhere. */
function filesFrom<Values extends object>(
  folder: string,
  shapes: Readonly<Record<string, Arg | Option>>,
  values: Values,
): Values {
  const isPath = (name: string, value: unknown): value is string =>
    shapes[name]?.completes === 'file' && typeof value === 'string' && value !== '-' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(value);
  const entries = Object.entries(values).map(([name, value]: readonly [string, unknown]) => [
    name,
    isPath(name, value) ? path.resolve(folder, value) : value,
  ]);
  return Object.fromEntries(entries) as Values;
}

/** The command of an earlier run, to go on with it: what is there already stays, or is filled. Throws USAGE where it is none. */
export async function rerunOf(
  { words, folder, profile, goOn, isPartly }: Resumption,
  surface: Surface,
  commands: readonly CommandEntry<Command>[],
): Promise<Rerun> {
  const { home, drivers, store } = surface;
  const { chosen, ...parsed } = await parseArguments(words, commands);
  if (!chosen) throw usageError(`this is no command: ${words.join(' ')}`);
  const { command } = chosen;
  const input = filesFrom(folder, { ...command.args, ...command.options }, parsed.input);
  const globals = filesFrom(folder, globalOptions, parsed.globals);
  const typed = globals.profile.length > 0 ? globals.profile : profile === undefined ? [] : [profile];
  const settings = { ...settingsFrom({ ...globals, profile: typed }, home.env), ...shownAs(surface.settings) };
  const directory = profileDirectory(await store.read(), home.env, settings.profile, drivers.usual);
  const again = isPartly && 'ifExists' in command.options ? { ...input, ifExists: 'skip' } : input;
  let failures = 0;
  const report = (error: unknown): Promise<void> => {
    failures += 1;
    return surface.report(error);
  };
  return {
    input: again,
    async run() {
      const context = contextOf({ ...surface, settings, directory, goOn, report }, command.needs);
      const outcome = await command.run(again, context);
      return { outcome, isWhole: failures === 0 };
    },
  };
}
