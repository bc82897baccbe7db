import { abortedError, exitCodes, ImgctlError } from '../../core/errors.ts';
import type { Call, Note, OperationName } from '../../core/operation.ts';
import { hasFolder, type Home } from '../../host/folders.ts';
import { createRedactor, type Redactor } from '../../http/redact.ts';
import type { ProfileStore } from '../../profiles/store.ts';
import { showFailure } from '../../ui/failure.ts';
import { PipeClosed, type Io } from '../../ui/io.ts';
import { checkColumns } from '../../ui/render.ts';
import { columnNamed } from '../../ui/view.ts';
import { clearedFirst, createProgress, type ProgressDisplay, type ProgressMode } from '../../ui/progress.ts';
import type { Needs } from './command.ts';
import { commands } from '../commands/index.ts';
import type { Context, Surface } from './context.ts';
import { profileDirectory } from '../../engine/account/registry.ts';
import { ask } from './prompt.ts';
import { discover } from '../../engine/account/discover.ts';
import { DryRunStop } from '../../engine/dry-run.ts';
import { warnOfVariables } from './environment.ts';
import { endOf, type Ending } from './exit.ts';
import { one } from './outcome.ts';
import { stdinBytes, stdinText } from './stdin.ts';
import { parseArguments, type Chosen, type Parsed } from './parse.ts';
import { storeAt } from '../../engine/account/store.ts';
import { openAt } from '../../engine/account/open.ts';
import { toolsFor } from '../../engine/account/services.ts';
import { withUsage } from './usage-line.ts';
import { settingsFrom, type Settings } from './settings.ts';
import type { Account } from '../../engine/account/account.ts';
import type { DriverList } from '../../engine/context.ts';
import type { Action } from '../../core/action.ts';
import { actionView } from './action-view.ts';

/** What the program stands in: everything it knows of the process it runs in. */
export interface World {
  readonly io: Io;
  readonly home: Home;
  readonly drivers: DriverList;
  readonly version: string;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP; the reason is the exit status, 130, 143 or 129. */
  readonly signal: AbortSignal;
  /** All of standard input. */
  readStdin(): AsyncIterable<Uint8Array>;
  /** Bytes for standard output. */
  writeStdout(bytes: Uint8Array): Promise<void>;
  /** Takes what shows an error that nobody has caught, without secrets, and gives the exit status. It never throws. */
  onCrash?(show: (error: unknown) => Promise<number>): void;
}

/** A world whose stderr shows none of the secrets that the redactor knows. */
interface QuietWorld extends World {
  readonly redactor: Redactor;
}

/** Runs one command line and gives its exit status. Never throws; everything it has to say is on the Io of the world. */
export async function run(argv: readonly string[], surroundings: World): Promise<number> {
  const redactor = createRedactor();
  // What is typed may hold addresses with credentials, which messages and plans would repeat.
  for (const word of argv) redactor.learnAddress(word);
  let world: QuietWorld = { ...surroundings, io: withoutSecrets(surroundings.io, redactor), redactor };
  const wish = { json: wantsJson(argv, world), debug: argv.includes('--debug') };
  let progress: ProgressDisplay | undefined;
  world.onCrash?.((error) => {
    progress?.stop();
    return failed(error, wish, world);
  });
  try {
    const parsed = await parseArguments(argv, commands);
    if (parsed.version) {
      await world.io.stdout.write(`imgctl ${world.version}\n`);
      return 0;
    }
    const settings = settingsFrom(parsed.globals, world.home.env);
    const { color } = settings;
    if (color !== undefined) world = { ...world, io: { ...world.io, color, errorColor: color } };
    progress = createProgress(settings.quiet ? 'none' : ((settings.progress ?? 'auto') as ProgressMode), world.io);
    world = { ...world, io: { ...world.io, stdout: clearedFirst(world.io, progress) } };
    return await runParsed(parsed, settings, world, progress);
  } catch (error) {
    progress?.stop();
    return await failed(error, wish, world);
  }
}

/** Providers may quote in an error what they were sent, credentials and all: stderr shows none of it. */
const withoutSecrets = (io: Io, redactor: Redactor): Io => ({
  ...io,
  stderr: { write: (text) => io.stderr.write(redactor.hide(text)) },
});

async function failed(error: unknown, wish: { readonly json: boolean; readonly debug: boolean }, world: World): Promise<number> {
  if (error instanceof PipeClosed) return 0;
  const { aborted, reason } = world.signal;
  // Whatever a stopped piece of work throws, it is no bug.
  const failure = aborted && !(error instanceof ImgctlError) ? abortedError('interrupted') : error;
  try {
    return await showFailure(
      failure,
      { ...wish, exitCode: aborted && typeof reason === 'number' ? reason : undefined },
      world.io,
    );
  } catch {
    return 1;
  }
}

const machineFormats = ['json', 'jsonl'];

/** Whether failures are wanted as JSON; asked before anything is parsed, so that a usage error is JSON too. */
function wantsJson(argv: readonly string[], world: World): boolean {
  const typed =
    argv.find((_, index) => ['-o', '--output'].includes(argv[index - 1] ?? '')) ??
    argv.map((word) => /^(?:-o|--output=)(\w+)$/.exec(word)?.[1]).find(Boolean);
  return argv.includes('--json') || machineFormats.includes(typed ?? world.home.env.IMGCTL_OUTPUT ?? '');
}

