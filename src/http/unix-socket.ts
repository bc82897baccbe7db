import * as http from 'node:http';
import path from 'node:path';
import { configError, ImgctlError, localError, networkError } from '../core/errors.ts';
import { shellWord } from '../core/hint.ts';
import { failure, type Phase } from './failure.ts';

/** Bytes that the address of a socket has room for (`sun_path` without the NUL). What is longer would be cut without a word. */
const longestPath: Partial<Record<NodeJS.Platform, number>> = { linux: 107, darwin: 103 };

/** What an error code means where it is about getting to a socket, and what to do. */
const causes: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOENT: ['no such file', 'Check the path in the profile, and that the service is running.'],
  ENOTDIR: ['no such file', 'Check the path in the profile.'],
  ECONNREFUSED: ['nobody listens there', 'Check the path in the profile, and that the service is running.'],
};

/** Throws CONFIG for what can be no path of a socket. */
export function checkSocket(socket: string, url: URL): void {
  if (url.protocol !== 'http:') throw configError(`the socket ${socket} is not spoken to by ${url.protocol}//, but by http://`);
  if (!path.isAbsolute(socket) || socket.includes('\0'))
    throw configError(`not the full path of a socket: ${socket}`, { hint: 'Use a path that begins at the root.' });
  const limit = longestPath[process.platform] ?? Infinity;
  if (Buffer.byteLength(socket) > limit)
    throw configError(`the path of the socket ${socket} is longer than ${limit} bytes`, {
      hint: 'Make a symbolic link to its folder, and use the path through that.',
    });
}

/** The error for an exchange that failed: LOCAL where we may not open the socket, NETWORK where nobody answers, else as anywhere. */
function socketFailure(error: unknown, socket: string, phase: Phase): ImgctlError {
  const known = failure(error, `the socket ${socket}`, phase);
  const { code = '' } = known.circumstances.cause as { readonly code?: string };
  const cannot = `cannot connect to the socket ${socket}`;
  if (code === 'EACCES' || code === 'EPERM')
    return localError(`${cannot}: permission denied`, {
      cause: known.circumstances.cause,
      unsent: true,
      hint: `Join the group that may open it, and sign in again. See which one with: ls -l ${shellWord(socket)}`,
    });
  const [reason, hint] = causes[code] ?? [];
  if (reason === undefined || hint === undefined) return known;
  return networkError(`${cannot}: ${reason}`, { cause: known.circumstances.cause, unsent: true, hint });
}

/** The way over a socket of this machine: neither a proxy nor TLS has a part in it. */
export const overSocket = (url: URL, socket: string, agent: http.Agent) => ({
  peer: `the socket ${socket}`,
  agent,
  open: (options: http.RequestOptions) => http.request(url, { ...options, agent, socketPath: socket }),
  refusal: () => undefined,
  explain: (error: unknown, phase: Phase) => socketFailure(error, socket, phase),
});
