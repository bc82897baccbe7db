import type { Assurance } from './signature.ts';

/** A file, or a page, on which an entry rests. */
export interface Evidence {
  readonly what: string;
  readonly url: string;
}

/** Public keys that come with the program. */
export interface PublicKeys {
  readonly armoured: string;
  /** Where they are taken from, and why they may be handed on. */
  readonly source: string;
  readonly licence: string;
}

/** A publisher of images that is known by name. */
export interface KnownPublisher {
  readonly title: string;
  /** Values of the fields of its driver, but for the keyring where `keys` are there. */
  readonly fields: Readonly<Record<string, string>>;
  /** What is signed, and by whom, as a person would say it. */
  readonly signed: string;
  /** Absent: nothing is signed, or the keys may not be handed on. */
  readonly keys?: PublicKeys;
  /** Where the publisher tells its keys, of keys that do not come with the program. */
  readonly keysAt?: string;
  readonly evidence: readonly Evidence[];
}

/** A publisher in the list of them: what is known without loading it. */
export interface PublisherEntry {
  /** Name of its driver. */
  readonly driver: string;
  readonly aliases?: readonly string[];
  load(): Promise<KnownPublisher>;
}

/** Publishers by name. */
export type PublisherList = Readonly<Record<string, PublisherEntry>>;

/** A primary key of a keyring, as its self-signatures prove it. */
export interface ListedKey {
  readonly fingerprint: string;
  /** What it says of its holder: another's text. */
  readonly name?: string;
  /** RFC 3339. Absent: never. */
  readonly expiresAt?: string;
  readonly revoked?: true;
}

/** Where the keys are that signatures are judged by. */
export type KeyringPlace = 'shipped' | 'given' | 'of this machine';

/** A publisher as it is told: where it is, what vouches for it, and on what that rests. */
export interface SourceRow {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly provider: string;
  readonly address?: string;
  /** Values of its driver's fields, each with where it comes from, but for secrets and keys. */
  readonly fields: Readonly<Record<string, { readonly value: string; readonly from: string }>>;
  readonly verified: Assurance;
  readonly signers: readonly string[];
  /** Absent: no signature is asked for. */
  readonly keyring?: KeyringPlace;
  /** Of a keyring that is shipped or given. */
  readonly keys: readonly ListedKey[];
  /** Where the keys that are shipped are taken from, and their licence. */
  readonly keysFrom?: string;
  /** What is signed, and by whom. */
  readonly signed?: string;
  /** What is to be done before signatures can be judged, or could be. */
  readonly hint?: string;
  readonly evidence: readonly Evidence[];
  /** The user's own file, where it says something of it. */
  readonly file?: string;
  /** A profile has its name: that is meant by it then. */
  readonly hidden?: true;
}
