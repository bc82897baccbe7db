import type { Owner } from '../../core/identity.ts';
import { conflictError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from './account.ts';

/** The one owner of this name; absent where none is known. Throws CONFLICT, with their ids, for several. */
export async function ownerNamed(at: Pick<Account, 'owners' | 'profile'>, name: string, call: Call): Promise<Owner | undefined> {
  const found = await at.owners(name, call);
  if (found.length < 2) return found[0];
  throw conflictError(`"${name}" is the name of ${found.length} owners in ${at.profile}`, {
    hint: `Use an id: ${found.map(({ id }) => id).join(', ')}`,
  });
}
