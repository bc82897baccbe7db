import type { Image } from '../../core/image.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { about } from '../dry-run.ts';
import type { Change } from '../operations/change.ts';
import type { FoundImage } from './resolve.ts';

/** One image that something is to be done with, found and ready. */
export interface Target<V extends OperationName> {
  readonly at: Account<V>;
  readonly id: string;
  /** As it was typed. */
  readonly text: string;
  readonly call: Call;
  /** Its image, where that was looked at. */
  readonly found?: FoundImage;
}

/** What a verb does with one image; it gives what is known of the image then, absent when it is gone. */
export type ImageChange<V extends OperationName> = (target: Target<V>) => Change<Image | undefined>;

/** The same change, whose plan says of the image that was found what it is. */
export const describing = <V extends OperationName, Result>({ found }: Target<V>, change: Change<Result>): Change<Result> => ({
  ...change,
  plan: async () => (await change.plan()).map((action) => (found ? { ...action, ...about(found.image) } : action)),
});
