import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A cable to a service on loopback: it counts what goes through, and can be cut. */
export interface Cable {
  readonly host: string;
  /** Bytes that went to the service since the start or since `forget`, headers included. */
  sent(): number;
  forget(): void;
  /** Does something once this many more bytes have gone to the service, and breaks every connection. */
  cutAfter(bytes: number, meanwhile?: () => Promise<void>): void;
  stop(): Promise<void>;
}

export async function startCable(target: string): Promise<Cable> {
  const [name = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let count = 0;
  let cut: { at: number; meanwhile: () => Promise<void> } | undefined;

  function breakAll(): void {
    // A reset hangs the thread of Node at its end where the service was killed meanwhile.
    for (const socket of sockets) socket.destroy();
  }
  const server = createServer((near) => {
    const far = connect(Number(port), name);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    far.pipe(near);
    near.on('data', (chunk: Buffer) => {
      count += chunk.length;
      if (!far.write(chunk)) {
        near.pause();
        far.once('drain', () => near.resume());
      }
      if (!cut || count < cut.at) return;
      const { meanwhile } = cut;
      cut = undefined;
      void meanwhile().then(breakAll);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => count,
    forget: () => void (count = 0),
    cutAfter: (bytes, meanwhile = () => Promise.resolve()) => void (cut = { at: count + bytes, meanwhile }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
