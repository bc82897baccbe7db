import { connect } from 'node:net';

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/** The first of so many ports on loopback, one behind the other, that nobody listens on; looked for in some steps from `from` on. */
export async function freePorts(count: number, { from, step = count }: { from: number; step?: number }): Promise<number> {
  const tries = 100;
  for (let port = from; port < from + tries * step; port += step) {
    const taken = await Promise.all(Array.from({ length: count }, (_, n) => isTaken(port + n)));
    if (!taken.includes(true)) return port;
  }
  throw new Error(`no ${count} free ports from ${from} on`);
}
