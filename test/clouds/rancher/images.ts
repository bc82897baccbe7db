import { randomUUID } from 'node:crypto';
import type { FakeAnswer } from '../../support/fake-server.ts';
import { plainError, validationError } from './answers.ts';
import { collection } from './collection.ts';
import { internalId } from './ids.ts';
import { begin, isListed, type Row } from './machine.ts';
import { imageResource, opaqueAction, type Setting } from './resource.ts';
import { fieldsOf, methodsOf, schemaActionsOf } from './schemas.ts';
import type { Server, Visit } from './server.ts';
import { actionsFrom } from './versions.ts';

/** Everything under `/images`. */
export function answerImages(server: Server, visit: Visit): FakeAnswer {
  const { request, place, key } = visit;
  const { method } = request;
  const [, id, ...rest] = place.parts;
  const methods = methodsOf(key.role);
  if (id === undefined) {
    if (!methods.collection.includes(method)) return plainError(405);
    return method === 'POST' ? create(server, visit) : list(server, visit);
  }
  const row = rowOf(server, visit, id);
  if (!row) return plainError(404);
  const action = actionOf(server, visit, rest);
  if (method === 'POST' && action !== undefined) return act(server, visit, row, action);
  if (rest.length > 0) return plainError(404);
  if (!methods.resource.includes(method)) return plainError(405);
  if (method === 'PUT') return update(server, visit, row);
  if (method === 'DELETE') return remove(server, visit, row);
  const answer = { status: 200, body: resource(server, visit, row) };
  const { afterRead } = server.tricks;
  server.tricks.afterRead = undefined;
  afterRead?.();
  return answer;
}

function setting({ release, tricks }: Server, { place, key }: Visit): Setting {
  const { apiVersion, base } = place;
  return {
    release,
    apiVersion,
    base,
    role: key.role,
    baseType: tricks.baseType ?? release.tells.baseType,
    opaqueActions: tricks.opaqueActions,
  };
}

const resource = (server: Server, visit: Visit, row: Row): Readonly<Record<string, unknown>> => ({
  ...imageResource(row, setting(server, visit)),
  ...(server.tricks.numericIds ? { id: row.number } : {}),
});

const isTheirs = (row: Row, { account }: Visit): boolean => account === undefined || row.accountId === account;

function rowOf(server: Server, visit: Visit, id: string): Row | undefined {
  const internal = server.tricks.numericIds && /^\d+$/.test(id) ? id : internalId(decodeURIComponent(id));
  if (internal === undefined || !/^\d+$/.test(internal)) return undefined;
  return server.rows.find((row) => row.number === Number(internal) && isTheirs(row, visit));
}

function actionOf({ tricks }: Server, { request }: Visit, [word, code]: readonly string[]): string | undefined {
  if (tricks.opaqueActions) return word === 'do' ? opaqueAction(code ?? '') : undefined;
  return request.url.searchParams.get('action') ?? undefined;
}

function list(server: Server, visit: Visit): FakeAnswer {
  const { release, tricks, now } = server;
  const { request, place, key } = visit;
  const query = request.url.searchParams;
  const showsAll = release.listsRemoved && query.get('_removed') === 'true';
  const rows = server.rows.filter((row) => isTheirs(row, visit) && (showsAll || isListed(release, row, now())));
  const resources = rows.map((row) => resource(server, visit, row));
  const visible = Object.keys(fieldsOf(release, place.apiVersion, key.role));
  const mostRows = tricks.mostRows ?? release.mostRows;
  const { opaqueMarkers, nextLoops } = tricks;
  return {
    status: 200,
    body: collection(resources, `${place.base}/images`, query, visible, { mostRows, usualRows: 100, opaqueMarkers, nextLoops }),
  };
}

function act(server: Server, visit: Visit, row: Row, action: string): FakeAnswer {
  const { release, pace, now } = server;
  if (!schemaActionsOf(release, visit.place.apiVersion, visit.key.role).includes(action))
    return validationError('InvalidAction', 'action');
  if (!actionsFrom(release, row.state).includes(action)) return validationError('ActionNotAvailable', 'action');
  if (isLocked(server)) return plainError(409);
  begin(release, row, action, pace, now());
  return { status: 202, body: resource(server, visit, row) };
}

function isLocked({ tricks }: Server): boolean {
  if (tricks.conflicts <= 0) return false;
  tricks.conflicts -= 1;
  return true;
}

const longest: Readonly<Record<'name' | 'description', number>> = { name: 255, description: 1024 };

function tooLong({ body }: Visit): FakeAnswer | undefined {
  for (const [field, most] of Object.entries(longest)) {
    const value = body[field];
    if (typeof value === 'string' && value.length > most) return validationError('MaxLengthExceeded', field);
  }
  return undefined;
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function create(server: Server, visit: Visit): FakeAnswer {
  const refused = tooLong(visit);
  if (refused) return refused;
  const { release, pace, rows, now } = server;
  const row: Row = {
    number: (rows.at(-1)?.number ?? 0) + 1,
    accountId: visit.account ?? visit.key.account,
    uuid: randomUUID(),
    createdAt: Math.floor(now() / 1000) * 1000,
    name: textOf(visit.body['name']),
    description: textOf(visit.body['description']),
    state: 'requested',
    removedAt: null,
    removeTime: null,
    failure: null,
    percent: null,
  };
  rows.push(row);
  begin(release, row, 'create', pace, now());
  return { status: 201, body: resource(server, visit, row) };
}

/** A plain write of the fields that may be written; all others are dropped without a word. */
function update(server: Server, visit: Visit, row: Row): FakeAnswer {
  const refused = tooLong(visit);
  if (refused) return refused;
  if (isLocked(server)) return plainError(409);
  if ('name' in visit.body) row.name = textOf(visit.body['name']);
  if ('description' in visit.body) row.description = textOf(visit.body['description']);
  return { status: 200, body: resource(server, visit, row) };
}

function remove(server: Server, visit: Visit, row: Row): FakeAnswer {
  const { release, pace, now } = server;
  if (isLocked(server)) return plainError(409);
  if (!['removed', 'removing'].includes(row.state) && !begin(release, row, 'remove', pace, now())) return plainError(405);
  return { status: 200, body: resource(server, visit, row) };
}
