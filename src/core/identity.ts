import type { OperationName } from './operation.ts';

/** Somebody whom images belong to, and the names that stand for him. */
export interface Owner {
  readonly id: string;
  readonly names: readonly string[];
}

/** Who the provider says we are, and what this deployment of it lacks of what the driver can do, each with its reason. */
export interface Identity {
  readonly who: string;
  /** Who owns what is made with this profile. */
  readonly owner?: Owner;
  readonly details: Readonly<Record<string, string>>;
  readonly missing: Readonly<Partial<Record<OperationName, string>>>;
}
