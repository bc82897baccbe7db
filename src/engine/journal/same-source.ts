import { conflictError } from '../../core/errors.ts';
import { parsedJson } from '../../core/json.ts';
import type { Call, Digests } from '../../core/operation.ts';
import { comparable } from '../../transfer/published-digests.ts';
import { isSameState, tellsStates, type Validator } from '../../transfer/validator.ts';
import type { LazyJournal } from './lazy-journal.ts';

/** What tells the content of an image from another one. */
export interface ImageState {
  readonly contentId?: string | undefined;
  readonly checksums?: Digests | undefined;
  readonly sizeBytes?: number | undefined;
}

/**
 * Throws CONFLICT where a run that goes on with another one would take its bytes from another image, or another state of an image or
 * a URL. What cannot be told is warned about. Of files it is asked before anything is run again.
 */
export function requireSameSource({ source, expected, resumes = '' }: LazyJournal, call: Call): void {
  const from = source?.image ?? source?.url ?? source?.file;
  if (!source || from === undefined || (source.file !== undefined && expected?.file !== undefined)) return;
  const before = expected?.image;
  const isSame = source.image !== undefined && before !== undefined && before !== from ? false : isSameSource(source, expected);
  if (isSame === false)
    throw conflictError(`${from} is not what run ${resumes} took`, {
      hint: 'Run its command again, once that run is undone with:',
      next: [{ verb: 'ops undo', args: [resumes] }],
    });
  if (isSame === undefined)
    call.note({ kind: 'warning', message: `not checked: nothing tells whether ${from} is what run ${resumes} took` });
}

const isSameSource = (source: LazyJournal['source'], expected: LazyJournal['expected']): boolean | undefined =>
  source?.image === undefined
    ? isSameFile(stateIn(source?.state), stateIn(expected?.state))
    : isSameContent(stateIn(source.state), stateIn(expected?.state));

/** What nobody understands tells nothing. */
const stateIn = (text: string | undefined): object => Object(parsedJson(text ?? '{}')) as object;

/** By the strongest digest that is known of both, else by the content id; absent where at most their sizes are known, and agree. */
export function isSameContent(one: ImageState, other: ImageState): boolean | undefined {
  if (one.sizeBytes !== undefined && other.sizeBytes !== undefined && one.sizeBytes !== other.sizeBytes) return false;
  const known = new Map(comparable(other.checksums).map(({ algorithm, hex }) => [algorithm, hex]));
  const common = comparable(one.checksums).find(({ algorithm }) => known.has(algorithm));
  if (common) return known.get(common.algorithm) === common.hex;
  return one.contentId === undefined || other.contentId === undefined ? undefined : one.contentId === other.contentId;
}

/** Absent where no validator of one kind is known of both. */
function isSameFile(one: Validator, other: Validator): boolean | undefined {
  if (!isSameState(one, other)) return false;
  const common = { ...(other.etag ? { etag: one.etag } : {}), ...(other.modified ? { modified: one.modified } : {}) };
  return tellsStates(common as Validator) ? true : undefined;
}
