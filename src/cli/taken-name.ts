import { conflictError, ImgctlError } from '../core/errors.ts';
import type { Image } from '../core/image.ts';
import type { Call, Description } from '../core/operation.ts';
import type { Prepared } from '../transfer/prepare.ts';
import type { At } from './command.ts';
import { confirmLoss } from './confirm.ts';
import type { Surface } from './context.ts';
import { imagesNamed } from './resolve-image.ts';
import { checkIntact, identical } from './same-content.ts';

export type IfExists = 'fail' | 'skip' | 'replace' | 'rename';

/** Who wants a name, and what is to happen where it is taken. `into`: a record that is there already is filled. */
interface Claim {
  readonly at: At<'upload' | 'show'>;
  readonly request: { readonly description: Named; readonly into?: string };
  readonly ifExists: IfExists;
  readonly call: Call;
}

type Named = Description & { readonly name: string };

/** What a name means for a delivery: an image that holds the same disk already, or a description, and images that it replaces. */
type Before = { readonly image: Image } | { readonly description: Named; readonly replaces?: readonly Image[] };

/** What a taken name means for a claim. Throws CONFLICT where it must not be taken; asks before something is replaced. */
export async function settleName(prepared: Prepared, claim: Claim, surface: Surface): Promise<Before> {
  const { description, into } = claim.request;
  const taken = into === undefined ? await imagesNamed(claim.at as At, description.name, claim.call) : [];
  const [first] = taken;
  if (!first) return { description };
  if (claim.ifExists === 'rename') return { description: { ...description, name: freeName(description.name, surface.io.now()) } };
  if (claim.ifExists === 'replace') {
    await confirmLoss(surface, claim.at as At, `replace ${taken.map((image) => image.id).join(', ')} ("${description.name}")?`);
    return { description, replaces: taken };
  }
  if (claim.ifExists === 'fail')
    throw conflictError(`there is an image "${description.name}" already in ${claim.at.profile}: ${first.id}`, {
      hint: first.status === 'queued' ? fillHint(first) : '--if-exists skip, replace or rename says what to do',
    });
  if (first.status === 'queued' && taken.length === 1)
    throw conflictError(`the image "${description.name}" (${first.id}) is a record without data`, { hint: fillHint(first) });
  const same = await identical(claim.at as At, taken, prepared);
  if (same) {
    await checkIntact(claim.at as At, same, claim.call);
    surface.say(`${same.id} holds the same disk already; nothing was sent`);
    return { image: same };
  }
  throw conflictError(`the image "${description.name}" (${first.id}) holds other content, or its content is not known`, {
    hint: '--if-exists replace or rename says what to do',
  });
}

/** What a broken run, or `create`, has left can be filled. */
const fillHint = (image: Image): string => `it is a record without data: --into ${image.profile}:${image.id} fills it`;

const freeName = (name: string, now: number): string =>
  `${name}-${new Date(now).toISOString().slice(0, 19).replace(/[-:T]/g, '')}`;

/** Failures of who is asked, not of what is sent. */
const unanswered: readonly string[] = ['NETWORK', 'AUTH', 'PROVIDER', 'LIMIT'];

/**
 * The steps of a dry run, with what a taken name makes of them; sends nothing that changes anything. Throws as `deliver` would where
 * the name must not be taken. A target that cannot be asked is warned about, and the steps are given all the same.
 */
export async function foreseen(
  steps: readonly string[],
  prepared: Prepared,
  claim: Claim,
  surface: Surface,
): Promise<readonly string[]> {
  try {
    const before = await settleName(prepared, claim, surface);
    if ('image' in before) return [`nothing: ${before.image.id} holds the same disk already`];
    if (before.replaces) return [...steps, `delete ${before.replaces.map(({ id }) => id).join(', ')} of the same name`];
    const { name } = before.description;
    return name === claim.request.description.name ? steps : [...steps, `under the name ${name}, since the other is taken`];
  } catch (error) {
    if (!(error instanceof ImgctlError) || !unanswered.includes(error.code)) throw error;
    surface.warn(`whether the name is taken is not known: ${error.message}`);
    return steps;
  }
}
