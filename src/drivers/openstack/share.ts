import { conflictError, ImgctlError, usageError } from '../../core/errors.ts';
import { objectsIn, type JsonObject } from '../../core/json.ts';
import type { Call, Member, Operation, ShareState } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { pathSegment } from './path-segment.ts';
import { imagePath, readImage } from './images.ts';
import { textIn } from './json.ts';
import { isForbidden } from './errors.ts';

const states: Readonly<Record<string, ShareState>> = { pending: 'pending', accepted: 'accepted', rejected: 'rejected' };

function memberOf(wire: JsonObject): Member {
  const since = textIn(wire.created_at);
  return {
    with: textIn(wire.member_id) ?? '',
    state: states[textIn(wire.status) ?? ''] ?? 'pending',
    ...(since === undefined ? {} : { since }),
  };
}

/** Who was given an image. Oddity: of an image with another visibility than `shared` the list is not empty but refused with 403. */
export async function members(client: OpenstackClient, id: string, call: Call): Promise<readonly Member[]> {
  const what = `reading who has image ${id}`;
  try {
    const body = await client.askObject({ what, method: 'GET', path: `${imagePath(id)}/members` }, call);
    return objectsIn(body.members).map(memberOf);
  } catch (error) {
    if (!isForbidden(error) || (await readImage(client, id, call)).visibility === 'shared') throw error;
    return [];
  }
}

async function ownProject(client: OpenstackClient, call: Call): Promise<string> {
  const project = (await client.site(call)).signedIn.project?.id;
  if (project === undefined)
    throw usageError('the project is not known: the profile has a token without Keystone', {
      hint: 'Use --with PROJECT.',
    });
  return project;
}

/** How Keystone writes ids, and numbers as some public clouds have them. Oddity: Glance takes any text as a member, and nobody has it then. */
const projectId = /^([0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4,})$/i;

async function add(client: OpenstackClient, id: string, member: string, call: Call): Promise<void> {
  try {
    await client.askObject(
      { what: `sharing image ${id} with ${member}`, method: 'POST', path: `${imagePath(id)}/members`, json: { member } },
      call,
    );
  } catch (error) {
    if (await hasAlready(client, id, member, error, call)) return;
    if (!isForbidden(error)) throw error;
    // Oddity: an image of another visibility is refused with 403, like one that is not ours.
    const { visibility } = await readImage(client, id, call);
    if (visibility === 'shared') throw error;
    throw conflictError(
      `image ${id} is ${textIn(visibility) ?? 'not shared'}: only an image of visibility "shared" can have members`,
      {
        ...error.circumstances,
        cause: error,
        hint: 'Make it shared with:',
        next: [{ verb: 'patch', image: id, options: { visibility: 'shared' } }],
      },
    );
  }
}

/** Whether a project was refused as a member because it is one: then all is as it was asked for. */
async function hasAlready(client: OpenstackClient, id: string, member: string, error: unknown, call: Call): Promise<boolean> {
  if (!(error instanceof ImgctlError) || error.circumstances.status !== 409) return false;
  return (await members(client, id, call)).some((one) => one.with === member);
}

/** The state that each answer puts an offer into. */
const answers: Readonly<Record<string, ShareState>> = { accept: 'accepted', reject: 'rejected', pending: 'pending' };

async function decide(
  client: OpenstackClient,
  {
    id,
    path,
    answer,
    member,
  }: { readonly id: string; readonly path: string; readonly answer: ShareState; readonly member: string | undefined },
  call: Call,
): Promise<void> {
  try {
    await client.askObject({ what: `answering for image ${id}`, method: 'PUT', path, json: { status: answer } }, call);
  } catch (error) {
    if (!isForbidden(error) || member === undefined) throw error;
    throw error.with({ hint: 'Omit --with to answer for your own project: only administrators answer for another.' });
  }
}

export const share: Operation<OpenstackClient, 'share'> = {
  with: 'project',
  ids: projectId,
  offers: ['member_status', 'pending'],
  async run(client, { id, action, with: named }, call) {
    if (action === 'list') return members(client, id, call);
    const answer = Object.hasOwn(answers, action) ? answers[action] : undefined;
    const member = named ?? (answer ? await ownProject(client, call) : undefined);
    if (member === undefined) throw usageError('--with PROJECT is required');
    const path = `${imagePath(id)}/members/${pathSegment(member, 'project id')}`;
    if (action === 'add') await add(client, id, member, call);
    if (action === 'remove')
      await client.ask({ what: `unsharing image ${id} with ${member}`, method: 'DELETE', path, done: 204 }, call);
    if (answer) await decide(client, { id, path, answer, member: named }, call);
    return members(client, id, call);
  },
};
