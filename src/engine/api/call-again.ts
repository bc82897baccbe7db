import type { Image } from '../../core/image.ts';
import type { Description } from '../../core/operation.ts';
import { openAt } from '../account/open.ts';
import type { EngineContext } from '../context.ts';
import type { CallRef } from '../journal/entry.ts';
import type { Change } from '../operations/change.ts';
import type { Account } from './account.ts';
import { own } from './account.ts';
import type { Preparation } from './change.ts';
import { copyChange, importChange, uploadChange } from './data.ts';
import { replicateChange } from './records.ts';

/** What the call of an earlier run was asked, and what makes its change once more. */
export interface CallAgain {
  readonly labels: Omit<Description, 'name'>;
  /** Opens its account, and looks at what the change takes. */
  prepare(): Promise<Change<Image>>;
}

type Kept = CallRef['input'];

/** A call whose input was read back from the journal, which holds it as it was given. */
const again =
  <Input, Result>(change: Preparation<Input, Result>, imageOf: (result: Result) => Image): Preparation<Kept, Image> =>
  async (preparing, input) => {
    const made = await change(preparing, input as Input);
    return { ...made, perform: async () => imageOf(await made.perform()) };
  };

const itself = (image: Image): Image => image;

/** Calls that can be gone on with, as they are exported. */
const resumable: ReadonlyMap<string, Preparation<Kept, Image>> = new Map([
  ['upload', again(uploadChange, itself)],
  ['importImage', again(importChange, itself)],
  ['copy', again(copyChange, ({ image }) => image)],
  ['replicate', again(replicateChange, itself)],
]);

/** The call of an earlier run, to go on with it in this context. `isPartly`: what is there already stays. Absent: it is none of those that can be gone on with. */
export function callAgain(
  { name, profile, input, region }: CallRef,
  isPartly: boolean,
  context: EngineContext,
): CallAgain | undefined {
  const prepare = resumable.get(name);
  if (!prepare || profile === undefined) return undefined;
  const engine: EngineContext = { ...context, settings: { ...context.settings, region } };
  const open = (named: Pick<Account, 'profile'>) => openAt(named.profile, [], engine).then((at) => own(at, engine.journal));
  const asked = isPartly && name !== 'replicate' ? { ...input, ifExists: 'skip' } : input;
  return {
    labels: (input.labels ?? {}) as CallAgain['labels'],
    prepare: async () => prepare({ at: await open({ profile }), engine, open }, asked),
  };
}
