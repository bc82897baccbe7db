import type { ReadBlocks, SendBlocks } from './blocks.ts';
import type { HostEnvironment } from './discovery.ts';
import type { Http } from './http.ts';
import type { Signatures } from './signature.ts';

/** What the holder of a lock has in hand. */
export interface Held {
  /**
   * A folder of the holder's own beside the locked path. It goes with the lock: a rename out of it, or into it, fails once
   * another process has taken the lock over. So what is to change only under the lock is changed by such a rename.
   */
  readonly folder: string;
}

/** Runs `work` while no other process that asks for the same path does. The path need not exist; its folder must. */
export type Lock = <T>(path: string, work: (held: Held) => Promise<T>) => Promise<T>;

/**
 * What outlives the run and is not large, under keys of 64 hexadecimal digits. Anything in it may be gone or changed the next time:
 * it is for what can be fetched again, and whose key tells whether it is what it was. Never throws.
 */
export interface Cache {
  get(key: string): Promise<string | undefined>;
  put(key: string, text: string): Promise<void>;
  /** The same for what is no text, or too large to be there twice. */
  getBytes(key: string): Promise<Uint8Array | undefined>;
  putBytes(key: string, parts: readonly Uint8Array[]): Promise<void>;
}

/** What a driver is handed to work with. */
export interface Tools {
  readonly http: Http;
  readonly lock: Lock;
  /** For a copy that has to pass through this machine; what a user uploads is cut by whoever calls the verb. */
  readonly sendBlocks: SendBlocks;
  /** For a disk that lies in blocks which have to be unpacked. */
  readonly readBlocks: ReadBlocks;
  /**
   * What the provider's own tools keep on this machine, for credentials that are only good for a while and are had anew from there.
   * Absent: there is nothing but the values of the profile.
   */
  readonly surroundings?: () => Promise<HostEnvironment>;
  /** Absent: nothing outlives the run. */
  readonly cache?: Cache;
  /** Absent: nothing that is signed is read by way of this account. */
  readonly signatures?: Signatures;
}
