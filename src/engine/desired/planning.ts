import type { DesiredRow } from '../../core/desired.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { marksOf } from '../../core/marks.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { allOf, inParallel } from '../concurrency.ts';
import { caseOf, type Case, type Seen, type Wanted } from './case.ts';
import { keptUnlessUnused, supersededRows, superseding, type Superseding } from './superseded.ts';
import { channelRows } from './channel-rows.ts';
import { decide } from './decide.ts';
import { dateWord, displayName } from './display-name.ts';
import { failureOf, lookAt, type Look } from './look.ts';
import { seriesOfImage, type Manifest, type ManifestImage } from './manifest.ts';
import { beginningOf } from './marking.ts';
import { placedImages, refuseNamesakes, type Placed } from './targets.ts';
import { inVersionOrder, isOfSeries, isSameVersion, siblingsIn, type Siblings } from './versions.ts';
import { contentWord, wantedSource, type WantedSource } from './wanted-source.ts';
import { provenanceIn } from '../../core/provenance.ts';

/** An image in one profile, and what is to be done about it there. */
export interface Part {
  readonly image: ManifestImage;
  readonly profile: string;
  readonly rows: readonly DesiredRow[];
  /** Its source is surely not there, or cannot be meant: whoever carries the plan on tells it. */
  readonly fault?: ImgctlError;
  /** Absent where either could not be read: the rows say so. */
  readonly ready?: {
    readonly source: WantedSource;
    readonly look: Look;
    readonly wanted: Wanted;
    readonly one: Case;
    /** Absent: all its versions stay. */
    readonly superseding?: Superseding | undefined;
  };
}

export interface PlanWishes {
  readonly allowDowngrade: boolean;
  /** The user says that what nobody can be asked about is not used. */
  readonly isUnusedBelieved: boolean;
  /** It is for a plan that is kept: files in it are known by what is in them, and not only by size and time. */
  readonly isKept?: boolean | undefined;
  /** Only these profiles. Absent: all targets. */
  readonly only?: readonly string[] | undefined;
}

/**
 * What is to be done so that everything is as the manifest has it; only reads. Every account is read at once, as is every source. What
 * cannot be read is reported, and its rows are `unknown`: nothing is said of it. Of a source that is surely not there they are `blocked`. Throws
 * CONFIG where the manifest cannot be meant.
 */
export async function planning(manifest: Manifest, wishes: PlanWishes, context: EngineContext): Promise<readonly Part[]> {
  const placed = placedImages(manifest, wishes.only, context.directory);
  const limit = context.settings.concurrencyLimit;
  const sources = await allOf(inParallel(limit, placed, ({ image }) => named(image, context)));
  refuseNamesakes(
    placed.flatMap(({ image, profiles }, index) => {
      const source = sources[index];
      return source instanceof ImgctlError || !source ? [] : [{ path: image.path, name: source.name, profiles }];
    }),
    manifest.file,
  );
  const profiles = [...new Set(placed.flatMap((one) => one.profiles))];
  const tags = placed.flatMap(({ image }) => (image.version ? [image.version.made.tag] : []));
  const places = new Set(placed.flatMap((one) => (one.image.places.length > 0 ? one.profiles : [])));
  const interest = { manifest: manifest.id, isName: interestIn(sources), tags, places };
  const atOnce = context.settings.concurrency === undefined ? profiles.length : limit;
  const looks = await allOf(inParallel(atOnce, profiles, (profile) => lookAt(profile, interest, context).catch(failureOf)));
  const lookOf = new Map(profiles.map((profile, index) => [profile, looks[index]]));
  for (const failure of new Set([...sources, ...looks]))
    if (failure instanceof ImgctlError && !(sources.includes(failure) && isFault(failure))) await context.report(failure);
  const parts = placed.flatMap(({ image, profiles: wanted }: Placed, index) =>
    wanted.map((profile) => ({ image, profile, source: sources[index], look: lookOf.get(profile) })),
  );
  const siblings = siblingsIn(
    placed.map(({ image }, index) => {
      const source = sources[index];
      return { image, source: source instanceof ImgctlError ? undefined : source?.source };
    }),
  );
  const decisions = await allOf(
    inParallel(limit, parts, async ({ image, profile, source, look }): Promise<Part> => {
      if (source instanceof ImgctlError && isFault(source)) return faulty(image, profile, source, context);
      if (source instanceof ImgctlError || !source) return { image, profile, rows: [unknown(image, profile, source, context)] };
      if (look instanceof ImgctlError || !look) return { image, profile, rows: [unknown(image, profile, look, context)] };
      try {
        return await decided(manifest, image, { ...source, look, siblings: siblings(image) }, wishes, context);
      } catch (error) {
        const failure = failureOf(error);
        await context.report(failure);
        return { image, profile, rows: [unknown(image, profile, failure, context)] };
      }
    }),
  );
  return inVersionOrder(decisions);
}

interface NamedSource {
  readonly source: WantedSource;
  readonly name: string;
}

/** The source of an image, and the name that the image gets by it. */
async function named(image: ManifestImage, context: EngineContext): Promise<NamedSource | ImgctlError> {
  try {
    const source = await wantedSource(image, context);
    const { serial } = provenanceIn(source.image.properties);
    const arch = source.image.architecture ?? image.labels.architecture ?? image.arch;
    const name = displayName(image.displayName, { name: image.name, serial, arch, date: dateWord(source.image.createdAt) });
    return { source, name };
  } catch (error) {
    return ofImage(image, failureOf(error));
  }
}

