import { conflictError, ImgctlError, notFoundError } from '../../core/errors.ts';
import { globPattern, isGlob } from '../../core/glob.ts';
import { commandLine } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import { compareImages, listing, wholeListing } from '../images/list.ts';
import { findImage, shownImage } from '../images/resolve.ts';
import { formatNamed } from '../operations/transfer.ts';
import { opaque } from '../../transfer/plan.ts';

/** What of an account is to be published: names, ids and globs; none: every image of the caller's own. */
export interface Asked {
  readonly at: Account;
  readonly words: readonly string[];
  /** Tells more of the failure to find what a word means. */
  missing?(word: string, error: ImgctlError): ImgctlError;
}

/** An image that was chosen. `isNamed`: by its name or id, and not with others. */
export interface ChosenImage {
  readonly at: Account;
  readonly image: Image;
  readonly call: Call;
  readonly isNamed: boolean;
}

/** Why a word means no image. */
export interface UnknownWord {
  readonly at: Account;
  readonly word: string;
  readonly error: ImgctlError;
}

/** Which of an account's images are looked at where none is named: as `list` has it. */
export interface Scope {
  /** The provider's public images too; of a publisher's everything. */
  readonly all?: boolean | undefined;
  /** Hidden images too. */
  readonly hidden?: boolean | undefined;
}

/** The images that are meant, each once. Of the words that mean none the reasons are given. */
export async function chooseImages(
  asked: readonly Asked[],
  scope: Scope,
  newCall: () => Call,
): Promise<{ readonly chosen: readonly ChosenImage[]; readonly not: readonly UnknownWord[] }> {
  const chosen = new Map<string, ChosenImage>();
  const not: UnknownWord[] = [];
  const take = (one: ChosenImage): void => {
    const key = `${one.at.profile}:${one.image.id}`;
    if (one.isNamed || !chosen.has(key)) chosen.set(key, one);
  };
  for (const { at, words, missing } of asked) {
    const call = newCall();
    if (words.length === 0) for (const image of await listed(at, 'own', scope, call)) take({ at, image, call, isNamed: false });
    for (const word of words) {
      try {
        for (const one of await meant(at, word, scope, call)) take(one);
      } catch (error) {
        if (!(error instanceof ImgctlError) || ['ABORTED', 'AUTH', 'USAGE'].includes(error.code)) throw error;
        not.push({ at, word, error: missing?.(word, error) ?? error });
      }
    }
  }
  return { chosen: [...chosen.values()], not };
}

/** The disks that a list shows. `usual`: whose they are, unless others' are asked for. */
async function listed(
  at: Account,
  usual: 'own' | 'mine',
  { all = false, hidden = false }: Scope,
  call: Call,
): Promise<readonly Image[]> {
  const images: Image[] = [];
  for await (const image of listing(at, { ...wholeListing, scope: all ? 'all' : usual, hidden }, call))
    if (isDisk(image)) images.push(image);
  return images;
}

async function meant(at: Account, word: string, scope: Scope, call: Call): Promise<readonly ChosenImage[]> {
  if (isGlob(word)) {
    const [images, pattern] = [await listed(at, 'mine', scope, call), globPattern(word)];
    const exact = images.filter(({ name }) => name === word);
    const found = exact.length > 0 ? exact : images.filter(({ name }) => pattern.test(name));
    if (found.length > 0) return found.map((image) => ({ at, image, call, isNamed: false }));
    throw notFoundError(`no active image matches "${word}" in ${at.profile}`, {
      hint: `List images with: ${commandLine({ verb: 'list' }, at)}`,
    });
  }
  const image = await shownImage(at, await findImage(at, word, { pick: 'latest' }, call), call);
  if (image.status === 'active') return [{ at, image, call, isNamed: true }];
  throw conflictError(`image ${image.id} is ${image.status}, not active`, { profile: at.profile });
}

/** As far as the record tells. */
function isDisk({ status, diskFormat }: Image): boolean {
  const format = formatNamed(diskFormat);
  return status === 'active' && !(format !== undefined && (format === 'iso' || opaque.has(format)));
}

/** Without those that were not named and are older than another of the same product. */
export function newestOf(all: readonly ChosenImage[], productOf: (image: Image) => string): readonly ChosenImage[] {
  const newest = new Map<string, ChosenImage>();
  for (const one of all.filter(({ isNamed }) => !isNamed)) {
    const product = productOf(one.image);
    const before = newest.get(product);
    const isNewer = !before || compareImages(one.image, before.image, [{ field: 'createdAt', descending: true }]) < 0;
    if (isNewer) newest.set(product, one);
  }
  const kept = new Set(newest.values());
  return all.filter((one) => one.isNamed || kept.has(one));
}
