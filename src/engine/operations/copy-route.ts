import { describeEncoding } from '../../core/encoding.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, Digests, Download, Handover, UploadRequest } from '../../core/operation.ts';
import type { Checksum } from '../../transfer/checksum.ts';
import type { Plan } from '../../transfer/plan.ts';
import type { Account } from '../account/account.ts';

/** How an image's data came to its target. */
export type CopyRoute = 'pull' | 'link' | 'mount' | 'relay';

/** What is done on a route on which nothing is read as a disk, for a person to read. */
export const routeWords: Readonly<Record<CopyRoute, string>> = {
  relay: 'the blocks are copied as they are',
  pull: 'the target fetches the data',
  link: 'no data is copied',
  mount: 'the registry reuses the data it has',
};

/** What the target can come by without being sent it, and the route that this is. */
export interface Shortcut {
  readonly route: CopyRoute;
  readonly by: Pick<UploadRequest, 'handover' | 'inParts'>;
}

/** Both ends of a copy, and what is to go from one to the other. */
export interface Leg {
  readonly data: Download;
  /** What has been published of the source, by record or download. */
  readonly digests: Digests;
  readonly plan: Plan;
  readonly from: Account<'download'>;
  readonly to: Account<'upload'>;
  /** What the image is to be called there. */
  readonly name: string;
  /** Digest that the user wants the source to have. */
  readonly checksum: Checksum | undefined;
}

/**
 * How the target can come by the data without being sent it as a disk; a text says why it cannot, where that is worth saying. Absent: it
 * has to be sent so.
 */
export async function shortcutOf(leg: Leg, call: Call): Promise<Shortcut | string | undefined> {
  const { data, digests, plan, to, checksum } = leg;
  if (plan.convert || plan.unwrap || plan.wrap) return undefined;
  const inParts = data.inParts === true && data.original?.realm === to.verb('upload').originals;
  const within = await withinProvider(leg, call);
  if (!inParts && typeof within !== 'object') return within;
  // A digest that nobody has published can only be compared with bytes that pass through here.
  if (checksum && digests[checksum.algorithm] === undefined) return `no ${checksum.algorithm} of the source is published`;
  return typeof within === 'object'
    ? { route: within.route, by: { handover: within.handover, inParts } }
    : { route: 'relay', by: { inParts } };
}

/** What the provider of both ends does by itself. */
async function withinProvider(
  { data, plan, from, to, name }: Leg,
  call: Call,
): Promise<{ readonly route: Exclude<CopyRoute, 'relay'>; readonly handover: Handover } | string | undefined> {
  const route = to.verb('upload').handover ?? to.maybe('import')?.handover;
  const { handover, encoding } = data;
  if (route === undefined || handover === undefined || from.provider !== to.provider) return undefined;
  // What is linked or mounted keeps the form that its record says.
  if (route !== 'pull' && (!encoding || describeEncoding(encoding) !== describeEncoding(plan.encoding))) return undefined;
  return (await to.objection(handover, call, name)) ?? { route, handover };
}

/** Has the target take the data by the shortcut. A text says why it did not, before anything was made there. */
export async function byShortcut(
  { route, by }: Shortcut,
  request: UploadRequest,
  at: Account<'upload'>,
  call: Call,
): Promise<Image | string> {
  try {
    if (route === 'mount' || route === 'relay') return await at.verb('upload').run({ ...request, ...by }, call);
    const { handover } = by;
    const { description, place, nameMustBeFree = false } = request;
    const verb = at.maybe('import');
    if (!verb || !handover) return `${at.provider} has no ${route}`;
    return await verb.run(
      { description, handover, nameMustBeFree, ...(place === undefined ? {} : { places: [place] }), extras: {} },
      call,
    );
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'UNSUPPORTED') throw error;
    return error.message;
  }
}
