import path from 'node:path';
import { unsupportedError, usageError } from '../../core/errors.ts';
import { profileDirectory } from '../../engine/account/registry.ts';
import type { CallRef } from '../../engine/journal/entry.ts';
import type { Resumption } from '../../engine/journal/resume.ts';
import { imageView } from '../../ui/views/image.ts';
import { descriptionFrom, type DescriptionValues } from '../options/fields.ts';
import { contextOf } from './command-context.ts';
import type { Command } from './command.ts';
import type { Rerun, Surface } from './context.ts';
import type { Option } from './option.ts';
import type { Arg, CommandEntry } from './shape.ts';
import { one } from './outcome.ts';
import { parseArguments } from './parse.ts';
import { carriedOut } from './plan.ts';
import { archAsked } from '../options/arch.ts';
import { verifyAsked } from '../options/verify.ts';
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

/** The call of an earlier run, to go on with it. Throws UNSUPPORTED where it is none of those that can be. */
async function recallOf(call: CallRef, { goOn, isPartly }: Resumption, surface: Surface): Promise<Rerun> {
  const { callAgain } = await import('../../engine/api/call-again.ts');
  const again = callAgain(call, isPartly, { ...surface, goOn });
  if (!again) throw unsupportedError(`${call.name} cannot be resumed: what it does is done in one step`);
  return {
    labels: () => again.labels,
    async run() {
      const outcome = await carriedOut(await again.prepare(), surface, (image) => one(imageView, image));
      return { outcome, isWhole: true };
    },
  };
}

/** The command, or the call, of an earlier run, to go on with it: what is there already stays, or is filled. Throws USAGE where it is none. */
export async function rerunOf(
  resumption: Resumption,
  surface: Surface,
  commands: readonly CommandEntry<Command>[],
): Promise<Rerun> {
  if (resumption.call) return recallOf(resumption.call, resumption, surface);
  const { words, folder, profile, goOn, isPartly } = resumption;
  const { home, drivers, store } = surface;
  const { chosen, ...parsed } = await parseArguments(words, commands);
  if (!chosen) throw usageError(`this is no command: ${words.join(' ')}`);
  const { command } = chosen;
  const named = filesFrom(folder, { ...command.args, ...command.options }, parsed.input);
  const { verify } = verifyAsked(named);
  const input =
    verify === undefined ? named : { ...named, verify: (await import('../../engine/trust/policy.ts')).demandAt(folder, verify) };
  const globals = filesFrom(folder, globalOptions, parsed.globals);
  const typed = globals.profile.length > 0 ? globals.profile : profile === undefined ? [] : [profile];
  const settings = {
    ...settingsFrom({ ...globals, profile: typed }, home.env),
    ...verifyAsked(input),
    ...archAsked(command.options, input),
    ...shownAs(surface.settings),
    // The profile that was the current one then was not typed.
    isProfileTyped: globals.profile.length > 0,
  };
  const { sources } = surface.directory;
  const directory = profileDirectory({
    book: await store.read(),
    env: home.env,
    chosen: settings.profile,
    isTyped: settings.isProfileTyped,
    usual: drivers.usual,
    sources,
  });
  const again = isPartly && 'ifExists' in command.options ? { ...input, ifExists: 'skip' } : input;
  let failures = 0;
  const report = (error: unknown): Promise<void> => {
    failures += 1;
    return surface.report(error);
  };
  return {
    labels: () => descriptionFrom(again as DescriptionValues),
    async run() {
      const context = contextOf({ ...surface, settings, directory, goOn, report }, command.needs);
      const outcome = await command.run(again, context);
      return { outcome, isWhole: failures === 0 };
    },
  };
}
