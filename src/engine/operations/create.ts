import { unsupportedError, usageError } from '../../core/errors.ts';
import { commandLine, fillingOf, uploading } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Call, CreateRequest, Description } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Change } from './change.ts';
import { checkFields, checkOwnId, extrasFrom } from './fields.ts';
import { warnOfNamesakes } from './name-conflict.ts';
import { settled, type WaitWishes } from './settle.ts';
import { plannedLabels } from './transfer.ts';

/** The record that is to be made. */
export interface CreateWishes extends WaitWishes {
  /** Absent or empty: it has none, where the provider lets it. */
  readonly name?: string;
  readonly description: Omit<Description, 'name'>;
  readonly id?: string | undefined;
  /** Id of a server's disk to make the image from; absent: a record without data. */
  readonly fromDisk?: string | undefined;
  readonly set: Readonly<Record<string, string>>;
}

/** A new record. Throws, before any request, what the provider cannot do. */
export function creation(at: Account<'create' | 'show'>, wishes: CreateWishes, context: EngineContext): Change<Image> {
  const request = requestOf(at, wishes, context);
  const { description } = request;
  const call = context.call();
  return {
    async plan() {
      await warnOfNamesakes(at as Account, description, call, context);
      return [{ ...(await at.preview('create', request, call)), image: wishes.name ?? '', ...plannedLabels(description) }];
    },
    async perform() {
      const made = await at.verb('create').run(request, call);
      // Only now: what others make at the same time is seen by one of them at least.
      await warnOfNamesakes(at as Account, made, call, context);
      return ready(made, { at, wishes, call }, context);
    },
  };
}

function requestOf(at: Account<'create' | 'show'>, wishes: CreateWishes, context: EngineContext): CreateRequest {
  const { name = '', id, fromDisk, set } = wishes;
  const verb = at.verb('create');
  const { region } = context.settings;
  if (name === '' && !verb.nameless) throw usageError(`NAME is required: ${at.provider} does not create images without a name`);
  const description = { ...(name === '' ? {} : { name }), ...wishes.description };
  const from = fromDisk === undefined ? 'nothing' : 'disk';
  if (!verb.from.includes(from)) throw refuseSource(at as Account, from);
  checkOwnId(at as Account, verb, { id });
  checkFields(at as Account, 'create', verb.fields, description);
  return {
    description,
    ...(id === undefined ? {} : { id }),
    ...(fromDisk === undefined ? {} : { fromDisk }),
    ...(region !== undefined && verb.place === 'region' ? { place: region } : {}),
    extras: extrasFrom(at as Account, verb, set),
  };
}

interface Made {
  readonly at: Account<'create' | 'show'>;
  readonly wishes: CreateWishes;
  readonly call: Call;
}

/** The image once it can be used; a record without data is never waited for. */
async function ready(image: Image, { at, wishes, call }: Made, context: EngineContext): Promise<Image> {
  if (image.status === 'queued' && wishes.fromDisk === undefined) {
    if (at.driver.facts.upload?.into) context.say(`${image.id} is queued. Fill it with: ${commandLine(fillingOf(image.id), at)}`);
    return image;
  }
  if (wishes.wait === false || image.status === 'active') return image;
  const begun = { at: at as Account, verb: 'create', id: image.id, title: image.name || image.id, call } as const;
  return (await settled(begun, { status: ['active'] }, wishes, context)) ?? image;
}

function refuseSource(at: Account, from: 'nothing' | 'disk'): Error {
  return from === 'disk'
    ? unsupportedError(`${at.provider} does not support creating images from a server's disk`, {
        hint: 'Omit --from-disk for an empty record.',
      })
    : unsupportedError(`${at.provider} does not support records without data`, {
        hint: `Use --from-disk ID, or upload a file with: ${commandLine(uploading, at)}`,
      });
}
