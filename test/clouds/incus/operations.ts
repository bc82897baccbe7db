import { randomUUID } from 'node:crypto';
import type { FakeAnswer } from '../../support/fake-server.ts';

export type Product = 'incus' | 'lxd';

/** Work of the server, done or failed by itself a moment later. */
interface Work {
  readonly id: string;
  readonly endsAt: number;
  readonly metadata: object | null;
  readonly err: string;
  /** Takes back what it makes. Absent: it has no end but its own. */
  readonly takeBack?: (() => void) | undefined;
}

/** The server's answer in its envelope. */
export const sync = (metadata: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): FakeAnswer => ({
  status,
  headers,
  body: { type: 'sync', status: 'Success', status_code: 200, operation: '', error_code: 0, error: '', metadata },
});

export const errorBody = (words: string, code = 500): string =>
  JSON.stringify({ type: 'error', status: '', status_code: 0, operation: '', error_code: code, error: words, metadata: null });

export const refusal = (status: number, words: string): FakeAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: errorBody(words, status),
});

/** What the server works on: told for a while, then forgotten. */
export class Operations {
  readonly #all = new Map<string, Work>();
  readonly #product: Product;
  /** How long work takes, and how long its end is remembered, ms. */
  workMs = 3;
  rememberedMs = 5000;

  constructor(product: Product) {
    this.#product = product;
  }

  /** Secrets that open an image, by the work that each is. */
  readonly secrets = new Map<string, { readonly secret: string; readonly fingerprint: string }>();

  /** A secret for an image: work that goes on until it is used, or ended. */
  hand(fingerprint: string): FakeAnswer {
    const [id, secret] = [randomUUID(), randomUUID()];
    this.secrets.set(id, { secret, fingerprint });
    return this.#accepted(id, { class: 'token', metadata: { secret } });
  }

  /** Those that have opened one: they end by themselves a while later. */
  readonly #used = new Set<string>();

  /** Whether a secret opens an image. */
  opens(secret: string | null, fingerprint: string): boolean {
    const [used] = [...this.secrets].find(([, each]) => each.secret === secret && each.fingerprint === fingerprint) ?? [];
    if (used !== undefined) this.#used.add(used);
    return used !== undefined;
  }

  end(id: string): FakeAnswer {
    const work = this.#known(id);
    if (this.#used.has(id) || (work && Date.now() >= work.endsAt))
      return refusal(400, 'Only running operations can be cancelled');
    if (this.secrets.delete(id)) return sync({});
    if (!work) return refusal(404, 'Operation not found');
    if (!work.takeBack) return refusal(400, "This operation can't be cancelled");
    work.takeBack();
    this.#all.set(id, { ...work, endsAt: Date.now(), metadata: null, err: 'context canceled' });
    return sync({});
  }

  begin(outcome: { readonly metadata?: object; readonly err?: string }, takeBack?: () => void): FakeAnswer {
    const id = randomUUID();
    const { metadata = null, err = '' } = outcome;
    this.#all.set(id, { id, endsAt: Date.now() + this.workMs, metadata, err, takeBack });
    return this.#accepted(id, { class: 'task', metadata: null });
  }

  #accepted(id: string, what: object): FakeAnswer {
    const operation = `/1.0/operations/${id}`;
    return {
      status: 202,
      headers: { location: operation },
      body: {
        type: 'async',
        status: 'Operation created',
        status_code: 100,
        operation,
        error_code: 0,
        error: '',
        metadata: { id, status: 'Running', status_code: 103, may_cancel: false, err: '', ...what },
      },
    };
  }

  /** How much work has not ended yet. */
  get goingOn(): number {
    return [...this.#all.values()].filter(({ endsAt }) => Date.now() < endsAt).length;
  }

  #known(id: string): Work | undefined {
    const work = this.#all.get(id);
    return work && Date.now() < work.endsAt + this.rememberedMs ? work : undefined;
  }

  look(id: string): FakeAnswer {
    const work = this.#known(id);
    return work ? sync(told(work)) : refusal(404, 'Operation not found');
  }

  /** Answers at the end of the work, or when the client's patience is at its end: the two products say that differently. */
  async wait(id: string, seconds: number): Promise<FakeAnswer> {
    const work = this.#known(id);
    if (!work) return refusal(404, 'Operation not found');
    const left = work.endsAt - Date.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(left, seconds * 1000)));
    const isOver = Date.now() >= work.endsAt;
    if (this.#product === 'lxd') return sync(told(work));
    if (!isOver) return { status: 200, body: JSON.parse(errorBody('context deadline exceeded')) as object };
    return work.err === '' ? sync(told(work)) : { status: 200, body: JSON.parse(errorBody(work.err)) as object };
  }
}

function told({ id, endsAt, metadata, err }: Work): object {
  const common = { id, class: 'task', description: 'Downloading image', may_cancel: false, location: 'none', resources: {} };
  if (Date.now() < endsAt) return { ...common, status: 'Running', status_code: 103, metadata: null, err: '' };
  return err === ''
    ? { ...common, status: 'Success', status_code: 200, metadata, err }
    : { ...common, status: 'Failure', status_code: 400, metadata, err };
}
