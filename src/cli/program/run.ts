import { abortedError, ImgctlError } from '../../core/errors.ts';
import { createRedactor, type Redactor } from '../../core/redact.ts';
import { printError, type ErrorOptions } from '../../ui/error-message.ts';
import { PipeClosed, type Io } from '../../ui/io.ts';
import { clearedFirst, createProgress, type ProgressDisplay, type ProgressMode } from '../../ui/progress.ts';
import { commands } from '../commands/index.ts';
import type { Surface } from './context.ts';
import { contextOf } from './command-context.ts';
import { drawOutcome } from './draw-outcome.ts';
import { exitCodeOf, type RunStatus, type RunInHand } from './exit-code.ts';
import { parseArguments, type Parsed } from './parse.ts';
import { machineFormats, outputFormats, reportFormats, settingsFrom, type Settings } from './settings.ts';
import { archAsked } from '../options/arch.ts';
import { verifyAsked } from '../options/verify.ts';
import { waitLimits } from '../options/wait.ts';
import { makeSurface } from './surface.ts';
import type { QuietWorld, World } from './world.ts';

/** Runs one command line and gives its exit status. Never throws; everything it has to say is on the Io of the world. */
export async function run(argv: readonly string[], surroundings: World): Promise<number> {
  const redactor = createRedactor();
  // What is typed may hold addresses with credentials, which messages and plans would repeat.
  for (const word of argv) redactor.learnAddress(word);
  let world: QuietWorld = { ...surroundings, io: withMaskedStderr(surroundings.io, redactor), redactor };
  const wish = { json: wantsJson(argv, world), debug: argv.includes('--debug') };
  const ending: RunStatus = { status: 0, failures: [] };
  const wishNow = (): ErrorOptions => ({ ...wish, run: ending.journal?.opened?.id });
  let progress: ProgressDisplay | undefined;
  world.onCrash?.((error) => {
    progress?.stop();
    return failed(error, wishNow(), world);
  });
  try {
    const parsed = await parseArguments(argv, commands);
    if (parsed.version) {
      await world.io.stdout.write(`imgctl ${world.version}\n`);
      return 0;
    }
    const settings = {
      ...settingsFrom(parsed.globals, world.home.env),
      ...waitLimits(parsed.input),
      ...verifyAsked(parsed.input),
      ...archAsked(parsed.chosen?.command.options, parsed.input),
    };
    const { color } = settings;
    if (color !== undefined) world = { ...world, io: { ...world.io, color, errorColor: color } };
    progress = createProgress(settings.quiet ? 'none' : ((settings.progress ?? 'auto') as ProgressMode), world.io);
    world = { ...world, io: { ...world.io, stdout: clearedFirst(world.io, progress) } };
    return written(ending, await runParsed(parsed, settings, world, { progress, ending, words: argv }));
  } catch (error) {
    progress?.stop();
    // Nobody reads what came of it: what has failed by then has failed all the same.
    if (error instanceof PipeClosed) return written(ending, await exitCodeOf(ending, world.signal, false, world.io));
    ending.failures.push(error);
    return written(ending, await failed(error, wishNow(), world));
  }
}

/** The journal of a run that has changed something says how it ended. */
function written({ journal, failures }: RunStatus, status: number): number {
  journal?.opened?.end(status, failures);
  return status;
}

/** Providers may quote in an error what they were sent, credentials and all: stderr shows none of it. */
const withMaskedStderr = (io: Io, redactor: Redactor): Io => ({
  ...io,
  stderr: { write: (text) => io.stderr.write(redactor.hide(text)) },
});

async function failed(error: unknown, wish: ErrorOptions, world: World): Promise<number> {
  if (error instanceof PipeClosed) return 0;
  const { aborted, reason } = world.signal;
  // Whatever a stopped piece of work throws, it is no bug.
  const failure = aborted && !(error instanceof ImgctlError) ? abortedError('interrupted') : error;
  try {
    return await printError(failure, { ...wish, exitCode: aborted && typeof reason === 'number' ? reason : undefined }, world.io);
  } catch {
    return 1;
  }
}

/** The format that a word asks for, or the one behind it. */
const formatIn = (word: string, before: string | undefined): string | undefined =>
  /^(?:-[nyqv]*o|--output)$/.test(before ?? '') ? word : /^(?:-[nyqv]*o|--output=)(\w+)$/.exec(word)?.[1];

const isFormat = (word: string | undefined): boolean => [...outputFormats, ...reportFormats].some((known) => known === word);

/** Whether failures are wanted as JSON; asked before anything is parsed, so that a usage error is JSON too. The last format counts. */
function wantsJson(argv: readonly string[], world: World): boolean {
  const typed = argv.map((word, index) => formatIn(word, argv[index - 1])).findLast((format) => isFormat(format));
  return machineFormats.includes(typed ?? (argv.includes('--json') ? 'json' : (world.home.env.IMGCTL_OUTPUT ?? '')));
}

async function runParsed(parsed: Parsed, settings: Settings, world: QuietWorld, run: RunInHand): Promise<number> {
  const { progress, ending } = run;
  const surface = await makeSurface(settings, world, run);
  if (surface.journal) ending.journal = surface.journal;
  try {
    if (parsed.help || !parsed.chosen) await world.io.stdout.write(await helpFor(parsed, surface));
    else await drawOutcome(parsed.chosen, parsed.input, contextOf(surface, parsed.chosen.command.needs));
  } finally {
    progress.stop();
  }
  return exitCodeOf(ending, world.signal, machineFormats.includes(settings.format), world.io);
}

async function helpFor({ chosen, group }: Parsed, surface: Surface): Promise<string> {
  const { commandHelp, firstHelp, groupHelp } = await import('../help/help.ts');
  if (chosen) return commandHelp(chosen, surface);
  return group === undefined ? firstHelp(commands) : groupHelp(group, commands);
}
