import { conflictError, usageError } from '../../core/errors.ts';
import type { PreparedTry } from '../../core/http.ts';
import { isObject } from '../../core/json.ts';
import type { Call, Extra, ExtraValues } from '../../core/operation.ts';
import { checkAlias, giveAlias, readAlias, takeAlias } from './aliases.ts';
import { ask, imagePath, type IncusClient } from './client.ts';
import { isStale } from './errors.ts';

/** What can be said of a new image besides its fields. */
export const labels = {
  alias: { kind: 'text', help: 'further names, separated by commas' },
  expiresAt: {
    kind: 'text',
    help: 'when it is to be removed, such as 2031-01-31 or 2031-01-31T12:00:00Z; the server only keeps it',
  },
} as const satisfies Readonly<Record<string, Extra>>;

/** The same of one that is there. */
export const labelChanges = {
  ...labels,
  removeAlias: { kind: 'text', help: 'names to take away, separated by commas' },
} as const satisfies Readonly<Record<string, Extra>>;

/** What was said of an image besides its fields, understood. */
export interface Labels {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly expiresAt: string | undefined;
}

const namesIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? value.split(',').map((name) => name.trim()) : [];

/** Throws USAGE for what can be no name or no time. */
export function labelsOf({ alias, removeAlias, expiresAt }: ExtraValues): Labels {
  const [add, remove] = [namesIn(alias), namesIn(removeAlias)];
  for (const name of [...add, ...remove]) checkAlias(name);
  return { add, remove, expiresAt: typeof expiresAt === 'string' ? timeFrom(expiresAt) : undefined };
}

function timeFrom(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(time.getTime()) && time.getUTCFullYear() > 1970) return time.toISOString().replace('.000Z', 'Z');
  throw usageError(`expiresAt is no time that an image can expire at: ${text}`, {
    hint: 'Use 2031-01-31 or 2031-01-31T12:00:00Z. An expiry can be moved, and not taken away.',
  });
}

/** Whether there is nothing to be done. */
export const isNone = ({ add, remove, expiresAt }: Labels): boolean =>
  add.length + remove.length === 0 && expiresAt === undefined;

/** Throws CONFLICT for names that lead to another image. */
export async function label(client: IncusClient, id: string, { add, remove, expiresAt }: Labels, call: Call): Promise<void> {
  for (const name of add) await giveAlias(client, { name, target: id, mustBeFree: true }, call);
  for (const name of remove) await takeOwnAlias(client, name, id, call);
  if (expiresAt !== undefined) await expire(client, id, expiresAt, call);
}

async function takeOwnAlias(client: IncusClient, name: string, id: string, call: Call): Promise<void> {
  const there = await readAlias(client, name, call);
  if (there === undefined) return;
  if (there.target !== id) throw conflictError(`the name "${name}" is one of image ${there.target}, and not of ${id}`);
  await takeAlias(client, { name, target: id }, call);
}

/** Oddity: of this key a change of single keys says that it was made, and leaves it; and of a whole record it sets back what is not sent. */
async function expire(client: IncusClient, id: string, expiresAt: string, call: Call): Promise<void> {
  const what = `changing ${id}`;
  const prepare = async (): Promise<PreparedTry> => {
    const { answer, body } = await ask(client, { method: 'GET', path: imagePath(id), what: `reading ${id}` }, call);
    const { auto_update, public: isPublic, properties, profiles } = isObject(body.metadata) ? body.metadata : {};
    return {
      json: { auto_update, public: isPublic, properties, profiles, expires_at: expiresAt },
      headers: { 'if-match': answer.headers.etag },
    };
  };
  await ask(client, { method: 'PUT', path: imagePath(id), prepare, retryWhen: isStale, what }, call);
}
