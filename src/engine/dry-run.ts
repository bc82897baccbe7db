import type { Image } from '../core/image.ts';
import { readingVerbs, type OperationName, type PatchRequest, type ReplicateRequest } from '../core/operation.ts';
import { maskSecrets, maskText, withoutCredentials, type Redactor } from '../core/redact.ts';
import type { Action, Risk } from '../core/action.ts';

/** An image that is there, for a plan. */
export const about = ({ id, name, status, sizeBytes, createdAt }: Image): Partial<Action> => ({
  image: id,
  ...(name === '' ? {} : { name }),
  status,
  ...(sizeBytes === undefined ? {} : { sizeBytes }),
  ...(createdAt === undefined ? {} : { createdAt }),
});

export const changes = (verb: OperationName, request: unknown): boolean =>
  !readingVerbs.has(verb) && !(verb === 'share' && (request as { action?: string }).action === 'list');

/** The verb as it is typed. */
const typedVerb = (verb: OperationName, request: object): string =>
  verb === 'share' && 'action' in request && request.action === 'remove' ? 'unshare' : verb;

/** What verbs do to what is there, whatever they are asked. */
const risks: Readonly<Partial<Record<OperationName, Risk>>> = {
  create: 'add',
  upload: 'add',
  import: 'add',
  deactivate: 'deactivate',
  delete: 'delete',
  purge: 'delete',
};

function riskOf(verb: OperationName, request: object): Risk {
  const { remove = [], exactly, changes: changed } = request as Partial<ReplicateRequest & PatchRequest>;
  if (verb === 'replicate') return exactly !== undefined || remove.length > 0 ? 'shrink-places' : 'add';
  if (verb === 'patch' && changed?.hidden === true) return 'hide';
  return risks[verb] ?? 'property';
}

/** What a verb would be asked for. */
export const actionOf = (verb: OperationName, request: object): Pick<Action, 'verb'> & Partial<Action> => ({
  verb: typedVerb(verb, request),
  risk: riskOf(verb, request),
  ...asked(request),
});

/** Of what a verb was asked for, what would change: not what it was made up from, nor the bytes. */
function asked(request: object): Partial<Action> {
  const {
    id,
    basis: _basis,
    content: _content,
    original: _original,
    extras,
    changes: changed,
    ...rest
  } = request as Readonly<Record<string, unknown>>;
  const body = { ...rest, ...(changed as object | undefined), ...(extras as object | undefined) };
  return {
    ...(typeof id === 'string' ? { image: id } : {}),
    ...(Object.keys(body).length === 0 ? {} : { body }),
  };
}

/** A plan as it is printed for programs. */
export const actionJson = (plan: Action): object => ({ dryRun: true, ...plan });

/** An action without the secrets that are known, credentials in addresses, and values whose names tell that they are secrets. */
export const maskedAction = (action: Action, redactor: Redactor): Action =>
  maskSecrets(action, (text) => redactor.hide(maskText(text, withoutCredentials))) as Action;
