import type { Visibility } from './image.ts';

/** Filters in neutral words; all are ANDed. `name` is a glob (`*`, `?`). Times are RFC 3339 UTC. Sizes are bytes, bounds included. */
export interface Filters {
  readonly name?: string;
  readonly status?: string;
  readonly visibility?: Visibility;
  readonly tags?: readonly string[];
  readonly owner?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly diskFormat?: string;
  /** By whatever name: `amd64` is `x86_64`. */
  readonly architecture?: string;
  readonly minSizeBytes?: number;
  readonly maxSizeBytes?: number;
  readonly createdBefore?: string;
  readonly createdAfter?: string;
  /** One of these at least. */
  readonly statuses?: readonly string[];
  readonly visibilities?: readonly Visibility[];
  readonly diskFormats?: readonly string[];
  readonly notTags?: readonly string[];
  /** Properties with values that they must not have. An image without the property passes. */
  readonly notProperties?: readonly (readonly [name: string, value: string])[];
}
export type Filter = keyof Filters;

export interface SortKey {
  readonly field: string;
  readonly descending: boolean;
}

/**
 * `filters` may be narrowed at the provider; whoever asks applies them again, so a driver may ignore any of them.
 * `own` are the provider's own filters by its own names, checked against the facts.
 * `sort` and `limit` are set only where the driver says that it can do all that is asked.
 */
export interface ListRequest {
  readonly filters: Filters;
  readonly own: Readonly<Record<string, string>>;
  /** What else has to hold by filters that the facts say may be repeated. */
  readonly ownToo?: readonly (readonly [name: string, value: string])[];
  /**
   * `own`: images of the caller's own account or project, also where an administrator sees more; `mine`: those, and what others
   * share with the caller and was accepted; `all`: the provider's public ones too.
   */
  readonly scope: 'own' | 'mine' | 'all';
  /** Hidden images too. */
  readonly hidden: boolean;
  readonly sort?: readonly SortKey[];
  /** No more than this many will be looked at. */
  readonly limit?: number;
  /** Begin behind this id, in the order asked for. Set only where the facts say `after`. */
  readonly after?: string;
}
export interface ListFacts {
  /** Filters that the provider applies by itself, exactly: what comes back needs no second look. */
  readonly filters: readonly Filter[];
  /** Image fields by which the provider can sort. */
  readonly sorts?: readonly string[];
  readonly after?: boolean;
  /** The provider's own filters (`--filter name=value`), each with its help. */
  readonly own?: Readonly<Record<string, string>>;
  /** Those of them that may be given more than once: all have to hold. */
  readonly repeats?: readonly string[];
  /** Texts that can be the id of an owner; others are names. Absent: every text is looked for as it is. */
  readonly ownerIds?: RegExp;
  /** Of public images there are too many for a list of all: `all` wants to know whose are meant, and is USAGE else. */
  readonly publicByOwner?: boolean;
  /** Whose images there are besides the caller's own: what others share with him, what is public. Absent: nobody's. */
  readonly others?: readonly ('shared' | 'public')[];
}
