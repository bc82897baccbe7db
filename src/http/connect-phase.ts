import type { ClientRequest } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Phase } from './failure.ts';

/**
 * Follows a request to its connection, through a tunnel too. Returns what is being waited for; absent once there is a
 * connection, of which `ready` is told.
 */
export function watchConnecting(request: ClientRequest, ready: () => void): () => Phase | undefined {
  // Over a socket of this machine there is no name to look up.
  const isLocal = (request as { readonly socketPath?: string }).socketPath !== undefined;
  let phase: Phase | undefined = 'connecting';
  const done = (): void => {
    if (phase === undefined) return;
    phase = undefined;
    ready();
  };
  request.once('socket', (socket) => {
    if (request.reusedSocket) return done();
    const encrypted = (socket as Partial<TLSSocket>).encrypted === true;
    const connected = (): void => (encrypted ? void (phase = 'agreeing on TLS') : done());
    if (encrypted) socket.once('secureConnect', done);
    if (!socket.connecting) return connected();
    if (!isLocal && isIP(request.host.replace(/^\[|\]$/g, '')) === 0) phase = 'looking up the host name';
    socket.once('lookup', () => void (phase = 'connecting'));
    socket.once('connect', connected);
  });
  return () => phase;
}
