import { exitCodes } from '../../core/errors.ts';
import { makeCall, type Call, type Note } from '../../core/call.ts';
import { hasFolder } from '../../host/paths.ts';
import type { ProfileStore } from '../../profiles/store.ts';
import { printError, type ErrorOptions } from '../../ui/error-message.ts';
import { commands } from '../commands/index.ts';
import type { Surface } from './context.ts';
import type { RunFacts } from '../../engine/journal/journal.ts';
import { lazyJournal } from '../../engine/journal/lazy-journal.ts';
import { onlyProfile, profileDirectory } from '../../engine/account/registry.ts';
import { askUser } from './prompt.ts';
import { discover } from '../../engine/account/discover.ts';
import { warnOfVariables } from './environment.ts';
import type { RunInHand } from './exit-code.ts';
import { stdinBytes, stdinText } from './stdin.ts';
import { sourceList } from '../../engine/account/sources.ts';
import { storeAt } from '../../engine/account/store.ts';
import { toolsFor } from '../../engine/account/services.ts';
import { machineFormats, type Settings } from './settings.ts';
import type { QuietWorld } from './world.ts';

/** What a command is handed, by the settings of one command line. */
export async function makeSurface(
  settings: Settings,
  world: QuietWorld,
  { progress, ending, words }: RunInHand,
): Promise<Surface> {
  const { io, home, drivers, version, signal } = world;
  const kept = storeAt(home, (message) => surface.warn(message));
  // In a dry run a change is made in the mind only.
  const store: ProfileStore = settings.dryRun ? { ...kept, change: async (change) => change(await kept.read()) } : kept;
  const directory = profileDirectory({
    book: await store.read(),
    env: home.env,
    chosen: settings.profile,
    isTyped: settings.isProfileTyped,
    usual: drivers.usual,
    sources: sourceList(drivers.publishers ?? {}, home),
  });
  const failureWish = (): ErrorOptions => ({
    json: machineFormats.includes(settings.format),
    debug: settings.debug === true,
    run: ending.journal?.opened?.id,
  });
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
    ...(settings.journal && !settings.dryRun ? { journal: lazyJournal(() => runFacts(surface, words)) } : {}),
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
      ending.failures.push(error);
      ending.status = exitCodes.PARTIAL;
      progress.hide();
      ending.told = await printError(error, failureWish(), io);
    },
    async reportAs(error) {
      ending.failures.push(error);
      // Of several the worst counts: the codes rise with what is wrong.
      ending.status = Math.max(ending.status, error.exitCode);
      progress.hide();
      ending.told = await printError(error, failureWish(), io);
    },
    confirm(question, lockedProfile, details) {
      progress.hide();
      return askUser(question, { lockedProfile, details }, settings, io);
    },
    confirmLoss: async (loss, at) => (await import('../options/confirm.ts')).confirmLoss(surface, loss, at),
    discover: () => discover(surface),
    rerun: async (resumption) => (await import('./rerun.ts')).rerunOf(resumption, surface, commands),
    readStdin: () => stdinText(world),
    stdinBytes: () => stdinBytes(world),
    stdoutBytes: (bytes) => world.writeStdout(bytes),
  };
  await warnOfVariables(surface);
  if (!hasFolder('config', home)) surface.warn('HOME is not set to an absolute path: no profiles are read');
  return surface;
}

function newCall(settings: Settings, signal: AbortSignal, surface: Pick<Surface, 'progress' | 'warn'>): Call {
  return makeCall({
    signal,
    retries: settings.retryLimit,
    limits: settings,
    task: (title) => surface.progress.task(title),
    note(event: Note) {
      if (event.kind === 'warning') surface.warn(event.message);
      if (event.kind === 'retry')
        surface.progress.line(`retrying in ${(event.afterMs / 1000).toFixed(1)} s: ${event.reason}`, 'retry');
    },
  });
}

/**
 * What the journal says of the run. The profile is known only where there is one. That nothing is kept is said also where no warnings
 * are wanted: who was promised an undo would not know that there is none.
 */
function runFacts(surface: Surface, words: readonly string[]): RunFacts {
  const { home, version, redactor, directory, settings } = surface;
  const warn = (message: string): void => surface.progress.line(`warning: ${message}`, 'warning');
  const isOne = settings.profile.length <= 1 && (directory.isTyped || directory.has(directory.current));
  const profile = isOne ? { profile: onlyProfile(directory, settings.profile) } : {};
  return { home, version, redactor, words, ...profile, now: () => surface.now(), warn };
}
