import type { Action } from '../../core/action.ts';
import type { Image } from '../../core/image.ts';
import type { InspectionReport } from '../../core/inspection-report.ts';
import type { Description } from '../../core/operation.ts';
import type { PublishedRow } from '../../core/publication.ts';
import { copying, type Copied } from '../operations/copy.ts';
import { converting, type Converted, type ConvertWishes } from '../operations/convert.ts';
import { downloading, type Downloaded, type DownloadWishes } from '../operations/download.ts';
import { describable } from '../operations/fields.ts';
import { importing } from '../operations/import.ts';
import type { ManageWish } from '../operations/managed.ts';
import { verifiableBy } from '../operations/import-origin.ts';
import { inspect as inspectFile, type InspectWishes } from '../operations/inspect.ts';
import type { IfExists } from '../operations/claim.ts';
import { originalOf } from '../operations/original.ts';
import { originOf } from '../operations/source.ts';
import { uploading } from '../operations/upload.ts';
import { vouchedFor } from '../operations/vouched.ts';
import { understood, type DiskWishes } from '../operations/wishes.ts';
import type { Account as EngineAccount } from '../account/account.ts';
import { openAt } from '../account/open.ts';
import { askedFor } from '../trust/asked.ts';
import { publishing, type PublishWishes } from '../publish/publish.ts';
import type { EngineContext } from '../context.ts';
import { checkName } from '../../core/image-name.ts';
import type { Account } from './account.ts';
import { changing, performed, planned, type ChangingCall, type Preparation } from './change.ts';
import { engineOf, quiet, type Context } from './context.ts';
import { found, type ImageInput } from './images.ts';
import { waitLimits, type WaitOptions } from './wait-options.ts';

/** What is said of a new image. */
export type Labels = Omit<Description, 'name'>;

/** What is to happen where the name is taken; absent: that is a CONFLICT. */
interface NewImage extends WaitOptions, ManageWish {
  readonly labels?: Labels | undefined;
  readonly ifExists?: IfExists | undefined;
  /** Fields that only this provider has. */
  readonly set?: Readonly<Record<string, string>> | undefined;
}

export interface UploadInput extends NewImage, DiskWishes {
  /** A file, a URL, or the bytes themselves. */
  readonly from: string | AsyncIterable<Uint8Array>;
  /** Name of the image; absent only where `into` is given. */
  readonly name?: string | undefined;
  /** Id of a queued record to fill. */
  readonly into?: string | undefined;
  /** Id of the new image, where the provider lets it be chosen. */
  readonly id?: string | undefined;
  /** Place to put it in. */
  readonly place?: string | undefined;
}

export interface ImportInput extends NewImage {
  readonly url?: string | undefined;
  readonly name?: string | undefined;
  readonly into?: string | undefined;
  readonly id?: string | undefined;
  /** As the provider calls it. */
  readonly method?: string | undefined;
  readonly places?: readonly string[] | undefined;
  /** Format of the file at the URL. */
  readonly format?: DiskWishes['format'];
  readonly checksum?: string | undefined;
  /** As for an upload, where the provider fetches to this machine; UNSUPPORTED elsewhere. */
  readonly verify?: string | undefined;
}

export interface CopyInput extends ImageInput, NewImage, DiskWishes {
  /** The account to copy to. */
  readonly to: Account;
  /** Name of the copy; absent: that of the image. */
  readonly name?: string | undefined;
  /** It may be older than what it replaces, by the serials on record. */
  readonly allowDowngrade?: boolean | undefined;
  /** The data goes through this machine, even if the target could fetch it. */
  readonly relay?: boolean | undefined;
}

export interface DownloadInput extends ImageInput, DownloadWishes, Omit<DiskWishes, 'compress'> {}

/** Sends a disk to a provider: recognised, checked, converted where the target takes another format, verified, waited for. */
export const uploadChange: Preparation<UploadInput, Image> = async ({ at, engine }, input) => {
  const { from, labels = {}, set = {}, name, ...given } = input;
  if (name !== undefined) checkName(name);
  const origin = typeof from === 'string' ? originOf(from, engine) : originOf('-', reading(from, engine));
  const transfer = await (await understood(input, engine)).forFile(origin.file);
  return uploading(at, { ...given, ...waitLimits(input), name, description: describable(labels), set, transfer }, origin, engine);
};
export const upload: ChangingCall<UploadInput, Image> = changing('upload', uploadChange);