const ofImage = ({ name }: ManifestImage, { code, message, circumstances }: ImgctlError): ImgctlError =>
  new ImgctlError(code, `${name}: ${message}`, circumstances);

/** A source that is not there, or cannot be one, however often it is asked for. */
const isFault = ({ code }: ImgctlError): boolean => code === 'NOT_FOUND' || code === 'CONFIG';

/** Each fault of a source once, however many profiles its image is to be in. */
export const faultsOf = (parts: readonly Part[]): readonly ImgctlError[] => [
  ...new Map(parts.flatMap(({ image, fault }) => (fault ? [[image, fault] as const] : []))).values(),
];

/** Names of interest: those that are wanted, also with a version behind. */
function interestIn(sources: readonly (NamedSource | ImgctlError)[]): (name: string) => boolean {
  const names = sources.flatMap((one) => (one instanceof ImgctlError ? [] : [one.name]));
  const known = new Set(names);
  return (name) => known.has(name) || (name.endsWith(')') && known.has(name.slice(0, name.lastIndexOf(' ('))));
}

async function decided(
  manifest: Manifest,
  image: ManifestImage,
  { source, name, look, siblings }: NamedSource & { readonly look: Look; readonly siblings: Siblings },
  { allowDowngrade, isUnusedBelieved, isKept = false }: PlanWishes,
  context: EngineContext,
): Promise<Part> {
  const { at, can } = look;
  const { profile } = at;
  const series = seriesOfImage(image);
  const isMarked = (one: Image): boolean => {
    const marks = marksOf(one);
    return marks.managed === manifest.id && marks.name === series;
  };
  const isOurs = (one: Image): boolean => isMarked(one) || isOfSeries(one, image.version);
  const start = `${name}${image.version?.separator ?? ' '}(`;
  const isCandidate = (one: Image): boolean =>
    isOurs(one) || one.name === name || (one.name.startsWith(start) && one.name.endsWith(')'));
  const reading = { call: context.call(), context };
  const seen: Seen[] = [];
  for (const one of look.images.filter(isCandidate)) {
    const known = await at.memory.recall(one);
    seen.push({
      image: known,
      isOurs: isOurs(one),
      isBegun: beginningOf(one, manifest.id, series),
      isSame: (await source.isIn(known, at as Account, reading)) || isSameVersion(known, isMarked(one), image, source),
      isUnmarked: !isMarked(one),
      isListed:
        siblings === undefined || siblings.some((other) => isSameVersion(known, isMarked(one), other.image, other.source)),
    });
  }
  const wanted: Wanted = {
    image: image.name,
    profile,
    name,
    version: seen.length > 0 || image.version ? await source.version() : '',
    content: contentWord(isKept && source.whole ? await source.whole() : source.image),
    contentId: seen.length > 0 ? await source.contentId() : undefined,
    properties: source.image.properties,
    labels: source.says ? { ...image.labels, properties: { ...image.labels.properties, ...source.says } } : image.labels,
    places: image.places,
    isExactly: image.isExactly,
    allowDowngrade,
    written: image.version,
    fitsDisk: image.fitsDisk,
    isInactive: image.isInactive,
    isRetiredLater: image.retention !== undefined,
  };
  const one = caseOf(wanted, seen, can);
  const main = decide(wanted, seen, can);
  const missing = main.some(({ action, id }) => action === 'add' && id === undefined) ? await source.missing?.() : undefined;
  if (missing) return faulty(image, profile, ofImage(image, missing), context);
  const rows = [...main, ...(await channelRows(one, main, image, look, reading.call))];
  const ready = { source, look, wanted, one };
  if (!image.retention || !can.marks || rows.some(({ action }) => action === 'blocked')) return { image, profile, rows, ready };
  const rules = { ...image.retention, maxDelete: Infinity, isUnusedBelieved, now: context.now() };
  const retiring = await superseding(one, at as Account, rules, context);
  const unsure = keptUnlessUnused(retiring);
  if (unsure > 0)
    context.say(
      `${image.name} in ${profile}: ${unsure} ${unsure === 1 ? 'version stays' : 'versions stay'} beyond keep, since what uses ${unsure === 1 ? 'it' : 'them'} ` +
        'is not known: --unused says that nothing does',
    );
  return { image, profile, rows: [...rows, ...supersededRows(one, retiring)], ready: { ...ready, superseding: retiring } };
}

/** It cannot be made: there is nothing that it could be made of. */
const faulty = (image: ManifestImage, profile: string, fault: ImgctlError, context: EngineContext): Part => ({
  image,
  profile,
  rows: [{ ...unknown(image, profile, fault, context), action: 'blocked' }],
  fault,
});

/** Nothing is known of it: that is never the same as nothing to do. Whoever was asked may have quoted what he was sent. */
function unknown(
  { name: image }: ManifestImage,
  profile: string,
  failure: ImgctlError | undefined,
  { redactor }: EngineContext,
): DesiredRow {
  const hint = failure?.circumstances.hint;
  return {
    image,
    profile,
    action: 'unknown',
    name: image,
    reason: redactor.hide(failure?.message ?? 'it could not be read'),
    irreversible: false,
    ...(failure ? { code: failure.code } : {}),
    ...(hint === undefined ? {} : { hint: redactor.hide(hint) }),
  };
}
