import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A cable to a service on loopback: it counts what goes through, and can be cut. */
export interface Cable {
  readonly host: string;
  /** Bytes that went to the service since the start or since `forget`, headers included. */
  sent(): number;
  forget(): void;
  /** Does something once this many more bytes have gone to the service, and breaks every connection. */
  cutAfter(bytes: number, meanwhile?: () => Promise<void>): void;
  /** The same once this many more bytes have come from the service: of what is on the way, nothing more arrives. */
  cutAnswersAfter(bytes: number, meanwhile?: () => Promise<void>): void;
  stop(): Promise<void>;
}

export async function startCable(target: string): Promise<Cable> {
  const [name = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let count = 0;
  let answered = 0;
  let cut: { at: number; meanwhile: () => Promise<void> } | undefined;
  let cutAnswers: typeof cut;
  let isHeld = false;

  function breakAll(): void {
    // A reset hangs the thread of Node at its end where the service was killed meanwhile.
    for (const socket of sockets) socket.destroy();
    isHeld = false;
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
    far.on('data', (chunk: Buffer) => {
      if (isHeld) return;
      answered += chunk.length;
      if (!near.write(chunk)) {
        far.pause();
        near.once('drain', () => far.resume());
      }
      if (!cutAnswers || answered < cutAnswers.at) return;
      const { meanwhile } = cutAnswers;
      cutAnswers = undefined;
      isHeld = true;
      void meanwhile().then(breakAll);
    });
    far.on('end', () => {
      if (!isHeld) near.end();
    });
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
    cutAnswersAfter: (bytes, meanwhile = () => Promise.resolve()) => void (cutAnswers = { at: answered + bytes, meanwhile }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
