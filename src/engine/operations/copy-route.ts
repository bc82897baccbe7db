import { describeEncoding } from '../../core/encoding.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, Digests, Download, Handover, UploadRequest } from '../../core/operation.ts';
import type { Checksum } from '../../transfer/checksum.ts';
import type { Plan } from '../../transfer/plan.ts';
import type { Account } from '../account/account.ts';

/** How an image's data came to its target. */
export type CopyRoute = 'pull' | 'link' | 'mount' | 'relay';

/** What is done on a route that sends nothing from here, for a person to read. */
export const routeWords: Readonly<Record<Exclude<CopyRoute, 'relay'>, string>> = {
  pull: 'the target fetches the data',
  link: 'no data is copied',
  mount: 'the registry reuses the data it has',
};

/** What the target can come by without being sent it, and the route that this is. */
export interface Shortcut {
  readonly route: Exclude<CopyRoute, 'relay'>;
  readonly handover: Handover;
}

/** Both ends of a copy, and what is to go from one to the other. */
export interface Leg {
  readonly data: Download;
  /** What has been published of the source, by record or download. */
  readonly digests: Digests;
  readonly plan: Plan;
  readonly from: Account<'download'>;
  readonly to: Account<'upload'>;
  /** Digest that the user wants the source to have. */
  readonly checksum: Checksum | undefined;
}

/** How the target can come by the data without being sent it; a text says why it cannot, where that is worth saying. Absent: it has to be sent. */
export async function shortcutOf(
  { data, digests, plan, from, to, checksum }: Leg,
  call: Call,
): Promise<Shortcut | string | undefined> {
  const route = to.verb('upload').handover ?? to.maybe('import')?.handover;
  const { handover, encoding } = data;
  if (route === undefined || handover === undefined || from.provider !== to.provider) return undefined;
  if (plan.convert || plan.unwrap || plan.wrap) return undefined;
  // What is linked or mounted keeps the form that its record says.
  if (route !== 'pull' && (!encoding || describeEncoding(encoding) !== describeEncoding(plan.encoding))) return undefined;
  // A digest that nobody has published can only be compared with bytes that pass through here.
  if (checksum && digests[checksum.algorithm] === undefined) return `no ${checksum.algorithm} of the source is published`;
  return (await to.objection(handover, call)) ?? { route, handover };
}

/** Has the target take the data by the shortcut. A text says why it did not, before anything was made there. */
export async function byShortcut(
  { route, handover }: Shortcut,
  request: UploadRequest,
  at: Account<'upload'>,
  call: Call,
): Promise<Image | string> {
  try {
    if (route === 'mount') return await at.verb('upload').run({ ...request, handover }, call);
    const { description, place, nameMustBeFree = false } = request;
    const verb = at.maybe('import');
    if (!verb) return `${at.provider} has no ${route}`;
    return await verb.run(
      { description, handover, nameMustBeFree, ...(place === undefined ? {} : { places: [place] }), extras: {} },
      call,
    );
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'UNSUPPORTED') throw error;
    return error.message;
  }
}
