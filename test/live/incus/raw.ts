import { request } from 'node:http';

/** Speaks to a server over its socket, without the driver. */
export interface RawServer {
  /** What stands in the answer's `metadata`, or the answer itself where it is no JSON. Throws when it is refused. */
  api(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  /** The same, and when the work that it begins has ended. Throws when that fails. */
  done(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown>;
}

interface Envelope {
  readonly type: string;
  readonly error?: string;
  readonly operation?: string;
  readonly metadata: { readonly status_code?: number; readonly err?: string; readonly metadata?: unknown } | null;
}

export function rawServer(socketPath: string): RawServer {
  const ask = (method: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Envelope> =>
    new Promise((resolve, reject) => {
      const isJson = !(body instanceof Uint8Array);
      const type = body !== undefined && isJson ? { 'content-type': 'application/json' } : {};
      const sent = request({ socketPath, method, path: `/1.0${path}`, headers: { ...type, ...headers } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const told = JSON.parse(text) as Envelope;
          if (told.type === 'error') reject(new Error(`${method} ${path}: ${told.error ?? text}`));
          else resolve(told);
        });
      });
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : isJson ? JSON.stringify(body) : body);
    });
  return {
    api: async (...args) => (await ask(args[0], args[1], args[2], args[3])).metadata,
    async done(...args) {
      const { operation, metadata } = await ask(args[0], args[1], args[2], args[3]);
      if (!operation) return metadata;
      const { metadata: end } = await ask('GET', `${operation.replace('/1.0', '')}/wait?timeout=60`, undefined);
      if (end?.status_code !== 200) throw new Error(`${args[0]} ${args[1]}: ${end?.err ?? JSON.stringify(end)}`);
      return end.metadata;
    },
  };
}
