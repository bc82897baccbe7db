import { ImgctlError, type Code } from './errors.ts';
import type { ImageRecord } from './image.ts';

/** What can rest on an image. `template`: what instances are made from later on. `share`: somebody was given access to it. */
export const useKinds = ['instance', 'volume', 'snapshot', 'template', 'image', 'share'] as const;
export type UseKind = (typeof useKinds)[number];

/** Somebody or something that uses an image. Absent: the provider does not tell. */
export interface Use {
  readonly kind: UseKind;
  readonly id: string;
  readonly name?: string;
  /** In the provider's own word. */
  readonly status?: string;
  /** Region, zone or the like. */
  readonly place?: string;
  /** Whose it is: a project, an account. */
  readonly owner?: string;
  /** Id of what stands in between: the volume that an instance runs from. */
  readonly via?: string;
}

/** A part of the question that was not answered: there may be uses of that kind, and they count as such. */
export interface UnaskedUse {
  readonly kind: UseKind;
  /** Those of one's own were seen, those of others were not. */
  readonly of?: 'others';
  readonly reason: string;
  /** Kind of the failure, where it was asked and that failed. Absent: nobody may ask, or can tell. */
  readonly code?: Code;
}

/** What is known of the uses of one image. Only where nothing is `unasked` does an empty list of uses say that it has none. */
export interface ImageUses {
  /** Id of the image. */
  readonly image: string;
  readonly uses: readonly Use[];
  readonly unasked: readonly UnaskedUse[];
}

/** Images as a list or a look has given them. They are asked for together, since much is read once for all of them. */
export interface UsesRequest {
  readonly images: readonly ImageRecord[];
}

/** `knows`: kinds of use that the provider can be asked for. Of the others nothing is said, nor meant. */
export interface UsesFacts {
  readonly knows: readonly [UseKind, ...UseKind[]];
}

/** Whether something uses an image, or may: what could not be asked counts as used. */
export const mayBeUsed = ({ uses, unasked }: ImageUses): boolean => uses.length > 0 || unasked.length > 0;

/** That uses of a kind could not be asked for, because of this failure. An interrupted look is no answer, and a bug is none: those are thrown on. */
export function unaskedBy(kind: UseKind, error: unknown): UnaskedUse {
  if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
  return { kind, reason: error.message, code: error.code };
}

const passing: ReadonlySet<Code | undefined> = new Set(['NETWORK', 'PROVIDER', 'LIMIT']);

/** What was not answered this time, and may be another time: of the rest nobody may ask, or can tell. */
export const unanswered = ({ unasked }: Pick<ImageUses, 'unasked'>): readonly UnaskedUse[] =>
  unasked.filter(({ code }) => passing.has(code));

const counted = (kind: UseKind, count: number): string => `${count} ${kind}${count === 1 ? '' : 's'}`;

/** Uses that are named one by one; of more their number is enough. */
const mostNamed = 5;

function ofKind(kind: UseKind, uses: readonly Use[]): string {
  const named = [...uses.filter(({ name }) => name !== undefined), ...uses.filter(({ name }) => name === undefined)];
  const names = named.slice(0, mostNamed).map(({ name, id }) => name ?? id);
  return `${counted(kind, uses.length)} (${names.join(', ')}${uses.length > mostNamed ? ', …' : ''})`;
}

/** What was not asked, in a few words: `volumes`, `instances of others`. */
export const unaskedText = ({ kind, of }: UnaskedUse): string => `${kind}s${of === undefined ? '' : ` of ${of}`}`;

/** `used by 2 instances (web-1, web-2); could not check volumes`. */
export function usesText({ uses, unasked }: Pick<ImageUses, 'uses' | 'unasked'>): string {
  const known = useKinds.flatMap((kind) => {
    const found = uses.filter((use) => use.kind === kind);
    return found.length > 0 ? [ofKind(kind, found)] : [];
  });
  const parts = known.length > 0 ? [`used by ${known.join(', ')}`] : unasked.length > 0 ? [] : ['no known use'];
  return [...parts, ...(unasked.length > 0 ? [`could not check ${unasked.map(unaskedText).join(', ')}`] : [])].join('; ');
}
