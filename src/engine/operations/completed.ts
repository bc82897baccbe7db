import { ImgctlError } from '../../core/errors.ts';
import { given, type Image, type Visibility } from '../../core/image.ts';
import type { Call, Changes, Editable } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/** What of a record waits until its data is verified. */
export type Later = Pick<Changes, 'visibility' | 'protected'>;

/** The same, for an image that is made. */
export interface Completion {
  readonly changes: Later;
  /** What of it was asked for; the rest goes along unasked. */
  readonly asked: object;
  /** What was done: `copied`. */
  readonly done: string;
}

/** What of the fields that a user asks for can wait: what could not be changed any more is said when the record is made. */
export function laterOf(at: Account, { visibility, protected: locked }: Later): Later {
  const fields = at.maybe('patch')?.fields ?? [];
  return given<Later>({
    visibility: fields.includes('visibility') ? visibility : undefined,
    protected: fields.includes('protected') ? locked : undefined,
  });
}

/**
 * The image with what waited until it was whole: nobody else sees half an image, and half an image can be removed. What of it goes
 * along unasked, and is refused, is warned about; what was asked for is thrown. One that nobody has waited for does not become public.
 */
export async function completed(
  at: Account,
  image: Image,
  { changes, asked, done }: Completion,
  { call, warn }: { readonly call: Call; warn(text: string): void },
): Promise<Image> {
  const patch = at.maybe('patch');
  const wanted = Object.entries(changes)
    .filter(([field, value]) => image[field as keyof Later] !== value)
    .filter(([field]) => patch?.fields.includes(field as keyof Changes & Editable))
    .filter(([, value]) => {
      if (image.status === 'active' || !isOpen(value)) return true;
      warn(`${image.id} is not ${String(value)} yet: its data cannot be verified before it is there. Change that then.`);
      return false;
    });
  if (wanted.length === 0 || !patch) return image;
  try {
    return await patch.run({ id: image.id, changes: Object.fromEntries(wanted), extras: {} }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    const what = wanted.map(([field, value]) => `${field} ${String(value)}`).join(', ');
    const message = `${image.id} was ${done}, but without ${what}: ${error.message}`;
    if (error.code === 'ABORTED' || wanted.some(([field]) => Object.hasOwn(asked, field)))
      throw new ImgctlError(error.code, message, { ...error.circumstances, leftover: image.id, cause: error });
    warn(message);
    return image;
  }
}

/** Who may see an image until it is verified: who shall see it in the end, but not everybody. */
export const visibleFirst = (wanted: Visibility | undefined): Visibility | undefined => (isOpen(wanted) ? 'private' : wanted);

const isOpen = (visibility: unknown): boolean => visibility === 'public' || visibility === 'community';
