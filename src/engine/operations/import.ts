import { ImgctlError, unsupportedError, usageError } from '../../core/errors.ts';
import { commandLine, uploading } from '../../core/hint.ts';
import type { Image, Visibility } from '../../core/image.ts';
import type { Call, Description, ImportRequest } from '../../core/operation.ts';
import type { Checksum } from '../../core/checksum.ts';
import { comparable } from '../../transfer/published-digests.ts';
import { shownAddress } from '../../transfer/url-source.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { nothingToDo, type Same } from '../images/compare.ts';
import type { Change } from './change.ts';
import { removeReplaced } from './deliver.ts';
import { checkFields, checkOwnId, extrasFrom } from './fields.ts';
import { judgeFetched } from './inspect-import.ts';
import type { IfExists } from './claim.ts';
import { checkManageable, managed, type ManageWish } from './managed.ts';
import { mustBeFree, settle, settleAgain, settledSteps } from './name-conflict.ts';
import { outOfUse, withoutRecord } from './clear-import.ts';
import { withOrigin, withSigner } from './import-origin.ts';
import { settled, type WaitWishes } from './settle.ts';
import { formatNamed, plannedLabels } from './transfer.ts';
import { checkImported } from './verify-import.ts';
import type { Vouched } from './vouched.ts';

/** The image that a provider is to fetch. */
export interface ImportWishes extends WaitWishes, ManageWish {
  readonly name?: string | undefined;
  /** Id of a queued record to fill. */
  readonly into?: string | undefined;
  readonly url?: string | undefined;
  /** As the provider calls it. */
  readonly method?: string | undefined;
  readonly id?: string | undefined;
  readonly places?: readonly string[];
  /** Of the file at the URL. */
  readonly diskFormat?: string | undefined;
  /** What does vouch for it. Absent: nothing. */
  readonly vouched?: Vouched | undefined;
  readonly description: Omit<Description, 'name'>;
  readonly ifExists?: IfExists | undefined;
  readonly set: Readonly<Record<string, string>>;
}

type Target = Account<'import' | 'show' | 'list'>;

/** An import that was looked at: everybody to see it is let see it only once its data is there. */
interface Import {
  readonly at: Target;
  readonly wishes: ImportWishes;
  readonly name: string;
  readonly call: Call;
  /** Who shall see it besides, in the end. */
  readonly open: Visibility | undefined;
}

/** Throws, before any request, what the provider cannot do. */
export function checkImport(at: Target, wishes: ImportWishes): void {
  const verb = at.verb('import');
  checkSource(at as Account, wishes.url, wishes.method);
  checkFields(at as Account, 'import', verb.fields, labelsOf(wishes));
  checkManageable(at as Account, wishes);
  checkOwnId(at as Account, verb, wishes);
  extrasFrom(at as Account, verb, wishes.set);
  if (wishes.wait !== false) return;
  if (wishes.vouched?.checksum) throw usageError('--checksum and --no-wait cannot be combined');
  const open = openedLater(at as Account, wishes.description.visibility);
  if (open)
    throw usageError(`--visibility ${open} and --no-wait cannot be combined: the data is checked first`, {
      hint: `Use --no-wait alone, then: ${commandLine({ verb: 'patch', image: 'IMAGE', options: { visibility: open } }, at as Account)}`,
    });
}

/** An image that the provider fetches by itself. */
export async function importing(at: Target, wishes: ImportWishes, context: EngineContext): Promise<Change<Image>> {
  checkImport(at, wishes);
  const call = context.call();
  const name = wishes.into === undefined ? (wishes.name ?? '') : (await at.verb('show').run({ id: wishes.into }, call)).name;
  const one: Import = { at, wishes, name, call, open: openedLater(at as Account, wishes.description.visibility) };
  const claim = claimOf(one);
  const settleName = () => settle(claim, async (known) => withDigest(known, wishes.vouched?.checksum), context);
  return {
    async plan() {
      const before = await settleName();
      const where = { verb: 'import', profile: at.profile, provider: at.provider };
      if ('image' in before) return [{ ...where, image: before.image.id, risk: 'reuse', steps: [nothingToDo(before)] }];
      const request = requestOf(one, before.description, context);
      const source = { name: wishes.url === undefined ? (wishes.method ?? '') : shownAddress(new URL(wishes.url)) };
      const sent = await at.preview('import', request, call);
      const { risk, steps, ...uses } = await settledSteps(before, claim);
      return [
        {
          ...sent,
          risk,
          image: wishes.into ?? request.description.name,
          source,
          ...(steps.length > 0 ? { steps } : {}),
          ...uses,
          ...plannedLabels(request.description),
        },
      ];
    },
    async perform() {
      const before = await settleName();
      const marked = (image: Image): Promise<Image> => managed(at as Account, image, wishes, call);
      if ('image' in before) return marked(before.image);
      const request = requestOf(one, before.description, context);
      const made = await at
        .verb('import')
        .run(request, call)
        .catch((error: unknown) => settleAgain(error, claim, settleName));
      if (!('id' in made)) return marked(made.image);
      if (wishes.wait === false && made.status !== 'active') return marked(made);
      const ready = await withSigner(await arrived(one, made, context), at as Account, wishes.vouched, call);
      const shown = await marked(one.open ? await opened(at as Account, ready, one.open, call) : ready);
      if (before.replaces) await removeReplaced(before.replaces, shown, { at, call });
      return shown;
    },
  };
}

