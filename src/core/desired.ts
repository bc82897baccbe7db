import type { Risk } from './action.ts';
import type { Changes } from './request.ts';

/**
 * What is to be done about an image of a manifest. Besides the risks of any action `retarget`: a name means another image from then on.
 * `blocked`: it cannot be done as things are; `unknown`: what is there could not be read.
 */
export type DesiredAction = Exclude<Risk, 'replace'> | 'retarget' | 'blocked' | 'unknown';

/** One difference between what a manifest wants and what is there. */
export interface DesiredRow {
  /** Name of the image in the manifest. */
  readonly image: string;
  readonly profile: string;
  readonly action: DesiredAction;
  /** The image that is there; absent where it is yet to be made. */
  readonly id?: string;
  /** The name that it has, or gets when it is made. */
  readonly name: string;
  /** What differs, or why nothing can be done or said. */
  readonly reason: string;
  /** What goes does not come back. */
  readonly irreversible: boolean;
  /** What the record gets. */
  readonly changes?: Changes;
  /** Places that are wanted, besides or exactly. */
  readonly places?: { readonly add: readonly string[] } | { readonly exactly: readonly string[] };
  /** Of `retarget`: the image that has the name so far, and the name that it gets. */
  readonly from?: { readonly id: string; readonly name: string };
  /** It is done by the rules of retirement: `unretire` where it is needed again. */
  readonly retirement?: 'retire' | 'delete' | 'unretire';
  /** Of `retarget`: the channel that points to it from then on, `NAME@CHANNEL`. */
  readonly channel?: string;
  /** Of what is there: its state when it was looked at. */
  readonly updatedAt?: string;
  readonly contentId?: string;
  /** Of what is to be made: what it is made of, by its digest or its id. */
  readonly content?: string;
  /** Of what cannot be done: the kind of failure, and what to do. */
  readonly code?: string;
  readonly hint?: string;
}

/** What became of a row. */
export interface AppliedRow extends Pick<DesiredRow, 'image' | 'profile' | 'action' | 'id' | 'name' | 'code' | 'hint'> {
  /** `skipped`: one before it, on which it rests, was not done, or it is over a limit. */
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly message: string;
  readonly exitCode?: number;
}
