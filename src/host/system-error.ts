import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { ImgctlError, localError, networkError } from '../core/errors.ts';

/** The `code` of a system's error (`ENOENT`); absent for anything else. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && !(error instanceof ImgctlError) && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** Errors that Node has no words for. */
const moreWords: Readonly<Record<string, string>> = { EDQUOT: 'disk quota exceeded', ESTALE: 'stale file handle' };

/** What happened, in the system's words ("no space left on device"), or those of the error itself. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') {
    const { errno } = error;
    const words = getSystemErrorMap().get(errno)?.[1];
    if (words !== undefined) return words;
    const name = Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0];
    if (name !== undefined) return moreWords[name] ?? name;
  }
  return codeOf(error) ?? (error instanceof Error ? error.message : String(error));
}

const noThread = new Set(['ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY']);
/** Calls of the system that speak to other machines. */
const networkCalls = new Set(['connect', 'getaddrinfo', 'getnameinfo', 'bind', 'listen', 'accept', 'sendmsg', 'send', 'recv']);
const networkCodes = /^(ECONN|ENET|EHOST|EAI_|EADDR|ENOTFOUND|ETIMEDOUT|EPROTO|ENOTCONN|ESHUTDOWN)/;

/**
 * A failure of the system where nothing else is known of it: NETWORK for what speaks to other machines, else LOCAL, with what
 * failed and on what. Absent for what no system says: that is a bug.
 */
export function systemFailure(error: unknown): ImgctlError | undefined {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) return undefined;
  if (noThread.has(code)) return localError(`cannot start a thread: ${error.message}`, { cause: error });
  if (!('errno' in error || 'syscall' in error)) return undefined;
  const { syscall, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const where = dest ?? path;
  const what = [syscall, where].filter((part) => part !== undefined).join(' ') || 'a system call';
  const isNetwork = networkCodes.test(code) || (syscall !== undefined && networkCalls.has(syscall));
  return isNetwork
    ? networkError(`${what} failed: ${reasonOf(error)}`, { cause: error })
    : localError(`cannot ${what}: ${reasonOf(error)}`, { cause: error });
}
