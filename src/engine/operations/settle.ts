import type { Image } from '../../core/image.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { WaitLimits } from '../../core/poll.ts';
import { waitFor, type Goal } from './wait.ts';

/** Whether the end of what goes on at the provider is waited for; absent: it is. */
export interface WaitWishes extends WaitLimits {
  readonly wait?: boolean | undefined;
}

/** Work that a verb has begun at the provider. */
interface Begun {
  readonly at: Account;
  readonly verb: OperationName;
  readonly id: string;
  /** What the image is called in what is shown of the wait. */
  readonly title: string;
  readonly call: Call;
}

/** The image once the goal is reached, absent when it is gone. Throws as `waitFor` does. */
export async function settled(
  { at, verb, id, title, call }: Begun,
  goal: Goal,
  limits: WaitLimits,
  context: EngineContext,
): Promise<Image | undefined> {
  const task = context.task(`${verb} ${title}`);
  const image = await waitFor(at, id, goal, { limits, call, task });
  task.done();
  return image;
}
