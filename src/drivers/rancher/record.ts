import { providerError } from '../../core/errors.ts';
import { given, type ImageRecord, type Progress, type Status } from '../../core/image.ts';
import { isObject } from '../../core/json.ts';

/** Texts that can only be the id of an image. Containers have ids of the same form. */
export const imageIds = /^1i\d+$/;
/** Oddity: ids are documented as numbers, and servers send `1i5`; both are ids, and both are text here. */
export const askableIds = /^(1i)?\d+$/;

/**
 * An image as the server sends it. `transitioning` is `yes` while work goes on, `error` after it failed.
 * `links` and `actions` hold whole URLs, to be followed as they are; `actions` those that the state allows now.
 */
export interface CattleImage {
  readonly id: string;
  readonly state: string;
  readonly links: Readonly<Record<string, string>>;
  readonly actions: Readonly<Record<string, string>>;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly accountId: string | undefined;
  readonly created: string | undefined;
  readonly transitioning: string | undefined;
  readonly transitioningMessage: string | undefined;
  /** Per cent. */
  readonly transitioningProgress: number | undefined;
}

const statusOf: Readonly<Record<string, Status>> = {
  requested: 'queued',
  registering: 'pending',
  activating: 'pending',
  active: 'active',
  deactivating: 'pending',
  inactive: 'inactive',
  'updating-active': 'pending',
  'updating-inactive': 'pending',
  removing: 'deleting',
  removed: 'deleted',
  purging: 'deleting',
  purged: 'deleted',
  restoring: 'pending',
};

/** Reads a body that should be one image. Throws PROVIDER when it is something else; `what` says what was being done. */
export function cattleImage(body: unknown, what: string): CattleImage {
  const id = isObject(body) ? idOf(body['id']) : undefined;
  if (!isObject(body) || body['type'] !== 'image' || id === undefined || !isText(body['state']))
    throw providerError(`${what}: the answer is not an image`);
  const { name, description, accountId, created, transitioning, transitioningMessage, transitioningProgress: percent } = body;
  return {
    id,
    state: body['state'],
    links: textsIn(body['links']),
    actions: textsIn(body['actions']),
    name: textOf(name),
    description: textOf(description),
    accountId: idOf(accountId),
    created: textOf(created),
    transitioning: textOf(transitioning),
    transitioningMessage: textOf(transitioningMessage),
    transitioningProgress: typeof percent === 'number' ? percent : undefined,
  };
}

/** The neutral record of an image; `raw` is `body` untouched. */
export function recordFrom(body: unknown, what: string): ImageRecord {
  const image = cattleImage(body, what);
  return {
    id: image.id,
    name: image.name ?? '',
    status: statusFrom(image),
    providerStatus: image.state,
    tags: [],
    properties: {},
    places: [],
    ...given<Pick<ImageRecord, 'description' | 'owner' | 'createdAt' | 'progress'>>({
      description: image.description,
      owner: image.accountId,
      createdAt: image.created,
      progress: progressFrom(image),
    }),
    raw: body as Readonly<Record<string, unknown>>,
  };
}

function statusFrom(image: CattleImage): Status {
  const status = statusOf[image.state] ?? 'unknown';
  // Oddity: a failed change leaves the image in a state of rest, and only `transitioning` tells.
  if (image.transitioning === 'error') return 'failed';
  if (image.transitioning === 'yes') return status === 'deleting' ? 'deleting' : 'pending';
  return status;
}

function progressFrom(image: CattleImage): Progress | undefined {
  if (image.transitioning !== 'yes' && image.transitioning !== 'error') return undefined;
  return given<Progress>({ percent: image.transitioningProgress, message: image.transitioningMessage });
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** An id as text, also where it came as a number. */
export function idOf(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : isText(value) ? value : undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The entries of a map whose values are text. */
export function textsIn(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => isText(entry[1])));
}
