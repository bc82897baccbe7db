import { ImgctlError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { cancelled, removeMade } from './rollback.ts';

/** A record that was there before stays, and is named. Where its data is not what it should be, nobody is to use it. */
export async function outOfUse(error: unknown, at: Account, id: string, call: Call): Promise<unknown> {
  if (!(error instanceof ImgctlError) || error.code !== 'INTEGRITY') return error;
  const told = (message: string): ImgctlError =>
    new ImgctlError(error.code, error.message, {
      ...error.circumstances,
      cause: error,
      leftover: id,
      hint: [error.circumstances.hint, message].filter(Boolean).join('\n'),
    });
  const cure = `Delete it with: ${commandLine({ verb: 'delete', image: id }, at)}`;
  try {
    const changed = await at.maybe('deactivate')?.run({ id }, { ...call, signal: AbortSignal.timeout(30_000) });
    if (changed) return told(`${id} is deactivated. ${cure}`);
  } catch (cause) {
    if (!(cause instanceof ImgctlError)) throw cause;
    return told(`${id} could not be deactivated, and is still active: ${cause.message}. ${cure}`);
  }
  return told(`${id} is still active. ${cure}`);
}

/** An import that failed leaves no empty record behind, or names it. One that goes on at the provider stays. */
export async function withoutRecord(error: unknown, at: Account, id: string, call: Call): Promise<unknown> {
  if (!(error instanceof ImgctlError)) return error;
  const isStopped = await cancelled(at, id, call);
  if (!isStopped && !['PROVIDER', 'INTEGRITY', 'USAGE'].includes(error.code)) return error;
  const said = isStopped ? {} : { hint: 'Check that the cloud can reach the URL and that it serves the image.' };
  try {
    const removed = await removeMade(at, id, isStopped ? { ...call, signal: AbortSignal.timeout(30_000) } : call);
    return error.with({ ...said, ...(removed ? {} : { leftover: id }) });
  } catch {
    return error.with({ ...said, leftover: id });
  }
}