async function runParsed(parsed: Parsed, settings: Settings, world: QuietWorld, progress: ProgressDisplay): Promise<number> {
  const ending: Ending = { status: 0 };
  const surface = await makeSurface(settings, world, progress, ending);
  // A region is where a new image is made: at the other end of a copy it says nothing.
  const elsewhere: Surface = { ...surface, settings: { ...settings, region: undefined } };
  // Opened once, however many images are in it: to open it may ask a program for a secret, and signs in.
  const opened = new Map<string, Promise<Account>>();
  const context: Context<Needs> = {
    ...surface,
    at(end, profile) {
      const key = JSON.stringify([end, profile]);
      const open = () => openAt(profile, parsed.chosen?.command.needs[end] ?? [], end === 'from' ? elsewhere : surface);
      const one = opened.get(key) ?? open();
      opened.set(key, one);
      return one as Promise<Account<OperationName>>;
    },
  };
  try {
    if (parsed.help || !parsed.chosen) await world.io.stdout.write(await helpFor(parsed, surface));
    else await drawOutcome(parsed.chosen, parsed.input, context);
  } finally {
    progress.stop();
  }
  return endOf(ending, world.signal, machineFormats.includes(settings.format), world.io);
}

async function helpFor({ chosen, group }: Parsed, surface: Surface): Promise<string> {
  const { commandHelp, firstHelp, groupHelp } = await import('../help/help.ts');
  if (chosen) return commandHelp(chosen, surface);
  return group === undefined ? firstHelp(commands) : groupHelp(group, commands);
}

async function drawOutcome(chosen: Chosen, input: Parsed['input'], context: Context<Needs>): Promise<void> {
  const { settings, io } = context;
  const { command } = chosen;
  const options = {
    format: settings.format,
    header: settings.header !== false,
    raw: settings.raw === true,
    ...(settings.columns.length > 0 ? { columns: settings.columns } : {}),
  };
  const view = command.draws?.(input);
  const isPlan = settings.dryRun === true && view !== undefined && command.isHarmless !== true;
  const ofPlan = options.columns?.filter((name) => columnNamed(actionView, name) !== undefined) ?? [];
  if (view && !(isPlan && ofPlan.length === options.columns?.length)) checkColumns(view, options);
  if (isPlan) context.say('dry run: nothing is sent or changed');
  let planned: Action | undefined;
  const outcome = await command.run(input, context).catch((error: unknown) => {
    if (!(error instanceof DryRunStop)) throw withUsage(error, chosen);
    planned = hidden(error.planned, context);
    return one(actionView, planned);
  });
  await outcome?.draw({ ...options, ...(planned ? { columns: ofPlan } : {}), dryRun: isPlan }, io);
}

/** A plan without the secrets that are known; those that are not yet are `Secret`s in it. */
const hidden = (planned: Action, { redactor }: Surface): Action => JSON.parse(redactor.hide(JSON.stringify(planned))) as Action;

async function makeSurface(settings: Settings, world: QuietWorld, progress: ProgressDisplay, ending: Ending): Promise<Surface> {
  const { io, home, drivers, version, signal } = world;
  const kept = storeAt(home, (message) => surface.warn(message));
  // In a dry run a change is made in the mind only.
  const store: ProfileStore = settings.dryRun ? { ...kept, change: async (change) => change(await kept.read()) } : kept;
  const directory = profileDirectory(await store.read(), home.env, settings.profile, drivers.usual);
  const failureWish = { json: machineFormats.includes(settings.format), debug: settings.debug === true };
  const warned = new Set<string>();
  const surface: Surface = {
    io,
    home,
    settings,
    drivers,
    commands,
    store,
    directory,
    progress,
    signal,
    redactor: world.redactor,
    version,
    isInteractive: io.stdinIsTerminal && io.stderrIsTerminal,
    now: () => io.now(),
    task: (title, options) => progress.task(title, options),
    ...(settings.debug ? { trace: (line: string) => progress.line(line) } : {}),
    call: () => newCall(settings, signal, surface),
    tools: () => toolsFor(surface),
    warn: (message) => {
      // A transfer that is tried again warns again.
      if (settings.quiet || warned.has(message)) return;
      warned.add(message);
      progress.line(`warning: ${message}`, 'warning');
    },
    say: (message) => {
      if (!settings.quiet && !machineFormats.includes(settings.format)) progress.line(message);
    },
    detail: (message) => {
      if (settings.verbose || settings.debug) progress.line(message);
    },
    async report(error) {
      ending.status = exitCodes.PARTIAL;
      progress.hide();
      ending.told = await showFailure(error, failureWish, io);
    },
    async reportAs(error) {
      // Of several the worst counts: the codes rise with what is wrong.
      ending.status = Math.max(ending.status, error.exitCode);
      progress.hide();
      ending.told = await showFailure(error, failureWish, io);
    },
    confirm(question, lockedProfile, details) {
      progress.hide();
      return ask(question, { lockedProfile, details }, settings, io);
    },
    confirmLoss: async (loss, at) => (await import('../options/confirm.ts')).confirmLoss(surface, loss, at),
    discover: () => discover(surface),
    readStdin: () => stdinText(world),
    stdinBytes: () => stdinBytes(world),
    stdoutBytes: (bytes) => world.writeStdout(bytes),
  };
  await warnOfVariables(surface);
  if (!hasFolder('config', home)) surface.warn('HOME is not set to an absolute path: no profiles are read');
  return surface;
}

function newCall(settings: Settings, signal: AbortSignal, surface: Pick<Surface, 'progress' | 'warn'>): Call {
  return {
    signal,
    retries: { left: settings.retryLimit },
    note(event: Note) {
      if (event.kind === 'warning') surface.warn(event.message);
      if (event.kind === 'retry')
        surface.progress.line(`retrying in ${(event.afterMs / 1000).toFixed(1)} s: ${event.reason}`, 'retry');
    },
  };
}
