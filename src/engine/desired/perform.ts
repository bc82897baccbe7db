import type { AppliedRow, DesiredRow } from '../../core/desired.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { markChanges } from '../../core/marks.ts';
import type { Call, Changes, OperationName } from '../../core/operation.ts';
import type { WaitLimits } from '../../core/poll.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { inParallel, allOf } from '../concurrency.ts';
import type { Target } from '../images/target.ts';
import type { Change } from '../operations/change.ts';
import { copying } from '../operations/copy.ts';
import { deletion } from '../operations/delete.ts';
import { originalOf, type Original } from '../operations/original.ts';
import { replication } from '../operations/replicate.ts';
import { naming } from '../operations/result.ts';
import { originOf } from '../operations/source.ts';
import { uploading } from '../operations/upload.ts';
import { stateChange } from '../operations/state.ts';
import { fitted } from './drift.ts';
import { codeOf, doneWord, failedRow, outline } from './applied-row.ts';
import { failureOf } from './look.ts';
import { bornAgainstAge } from './wanted-mark.ts';
import { supersede, unretire } from './superseded.ts';
import { seriesOfImage } from './manifest.ts';
import { pointed } from './channel-rows.ts';
import { beginning } from './marking.ts';
import { faultsOf, type Part } from './planning.ts';
import { whoHasIt } from './taken-meanwhile.ts';

/** Rows that are not done, with the reason. */
export type Refusal = (row: DesiredRow) => string | undefined;

/**
 * Does what was planned, an image after the other, in all its profiles side by side; its source is read once. Where a row fails those of
 * the same image and profile that come after it are skipped, and the others go on. `refused`: why a row is not to be done; absent: it is.
 */
export async function performed(
  manifest: string,
  parts: readonly Part[],
  refused: Refusal,
  context: EngineContext,
): Promise<readonly AppliedRow[]> {
  const rows: AppliedRow[] = [];
  for (const image of new Set(parts.map((part) => part.image))) {
    const own = parts.filter((part) => part.image === image && part.rows.length > 0);
    for (const fault of faultsOf(own)) await context.report(fault);
    const original = originalFor(own, context);
    try {
      const each = inParallel(context.settings.concurrencyLimit, own, (part) =>
        new PartRun(manifest, part, original, context).run(refused),
      );
      for (const done of await allOf(each)) rows.push(...done);
    } finally {
      await original?.close();
    }
  }
  return rows;
}

/** What is copied, where there is something to copy from a profile. */
function originalFor(parts: readonly Part[], context: EngineContext): Original | undefined {
  const adding = parts.filter(({ rows }) => rows.some(({ action, id }) => action === 'add' && id === undefined));
  const source = adding[0]?.ready?.source;
  if (!source?.at) return undefined;
  return originalOf(source.image, { at: source.at, isForSeveral: adding.length > 1 }, context.call(), context);
}

/** The rows of one image in one profile, one after the other. */
class PartRun {
  readonly #manifest: string;
  readonly #part: Part;
  readonly #original: Original | undefined;
  readonly #context: EngineContext;
  readonly #call: Call;
  /** The image that was made on the way. */
  #made: Image | undefined;