/** The same context, whose standard input is these bytes. */
const reading = (bytes: AsyncIterable<Uint8Array>, engine: EngineContext): EngineContext => ({
  ...engine,
  stdinBytes: () => bytes,
});

/** Has the provider fetch a disk by itself. */
export const importChange: Preparation<ImportInput, Image> = async ({ at, engine }, input) => {
  const { labels = {}, set = {}, checksum, verify, format, places = [], ...given } = input;
  const asked = await askedFor({ checksum, verify: verifiableBy(at, verify, engine) }, engine);
  const vouched = await vouchedFor(asked, input.url, engine);
  const wishes = { ...given, ...waitLimits(input), places, description: describable(labels), set, diskFormat: format, vouched };
  return importing(at, wishes, engine);
};
export const importImage: ChangingCall<ImportInput, Image> = changing('importImage', importChange);

/** Copies an image to another account, on the shortest way there is. */
export const copyChange: Preparation<CopyInput, Copied> = async ({ at, engine: given, open }, input) => {
  const { to, name = '', labels = {}, set = {}, ifExists = 'fail', manage, allowDowngrade, relay = false, wait = true } = input;
  const { source, engine, wanted } = await judging(at, input, given);
  const disk = await understood(wanted, engine);
  const { call, image } = await found(source, wanted, engine);
  const target = await open(to);
  const transfer = await disk.forImage(image, source);
  const how = { transfer, ifExists, manage, allowDowngrade, relay, wait, isOneOfSeveral: false };
  const wishes = { ...waitLimits(input), description: describable(labels), set, ...how };
  const original = originalOf(image, { at: source, typed: input.image, isForSeveral: false }, call, engine);
  return copying(original, { profile: to.profile, name }, target, wishes, engine);
};
export const copy: ChangingCall<CopyInput, Copied> = changing('copy', copyChange);

/** Writes an image to a file, which has its name only when every byte is there and verified; absent: it went to a sink. */
export const download: ChangingCall<DownloadInput, Downloaded | undefined> = changing(
  'download',
  async ({ at, engine: given }, input) => {
    const { source, engine, wanted } = await judging(at, input, given);
    const { image: text, pick, to, force, resume, ...wishes } = wanted;
    const disk = await understood(wishes, engine);
    const { call, image } = await found(source, { image: text, pick }, engine);
    return downloading({ at: source, id: image.id, typed: text, call }, { to, force, resume, disk }, engine);
  },
);

/** An account that images are read from, which judges them as `verify` of the input asks: it is opened once more for that. */
async function judging<Input extends Pick<DiskWishes, 'verify'>>(at: EngineAccount, input: Input, given: EngineContext) {
  const { verify, ...wanted } = input;
  if (verify === undefined) return { source: { ...at, reach: 'readable' } as const, engine: given, wanted };
  const engine: EngineContext = { ...given, settings: { ...given.settings, verify } };
  return { source: { ...(await openAt(at.profile, [], engine)), reach: 'readable' } as const, engine, wanted };
}

export interface PublishInput extends PublishWishes {
  /** Names, ids and globs; absent: all active images of the account's own, of each name the newest. */
  readonly images?: readonly string[] | undefined;
}

/** Writes images into a folder that a web server can offer. */
export const publish: ChangingCall<PublishInput, readonly PublishedRow[]> = changing(
  'publish',
  async ({ at, engine }, { images = [], ...wishes }) =>
    publishing(wishes, [{ at: { ...at, reach: 'readable' }, words: images }], engine),
);

/** A call that needs no account. */
export interface ConvertCall {
  (input: ConvertWishes, context: Context): Promise<Converted>;
  plan(input: ConvertWishes, context: Context): Promise<readonly Action[]>;
}

/** Writes a disk in another format. */
export const convert: ConvertCall = Object.assign(
  (input: ConvertWishes, context: Context) => performed(context, input, (engine) => converting(input, engine)),
  { plan: (input: ConvertWishes, context: Context) => planned(context, input, (engine) => converting(input, engine)) },
);

export interface InspectInput extends InspectWishes {
  /** A file or a URL. */
  readonly file: string;
}

/** What a file is, and who would take it. A disk that is broken or unsafe is no failure: its `safe` is false. */
export function inspect({ file, ...wishes }: InspectInput, context: Context): Promise<InspectionReport> {
  const engine = engineOf(context);
  return quiet(engine, async () => (await inspectFile(file, wishes, engine)).report, { file });
}
