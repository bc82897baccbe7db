import type { RunningCloud } from '../conformance/cloud.ts';
import { diskBytes } from '../support/content.ts';
import { startFaultProxy, type FaultProxy, type Identity } from '../support/fault-proxy.ts';

/** What a fake cloud really holds. `data` absent: it keeps none, or none yet. */
export interface Held {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly active: boolean;
  readonly data?: Buffer;
  /** Regions, stores or repositories that it lies in. */
  readonly places?: readonly string[];
  /** Projects that it is shared with, each with their answer. */
  readonly members?: Readonly<Record<string, string>>;
}

/**
 * The state that an image is put in with. `two places`: it lies in a second one; `offered`: somebody else's, shared with
 * us; `shared`: ours, shared with `friend`; `staged`: its data waits to be imported.
 */
export type SeedState = 'active' | 'inactive' | 'queued' | 'removed' | 'staged' | 'offered' | 'shared' | 'two places';

/** The record of an image as the provider has it. */
export type Wire = Record<string, unknown>;

/** A fake cloud with a fault proxy in front of it. */
export interface BedCloud {
  readonly provider: string;
  /** Values of a profile that reaches it through the proxy. */
  readonly values: Readonly<Record<string, string>>;
  readonly proxy: FaultProxy;
  /** The fake itself. */
  readonly fake: RunningCloud;
  /** Puts in an image of that name, in that state. */
  seed(name: string, state?: SeedState): Promise<string>;
  held(): readonly Held[];
  /** From now on the provider says of every image what `change` makes of its record. It may be called again and again. */
  retell(change: (record: Wire) => Wire): void;
  stop(): Promise<void>;
}

/** What the services of a cloud are shown with over TLS, by their number; absent: plain http. */
export type Identities = (at: number) => Identity | undefined;

export const seedData = diskBytes('raw', 300 * 1024, 7);
/** Somebody that images are shared with. */
export const friend = 'fefefefefefefefefefefefefefefefe';

/** The JSON with every record that `isRecord` knows changed. Text that is no JSON stays as it is. */
function retold(body: string, isRecord: (value: Wire) => boolean, change: (record: Wire) => Wire): string {
  if (!/^\s*[{[]/.test(body)) return body;
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    const inner = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
    return isRecord(inner) ? change(inner) : inner;
  };
  return JSON.stringify(visit(JSON.parse(body)));
}

/** What a bed has of its own, besides what every one has that stands behind a proxy. */
type Own = Pick<BedCloud, 'provider' | 'seed' | 'held'> & {
  /** Origins of the services. */
  readonly origins: readonly string[];
  /** Values of the profile; default: those of the fake. */
  values?(proxy: FaultProxy): Readonly<Record<string, string>>;
} & (
    | {
        /** Whether an object in an answer is the record of an image. */
        isRecord(value: Wire): boolean;
        /** The same change of a record in which the fields of an image stand elsewhere than in a row. Absent: they stand in one. */
        inFields?(change: (record: Wire) => Wire): (record: Wire) => Wire;
      }
    | Pick<BedCloud, 'retell'>
  );

/** Puts a proxy in front of a fake. */
export async function bedOf(fake: RunningCloud, own: Own, identity?: Identities): Promise<BedCloud> {
  const proxy = await startFaultProxy(own.origins, identity);
  const translated = Object.entries(fake.values).map(([name, value]) => [name, proxy.translate(value)] as const);
  return {
    ...own,
    fake,
    proxy,
    values: own.values?.(proxy) ?? Object.fromEntries(translated),
    retell(change) {
      if ('retell' in own) return own.retell(change);
      const changed = own.inFields?.(change) ?? change;
      proxy.plan(() => ({ kind: 'tampered', change: (body) => retold(body, own.isRecord, changed) }));
    },
    async stop() {
      await proxy.stop();
      await fake.stop();
    },
  };
}