  constructor(manifest: string, part: Part, original: Original | undefined, context: EngineContext) {
    this.#manifest = manifest;
    this.#part = part;
    this.#original = original;
    const text = `${part.image.name} in ${part.profile}`;
    this.#context = {
      ...context,
      warn: (message) => context.warn(`${text}: ${message}`),
      say: (line) => context.say(`${text}: ${line}`),
    };
    this.#call = context.call();
  }

  async run(refused: Refusal): Promise<readonly AppliedRow[]> {
    const done: AppliedRow[] = [];
    for (const row of this.#part.rows) {
      const isStopped = done.some(({ result }) => result !== 'ok');
      const reason = isStopped ? 'what comes before it was not done' : refused(row);
      done.push(reason === undefined ? await this.#one(row) : { ...outline(row), result: 'skipped', message: reason });
    }
    return done;
  }

  async #one(row: DesiredRow): Promise<AppliedRow> {
    try {
      const image = await this.#perform(row);
      const id = image?.id ?? row.id;
      return { ...outline(row), ...(id === undefined ? {} : { id }), result: 'ok', message: doneWord(row) };
    } catch (error) {
      const failure = failureOf(error);
      // What could not be read was reported when it could not, and the fault of a source once for all profiles.
      if (this.#part.ready) await this.#context.report(naming(`${row.image} in ${row.profile}`, failure));
      return failedRow({ ...(this.#made ? { id: this.#made.id } : {}), ...row }, failure, this.#context.redactor);
    }
  }

  async #perform(row: DesiredRow): Promise<Image | undefined> {
    const { ready } = this.#part;
    if (row.action === 'blocked' || row.action === 'unknown' || !ready)
      throw new ImgctlError(codeOf(row), row.reason, row.hint === undefined ? {} : { hint: row.hint });
    const { id = this.#made?.id } = row;
    if (id === undefined) return this.#add(row);
    if (row.retirement) return this.#retire(id, row.retirement);
    if (row.channel)
      return pointed(this.#account, { ...row, id }, { manifest: this.#manifest, now: this.#context.now() }, this.#call);
    if (row.from) return this.#retarget(id, row.from);
    if (row.places) return this.#replicate(id, row.places);
    if (row.action === 'deactivate') return this.#deactivate(id);
    if (row.action === 'delete') return deletion(this.#target(id), this.#limits, this.#context).perform();
    if (row.action === 'reuse') return this.#mark(await this.#shown(id), row.changes ?? {});
    return this.#patch(id, row.changes ?? {});
  }

  async #add(row: DesiredRow): Promise<Image> {
    const { look, wanted, one } = this.#ready();
    const change = await this.#sending(row);
    try {
      const made = await change.perform().catch((error) => whoHasIt(error, this.#account, row.name, this.#call));
      // Of two that were made in one second nobody can say which is newer.
      const changes = { ...(row.changes ?? bornAgainstAge(one, made).changes), ...fitted(wanted, made, look.can) };
      this.#made = made;
      this.#made = look.can.marks ? await this.#mark(made, changes) : made;
      return (this.#made = await this.#spread(this.#made, wanted.places, wanted.isExactly));
    } finally {
      await change.close?.();
    }
  }

  /** How it comes there. From the beginning it says for what it is made. */
  async #sending({ profile, name }: DesiredRow): Promise<Pick<Change<Image>, 'perform' | 'close'>> {
    const { image } = this.#part;
    const { source, look, wanted } = this.#ready();
    const { labels } = wanted;
    const said = {
      ...labels.properties,
      ...source.born,
      ...(look.can.marks ? beginning(this.#manifest, seriesOfImage(image)) : {}),
    };
    const description = Object.keys(said).length > 0 ? { ...labels, properties: said } : labels;
    const common = {
      description,
      ...(image.id === undefined ? {} : { id: image.id }),
      set: {},
      ifExists: 'fail',
      wait: true,
      ...this.#limits,
    } as const;
    if (this.#original && source.at) {
      const transfer = await source.disk.forImage(source.image, source.at);
      const wishes = { ...common, transfer, relay: false, isOneOfSeveral: true };
      const copy = await copying(this.#original, { profile, name }, look.at, wishes, this.#context);
      return { ...copy, perform: async () => (await copy.perform()).image };
    }
    const transfer = source.transfer ?? (await source.disk.forFile(image.source));
    return uploading(look.at, { ...common, name, transfer }, originOf(image.source, this.#context), this.#context);
  }

  /** Brings what was made to the places that it is not in yet. */
  async #spread(image: Image, places: readonly string[], isExactly: boolean): Promise<Image> {
    const there = image.places.map(({ name }) => name);
    if (places.every((place) => there.includes(place)) && !(isExactly && there.some((place) => !places.includes(place))))
      return image;
    return this.#replicate(image.id, isExactly ? { exactly: places } : { add: places });
  }

  #mark(image: Image, changes: Changes): Promise<Image> {
    const marks = markChanges(image, { managed: this.#manifest, name: seriesOfImage(this.#part.image) });
    const properties = { ...changes.properties, ...marks?.properties };
    const all: Changes = { ...changes, ...marks, ...(Object.keys(properties).length > 0 ? { properties } : {}) };
    return Object.keys(all).length === 0 ? Promise.resolve(image) : this.#patch(image.id, all);
  }

  /** The name goes from the one to the other. In between nobody has it: whoever comes again then gives it back. */
  async #retarget(id: string, from: { readonly id: string; readonly name: string }): Promise<Image> {
    await this.#patch(from.id, { name: from.name });
    return this.#patch(id, { name: this.#ready().wanted.name });
  }

  #patch(id: string, changes: Changes): Promise<Image> {
    return this.#account.verb('patch').run({ id, changes, extras: {} }, this.#call);
  }

  /** Of what is gone nothing is left to tell. */
  async #retire(id: string, action: 'retire' | 'delete' | 'unretire'): Promise<undefined> {
    const { superseding } = this.#ready();
    if (action === 'unretire') await unretire(this.#account, await this.#shown(id), this.#limits, this.#context);
    else if (superseding) await supersede(superseding, id, this.#limits, this.#context);
  }

  /** Whether that may be done was asked before. */
  #deactivate(id: string): Promise<Image> {
    const agreed: EngineContext = { ...this.#context, confirmLoss: async () => undefined };
    return stateChange('deactivate', this.#target(id), this.#limits, agreed).perform();
  }

  async #replicate(id: string, places: NonNullable<DesiredRow['places']>): Promise<Image> {
    const wishes = { add: [], remove: [], ...places };
    const basis = 'exactly' in places ? await this.#shown(id) : undefined;
    return replication(this.#target(id), wishes, () => basis, this.#limits, this.#context).perform();
  }

  #shown(id: string): Promise<Image> {
    return this.#account.verb('show').run({ id }, this.#call);
  }

  #target(id: string): Target<OperationName> {
    return { at: this.#account, id, text: this.#part.image.name, call: this.#call };
  }

  /** How long work at the provider is waited for. */
  get #limits(): WaitLimits {
    const { waitTimeout, pollInterval } = this.#context.settings;
    return { waitTimeout, pollInterval };
  }

  get #account(): Account {
    return this.#ready().look.at as Account;
  }

  #ready(): NonNullable<Part['ready']> {
    const { ready } = this.#part;
    if (!ready) throw new ImgctlError('INTERNAL', `${this.#part.image.name} was planned without being read`);
    return ready;
  }
}
