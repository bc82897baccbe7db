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
