import { isSoAlready } from '../../core/conflict.ts';
import type { Session } from '../../core/driver.ts';
import type { Image } from '../../core/image.ts';
import type { Call, OperationName, PatchRequest, ReplicateRequest } from '../../core/operation.ts';

/** Whether an image is already as a verb would make it; of a verb that is not among them nobody can say. */
const checks: Readonly<Partial<Record<OperationName, (image: Image, request: never) => boolean>>> = {
  deactivate: ({ status }) => status === 'inactive',
  reactivate: ({ status }) => status === 'active',
  patch: (image, { changes, extras }: PatchRequest) => isSoAlready(image, changes) && Object.keys(extras).length === 0,
  replicate(image, { add, remove, exactly }: ReplicateRequest) {
    const there = image.places.map(({ name }) => name);
    const active = image.places.flatMap(({ name, status }) => (status === 'active' ? [name] : []));
    const isGoing = (name: string): boolean => (exactly ? !exactly.includes(name) : remove.includes(name));
    return (exactly ?? add).every((name) => active.includes(name)) && !there.some(isGoing);
  },
};

/** Whether nothing would come of a verb, as far as the record of its image tells. */
export async function isAlreadySo(session: Session, verb: OperationName, request: object, call: Call): Promise<boolean> {
  const check = checks[verb];
  if (!check || !('id' in request)) return false;
  return check(await session.require('show').run({ id: String(request.id) }, call), request as never);
}
