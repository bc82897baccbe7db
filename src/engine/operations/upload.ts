import { unsupportedError, usageError } from '../../core/errors.ts';
import type { Format } from '../../core/encoding.ts';
import { given, type Image } from '../../core/image.ts';
import type { Call, Description, UploadFacts } from '../../core/operation.ts';
import { provenanceProperties } from '../../core/provenance.ts';
import type { Task } from '../../core/task.ts';
import { prepare } from '../../transfer/prepare.ts';
import type { Prepared } from '../../transfer/prepared.ts';
import type { TransferOptions } from '../../transfer/transfer-options.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Change } from './change.ts';
import { laterOf, visibleFirst } from './completed.ts';
import { deliver, type Delivery } from './deliver.ts';
import { checkFields, checkOwnId, extrasFrom } from './fields.ts';
import type { IfExists } from './claim.ts';
import { checkManageable, managed, type ManageWish } from './managed.ts';
import { foreseen, settleName } from './name-conflict.ts';
import type { WaitWishes } from './settle.ts';
import { withSignature, type Origin } from './source.ts';
import {
  formatNamed,
  forContainer,
  keepsContainer,
  meansForUpload,
  plannedLabels,
  plannedTransfer,
  warnOfLimit,
  warnOfSize,
} from './transfer.ts';

/** The image that a disk is to become. */
export interface UploadWishes extends WaitWishes, ManageWish {
  /** Its name; of a record that is filled its own counts. */
  readonly name?: string | undefined;
  /** Id of a queued record to fill. */
  readonly into?: string | undefined;
  readonly id?: string | undefined;
  /** Place to put it in; default: the region, where the provider wants one. */
  readonly place?: string | undefined;
  readonly description: Omit<Description, 'name'>;
  readonly transfer: TransferOptions;
  readonly ifExists?: IfExists | undefined;
  /** Fields that only the provider has, as they are typed. */
  readonly set: Readonly<Record<string, string>>;
}

type Target = Account<'upload' | 'show' | 'list'>;

/** Throws, before any request or byte, what the provider cannot do. */
export function checkUpload(
  at: Target,
  wishes: Pick<UploadWishes, 'into' | 'id' | 'place' | 'description' | 'set' | 'manage'>,
): void {
  const verb = at.verb('upload');
  if (wishes.into !== undefined && !verb.into)
    throw unsupportedError(`${at.provider} does not support uploading into an existing record`, {
      hint: 'Omit --into, and use --name NAME for a new image.',
    });
  checkOwnId(at as Account, verb, wishes);
  if (wishes.place !== undefined && verb.place === undefined)
    throw unsupportedError(`${at.provider} has no places to upload to`, { hint: 'Omit --to.' });
  checkFields(at as Account, 'upload', verb.fields, wishes.description);
  checkManageable(at as Account, wishes);
  extrasFrom(at as Account, verb, wishes.set);
}

/** A disk that is to become an image. The source is opened once all is known to fit; it is looked at then, as far as that takes. */
export async function uploading(at: Target, wishes: UploadWishes, from: Origin, context: EngineContext): Promise<Change<Image>> {
  checkUpload(at, wishes);
  const { into } = wishes;
  const call = context.call();
  const queued = into === undefined ? undefined : await at.verb('show').run({ id: into }, call);
  const name = queued?.name ?? wishes.name ?? '';
  if (name === '') throw usageError("--name is missing the image's name");
  const source = await withSignature(await from.open(), wishes.transfer);
  warnOfLimit(context, at.driver.worksOnFiles && !from.isRemote);
  const task = context.task(`upload ${name}`);
  const verb = at.verb('upload');
  const container = wishes.description.containerFormat ?? queued?.containerFormat;
  const way = forContainer(verb, container, wishes.transfer);
  const prepared = await prepare(
    source,
    way.accepts,
    way.wishes,
    meansForUpload(context, task, verb, { extras: extrasFrom(at as Account, verb, wishes.set) }),
  );
  const format = keepsContainer(verb, container) ? (wishes.transfer.format ?? formatNamed(queued?.diskFormat)) : null;
  const delivery = deliveryOf({ at, wishes, name, call, task }, prepared, format, context);
  return {
    async plan() {
      warnOfSize(prepared, at.provider, context);
      const { description, place } = delivery.request;
      return [
        {
          verb: 'upload',
          profile: at.profile,
          provider: at.provider,
          image: into ?? name,
          ...plannedTransfer(prepared, source),
          ...plannedLabels({ ...description, ...delivery.later?.changes }, place),
          ...(await foreseen(prepared.plan.steps, () => settleName(prepared, delivery, context), delivery, context)),
        },
      ];
    },
    async perform() {
      warnOfSize(prepared, at.provider, context);
      const { image } = await deliver(prepared, delivery, context);
      task.done();
      return managed(at as Account, image, wishes, call);
    },
    close: () => prepared.close(),
  };
}

interface Named {
  readonly at: Target;
  readonly wishes: UploadWishes;
  readonly name: string;
  readonly call: Call;
  readonly task: Task;
}

/** How it is delivered. `format`: what the disk in a container is said to be; null: it is in none. */
function deliveryOf(
  { at, wishes, name, call, task }: Named,
  prepared: Prepared,
  format: Format | undefined | null,
  context: EngineContext,
): Delivery {
  const verb = at.verb('upload');
  const { into, id, wait, ifExists = 'fail', set } = wishes;
  const later = laterOf(at as Account, wishes.description);
  const visibility = later.visibility ?? undefined;
  const description = Object.fromEntries(Object.entries(wishes.description).filter(([field]) => !Object.hasOwn(later, field)));
  const place = wishes.place ?? (verb.place === 'region' ? context.settings.region : undefined);
  return {
    at,
    request: {
      description: {
        ...description,
        ...given({ visibility: verb.appearsWhole ? visibility : visibleFirst(visibility) }),
        ...originIn(wishes, verb),
        ...(format === null ? {} : diskIn(prepared, format)),
        name,
      },
      ...(into === undefined ? {} : { into }),
      ...(id === undefined ? {} : { id }),
      ...given({ opensTo: visibility }),
      ...(place === undefined ? {} : { place }),
      extras: extrasFrom(at as Account, verb, set),
    },
    ifExists,
    later: { changes: later, asked: wishes.description, done: 'uploaded' },
    published: wishes.transfer.proved?.().digest,
    wait: wait !== false,
    proved: () => wishes.transfer.proved?.() ?? {},
    limits: wishes,
    call,
    task,
  };
}

/** What will be proved of where it comes from, as far as that is known: entered with the image it spares a change. */
function originIn({ description, transfer }: UploadWishes, { fields }: UploadFacts): Pick<Description, 'properties'> {
  const origin = provenanceProperties(transfer.proved?.() ?? {});
  if (Object.keys(origin).length === 0 || !fields.includes('properties')) return {};
  return { properties: { ...description.properties, ...origin } };
}

/** The format of the disk in a container: what the user says, or what was found there. */
function diskIn({ inspection, plan }: Prepared, format: Format | undefined): { readonly diskFormat: string } {
  const [member] =
    (plan.encoding.format === 'ova' || plan.encoding.format === 'tar' ? inspection.subformat : undefined)?.split(' ') ?? [];
  return { diskFormat: format ?? member ?? plan.encoding.format };
}
