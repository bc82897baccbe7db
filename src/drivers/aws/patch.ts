import { isSoAlready, requireNoConflict } from '../../core/conflict.ts';
import { ImgctlError, usageError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Changes, ExtraValues, Operation, PatchRequest } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { changeable, requireChangeable } from './fields.ts';
import { findImage, type FoundImage } from './images.ts';
import { everybody } from './permissions.ts';
import { recordFrom } from './record.ts';
import { described } from './show.ts';
import { tagChange, writeTags } from './tags.ts';
import { textIn } from './xml.ts';

type Form = Readonly<Record<string, string>>;

/** One call each: EC2 changes one attribute at a time. */
type Step = readonly [action: string, form: Form];

const modify = (form: Form): Step => ['ModifyImageAttribute', form];

/** Throws USAGE for what is no visibility that can be set. */
function visibilitySteps(wanted: Changes['visibility'], now: ImageRecord): readonly Step[] {
  if (wanted === undefined) return [];
  if (wanted !== 'public' && wanted !== 'private')
    throw usageError(`an image at AWS cannot be made ${wanted ?? 'nothing'}`, {
      hint: 'Use public or private, or share it with an account.',
    });
  if ((now.visibility === 'public') === (wanted === 'public')) return [];
  return [modify({ [`LaunchPermission.${wanted === 'public' ? 'Add' : 'Remove'}.1.Group`]: everybody })];
}

/** Throws USAGE for what is no time. */
function deprecationSteps({ deprecateAt }: ExtraValues): readonly Step[] {
  if (deprecateAt === undefined) return [];
  if (deprecateAt === 'never') return [['DisableImageDeprecation', {}]];
  const time = Date.parse(String(deprecateAt));
  if (Number.isNaN(time))
    throw usageError(`deprecateAt: invalid time: ${String(deprecateAt)}`, {
      hint: 'Use a time such as 2027-06-01T00:00:00Z, or never.',
    });
  return [['EnableImageDeprecation', { DeprecateAt: new Date(time).toISOString().replace(/\.\d+Z$/, 'Z') }]];
}

function steps(changes: Changes, extras: ExtraValues, now: ImageRecord): readonly Step[] {
  const { description, protected: isProtected } = changes;
  const wantsProtection = isProtected === undefined ? undefined : isProtected === true;
  return [
    ...(description === undefined || (description ?? '') === (now.description ?? '')
      ? []
      : [modify({ 'Description.Value': description ?? '' })]),
    ...visibilitySteps(changes.visibility, now),
    ...(wantsProtection === undefined || wantsProtection === (now.protected ?? false)
      ? []
      : [[`${wantsProtection ? 'Enable' : 'Disable'}ImageDeregistrationProtection`, {}] as const]),
    ...deprecationSteps(extras),
    ...(extras.imds === undefined ? [] : [modify({ 'ImdsSupport.Value': String(extras.imds) })]),
  ];
}

/** Whether an image is so already. */
function isNothing(found: FoundImage, now: ImageRecord, { changes, extras }: PatchRequest): boolean {
  const { set, remove } = tagChange(found, changes);
  return steps(changes, extras, now).length === 0 && set.length === 0 && remove.length === 0;
}

/** With a cooldown an image stays protected for a day after it was unprotected. */
function staysUntil({ wire }: FoundImage): string | undefined {
  return /^disabled after (.*)$/.exec(textIn(wire.deregistrationProtection) ?? '')?.[1];
}

/** What others are told of a change at first may be how it was before. */
const seenMs = 10_000;

/** The image once the change is seen; as it is told where that takes long. */
async function changed(client: AwsClient, { id, changes }: PatchRequest, call: Call): Promise<ImageRecord> {
  let last: ImageRecord | undefined;
  try {
    return await call.until(
      `the change of image ${id} to be seen`,
      async () => {
        const found = await findImage(client, id, call);
        last = await described(client, found, call);
        const until = changes.protected === false ? staysUntil(found) : undefined;
        if (until !== undefined)
          call.note({ kind: 'warning', message: `image ${id} stays protected until after ${until}, since it has a cooldown` });
        const { protected: _protected, ...others } = changes;
        return isSoAlready(last, until === undefined ? changes : others) ? last : undefined;
      },
      seenMs,
    );
  } catch (error) {
    if (!last || !(error instanceof ImgctlError) || error.code !== 'WAIT_TIMEOUT') throw error;
    call.note({ kind: 'warning', message: `AWS has taken the change of image ${id}, and does not show it yet` });
    return last;
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html, and the calls beside it. */
export const patch: Operation<AwsClient, 'patch'> = {
  fields: changeable,
  extras: {
    deprecateAt: { kind: 'text', help: 'when it should no longer be used (2027-06-01T00:00:00Z), or never' },
    imds: { kind: 'text', choices: ['v2.0'], help: 'v2.0: instances need a token for their metadata; cannot be taken back' },
  },
  async run(client, request, call) {
    const { id, changes, basis, extras } = request;
    requireChangeable(changes);
    const found = await findImage(client, id, call);
    const now = await described(client, found, call);
    if (basis) requireNoConflict(basis, now, changes);
    if (isNothing(found, now, request)) return now;
    // There is no version that a write could be bound to: what others did since the first look is looked for right before it.
    const there = await findImage(client, id, call);
    const latest = { ...recordFrom(there.wire, there), visibility: now.visibility };
    requireNoConflict(basis ?? now, latest, changes);
    for (const [action, form] of steps(changes, extras, latest))
      await client.ec2(
        { region: found.region, action, what: `changing image ${id}`, form: { ImageId: id, ...form }, repeatable: true },
        call,
      );
    await writeTags(client, there, tagChange(there, changes), call);
    return changed(client, request, call);
  },
};
