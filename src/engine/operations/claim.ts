import type { Call, Description } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

export type IfExists = 'fail' | 'skip' | 'replace' | 'rename';

/** Who wants a name, and what is to happen where it is taken. `into`: a record that is there already is filled. */
export interface Claim {
  readonly at: Account<'show'>;
  readonly request: { readonly description: Named; readonly into?: string };
  readonly ifExists: IfExists;
  readonly call: Call;
  /** Ids of images that it was agreed to replace. */
  readonly agreed?: readonly string[];
  /** Properties that say where the image comes from, whether or not they are kept with it. Absent: nothing is known. */
  readonly origin?: Properties | undefined;
  /** It may be older than what it replaces. */
  readonly allowDowngrade?: boolean | undefined;
}

type Properties = Readonly<Record<string, string>>;

export type Named = Description & { readonly name: string };
