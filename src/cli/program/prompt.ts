import { conflictError, ImgctlError, usageError } from '../../core/errors.ts';
import type { Io } from '../../ui/io.ts';
import type { Settings } from './settings.ts';

/** What belongs to a question: as `Surface.confirm` has it. */
interface Asked {
  readonly lockedProfile: string | undefined;
  readonly details: (() => Promise<string>) | undefined;
}

/** Asks, or says why nobody is asked. Throws as `Surface.confirm`. */
export async function askUser(question: string, { lockedProfile, details }: Asked, settings: Settings, io: Io): Promise<void> {
  if (lockedProfile === undefined && (settings.dryRun || settings.yes)) return;
  const hasTerminal = io.stdinIsTerminal && io.stderrIsTerminal;
  // --yes answers the ordinary question: a lock that every script opens by habit would be none.
  if (lockedProfile !== undefined && !hasTerminal)
    throw conflictError(
      `profile ${lockedProfile} is protected: its images cannot be deleted or replaced without typing its name`,
      {
        hint: `Unprotect it with: imgctl profile set ${lockedProfile} --unprotect`,
      },
    );
  // Somebody is there who could type it when it is done.
  if (settings.dryRun) return;
  if (!hasTerminal)
    throw usageError('cannot ask for confirmation: not a terminal', {
      hint: `Pass --yes to skip the prompt. It would ask: ${question}`,
    });
  const { confirm, confirmName } = await import('../../ui/prompt.ts');
  if (details) await io.stderr.write(await details());
  const agreed = lockedProfile === undefined ? await confirm(question, io) : await confirmName(question, lockedProfile, io);
  if (!agreed) throw new ImgctlError('ABORTED', 'cancelled; nothing was changed');
}
