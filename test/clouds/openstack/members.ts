import type { FakeAnswer } from '../../support/fake-server.ts';
import { Refusal } from './refusal.ts';
import { now, type Caller, type Kept } from './store.ts';

const wireOf = (kept: Kept, id: string): Readonly<Record<string, unknown>> => {
  const member = kept.members.get(id);
  return {
    member_id: id,
    image_id: kept.wire.id,
    status: member?.status,
    created_at: member?.created_at,
    updated_at: now(),
    schema: '/v2/schemas/member',
  };
};

/** Everything under `/v2/images/{id}/members`. */
export function membersOf(
  kept: Kept,
  method: string,
  id: string | undefined,
  body: Readonly<Record<string, unknown>>,
  caller: Caller,
): FakeAnswer {
  const image = String(kept.wire.id);
  const mine = kept.wire.owner === caller.project || caller.admin;
  if (method === 'GET' && id === undefined) {
    if (kept.wire.visibility !== 'shared')
      throw new Refusal(403, `Not allowed to list members for image ${image}: Only shared images have members.`);
    const shown = [...kept.members.keys()].filter((member) => mine || member === caller.project);
    return { status: 200, body: { members: shown.map((member) => wireOf(kept, member)), schema: '/v2/schemas/members' } };
  }
  if (method === 'POST' && id === undefined) {
    const member = String(body.member ?? '');
    if (!mine || kept.wire.visibility !== 'shared') throw new Refusal(403, `Not allowed to create members for image ${image}.`);
    if (member === '') throw new Refusal(400, "Member can't be empty");
    if (kept.members.has(member)) throw new Refusal(409, `Member ${member} is duplicated for image ${image}`);
    kept.members.set(member, { status: 'pending', created_at: now() });
    return { status: 200, body: wireOf(kept, member) };
  }
  const member = kept.members.get(id ?? '');
  if (!member || (!mine && id !== caller.project))
    throw new Refusal(404, `${String(id)} not found in the member list of the image ${image}.`);
  if (method === 'PUT') {
    if (id !== caller.project && !caller.admin) throw new Refusal(403, `Not allowed to update members for image ${image}.`);
    if (!['pending', 'accepted', 'rejected'].includes(String(body.status)))
      throw new Refusal(400, 'Incorrect request: Status must be "pending", "accepted" or "rejected".');
    member.status = String(body.status);
    return { status: 200, body: wireOf(kept, id ?? '') };
  }
  if (method !== 'DELETE') throw new Refusal(405, `The method ${method} is not allowed for this resource. `);
  if (!mine) throw new Refusal(403, `Not allowed to delete members for image ${image}.`);
  kept.members.delete(id ?? '');
  return { status: 204 };
}
