import type { DesiredRow } from '../../core/desired.ts';
import type { Image } from '../../core/image.ts';
import { marksOf } from '../../core/marks.ts';
import { provenanceIn, type Properties } from '../../core/provenance.ts';
import { isOtherFile, publishedDigests } from '../images/compare.ts';
import type { ManifestImage, Version } from './manifest.ts';
import type { WantedSource } from './wanted-source.ts';

/*
 * Where a manifest lists the versions of an image, all of them are one series. What another tool has made of the same list is taken for
 * what it says that it is, as that tool itself does: it keeps its id, and nothing is sent.
 */

/** The other versions of an image that are wanted; absent: of one of them its source could not be read. */
export type Siblings = readonly { readonly image: ManifestImage; readonly source: WantedSource }[] | undefined;

/** An image of the manifest with its source; absent: that could not be read. */
interface Listed {
  readonly image: ManifestImage;
  readonly source: WantedSource | undefined;
}

export const siblingsIn =
  (listed: readonly Listed[]) =>
  (image: ManifestImage): Siblings => {
    const series = image.version?.series;
    const others =
      series === undefined ? [] : listed.filter((one) => one.image !== image && one.image.version?.series === series);
    const read = others.flatMap(({ image: other, source }) => (source ? [{ image: other, source }] : []));
    return read.length === others.length ? read : undefined;
  };

const has = ({ properties }: Image, wanted: Properties): boolean =>
  Object.entries(wanted).every(([name, value]) => properties[name] === value);

/** Whether an image that nobody has marked is of this series by the word of another tool. */
export function isOfSeries(image: Image, version: Version | undefined): boolean {
  const { tag = '', series } = version?.made ?? {};
  return series !== undefined && image.tags.includes(tag) && has(image, series) && marksOf(image).managed === undefined;
}

/** Whether an image is this very version, by what its record says and no digest contradicts: neither of the file that it was made of, nor of its bytes. */
export function isSameVersion(image: Image, isMarked: boolean, { version }: ManifestImage, source: WantedSource): boolean {
  if (!version || !(isMarked || image.tags.includes(version.made.tag))) return false;
  const same = { ...version.made.same, ...(version.pointer ? source.says : {}) };
  if (Object.keys(same).length === 0 || !has(image, same) || isOtherFile(image, source.image)) return false;
  const { digest = '' } = provenanceIn(image.properties);
  const [algorithm] = digest.split(':');
  return publishedDigests(source.image).every((known) => known.split(':')[0] !== algorithm || known === digest);
}

/** Versions that are yet to be made come before the newest, which takes its name last; what is said of older ones is changed after that. */
export function inVersionOrder<P extends { readonly image: ManifestImage; readonly rows: readonly DesiredRow[] }>(
  parts: readonly P[],
): readonly P[] {
  const adding = new Set(parts.flatMap(({ image, rows }) => (rows.some(({ action }) => action === 'add') ? [image] : [])));
  const isLate = ({ image }: P): boolean => image.version?.isNewest === false && !adding.has(image);
  return [...parts.filter((part) => !isLate(part)), ...parts.filter(isLate)];
}
