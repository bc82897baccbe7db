import { describeEncoding } from '../../core/encoding.ts';
import { ImgctlError, unsupportedError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, Description, Digests, Download, ExtraValues, Handover, UploadRequest } from '../../core/operation.ts';
import type { Checksum } from '../../transfer/checksum.ts';
import type { Plan } from '../../transfer/plan.ts';
import type { Account } from '../account/account.ts';
import { fieldsChanged } from './fields.ts';

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

interface Asked {
  readonly description: Omit<Description, 'name'>;
  readonly extras: ExtraValues;
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
  /** What the user wants said of it. */
  readonly asked: Asked;
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
  { data, plan, from, to, name, asked }: Leg,
  call: Call,
): Promise<{ readonly route: Exclude<CopyRoute, 'relay'>; readonly handover: Handover } | string | undefined> {
  const route = to.verb('upload').handover ?? to.maybe('import')?.handover;
  const { handover, encoding } = data;
  if (route === undefined || handover === undefined || from.provider !== to.provider) return undefined;
  // What is linked or mounted keeps the form that its record says.
  if (route !== 'pull' && (!encoding || describeEncoding(encoding) !== describeEncoding(plan.encoding))) return undefined;
  return (await whyNotTaken({ handover, to, name, asked, isSent: route === 'mount' }, call)) ?? { route, handover };
}

/** What is handed over, and what is to become of it. `isSent`: all is said of it that can be said of what is sent. */
interface Taking extends Pick<Leg, 'to' | 'name' | 'asked'> {
  readonly handover: Handover;
  readonly isSent?: boolean;
}

/** Why the target cannot take what is handed over; absent: as far as can be told, it can. */
export async function whyNotTaken(
  { handover, to, name, asked: { description, extras }, isSent = false }: Taking,
  call: Call,
): Promise<string | undefined> {
  const { fields = [], extras: known = {} } = to.maybe('import') ?? {};
  const unsaid = [
    ...fieldsChanged(description).filter((field) => !fields.some((one) => one === field)),
    ...Object.keys(extras).filter((name) => !Object.hasOwn(known, name)),
  ];
  if (unsaid.length > 0 && !isSent) return `the target can set ${unsaid.join(', ')} only of what it is sent`;
  return to.objection(handover, call, name);
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
    return by.handover ? await fetched(by.handover, request, at, call) : `${at.provider} has no ${route}`;
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'UNSUPPORTED') throw error;
    return error.message;
  }
}

/** Has the target fetch what is handed over. Throws UNSUPPORTED, before anything was made there, where it cannot. */
export async function fetched(
  handover: Handover,
  { description, place, nameMustBeFree = false, extras }: Omit<UploadRequest, 'content'>,
  at: Account<'upload'>,
  call: Call,
): Promise<Image> {
  const verb = at.maybe('import');
  if (!verb) throw unsupportedError(`${at.provider} fetches nothing`);
  const places = place === undefined ? {} : { places: [place] };
  return verb.run({ description, handover, nameMustBeFree, ...places, extras }, call);
}