const labelsOf = ({ description, diskFormat }: ImportWishes): Omit<Description, 'name'> => ({
  ...description,
  ...(diskFormat === undefined ? {} : { diskFormat }),
});

/** Who wants the name, and what is to happen where it is taken. */
const claimOf = ({ at, wishes, name, call, open }: Import) => ({
  at,
  request: {
    description: { name, ...labelsOf(wishes), ...(open ? { visibility: 'private' as const } : {}) },
    ...(wishes.into === undefined ? {} : { into: wishes.into }),
  },
  ifExists: wishes.ifExists ?? ('fail' as const),
  call,
});

function requestOf(one: Import, description: ImportRequest['description'], context: EngineContext): ImportRequest {
  const { at, wishes, call } = one;
  const { into, id, url, method, places = [], vouched = {}, diskFormat, set } = wishes;
  return {
    description: withOrigin(description, at as Account, wishes.vouched),
    ...(into === undefined ? {} : { into }),
    ...(id === undefined ? {} : { id }),
    ...(method === undefined ? {} : { method }),
    ...(places.length > 0 ? { places } : {}),
    ...(url === undefined ? {} : { url, judge: judgeFetched({ url, vouched, named: diskFormat, into, call }, context) }),
    nameMustBeFree: mustBeFree(claimOf(one)),
    extras: extrasFrom(at as Account, at.verb('import'), set),
  };
}

/** The image once its data is there and was looked at. What is not what it should be does not stay. */
async function arrived({ at, wishes, call }: Import, made: Image, context: EngineContext): Promise<Image> {
  const begun = { at: at as Account, verb: 'import', id: made.id, title: made.name, call } as const;
  try {
    const ready = made.status === 'active' ? made : ((await settled(begun, { status: ['active'] }, wishes, context)) ?? made);
    const { vouched, diskFormat } = wishes;
    await checkImported(
      { at: at as Account, image: ready, checksum: vouched?.checksum, format: formatNamed(diskFormat), call },
      context,
    );
    return ready;
  } catch (error) {
    const cleared = wishes.into === undefined ? withoutRecord : outOfUse;
    throw await cleared(error, at as Account, made.id, call);
  }
}

/** Who shall see it besides, once its data is there and was looked at; absent: nobody, or it appears only then. */
const openedLater = (at: Account, wanted: Visibility | undefined): Visibility | undefined =>
  !at.driver.worksOnFiles && (wanted === 'public' || wanted === 'community') && at.maybe('patch')?.fields.includes('visibility')
    ? wanted
    : undefined;

async function opened(at: Account, { id }: Image, visibility: Visibility, call: Call): Promise<Image> {
  try {
    return await at.verb('patch').run({ id, changes: { visibility }, extras: {} }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    throw new ImgctlError(error.code, `${id} was imported, but is not ${visibility}: ${error.message}`, {
      ...error.circumstances,
      leftover: id,
      cause: error,
    });
  }
}

/** An image whose provider says that it has the digest that is demanded. */
function withDigest(known: readonly Image[], checksum: Checksum | undefined): Same | undefined {
  const image = checksum && known.find((each) => has(each, checksum));
  return image && { image, isProved: true };
}

const has = (image: Image, { algorithm, hex }: Checksum): boolean =>
  comparable(image.checksums).some((known) => known.algorithm === algorithm && known.hex === hex);

function checkSource(at: Account, url: string | undefined, method: string | undefined): void {
  const verb = at.verb('import');
  if (method !== undefined && !verb.methods.includes(method))
    throw unsupportedError(`${at.provider} has no import method "${method}"`, { hint: `Supported: ${verb.methods.join(', ')}` });
  if (url === undefined) {
    if (method === undefined)
      throw usageError('--url is required', { hint: `Send a local file with: ${commandLine(uploading, at)}` });
    return;
  }
  const scheme = URL.canParse(url) ? new URL(url).protocol.replace(':', '') : '';
  if (!verb.schemes.includes(scheme))
    throw usageError(`--url: unsupported by ${at.provider}: ${url}`, { hint: `Supported: ${verb.schemes.join(', ')}` });
}
