import { ImgctlError, unsupportedError, usageError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { formats } from '../../core/encoding.ts';
import type { Image, Visibility } from '../../core/image.ts';
import { checkName } from '../../core/image-name.ts';
import { typedImage } from '../../core/hint.ts';
import { parseReference } from '../../core/reference.ts';
import { comparable, type Checksum } from '../../transfer/published-digests.ts';
import { shownAddress } from '../../transfer/url-source.ts';
import { imageView } from '../../ui/views/image.ts';
import { defineCommand } from '../program/command.ts';
import { DryRunStop } from '../../engine/dry-run.ts';
import { onlyProfile, warnOfPrefix } from '../../engine/account/registry.ts';
import { descriptionFrom, descriptionOptions } from '../options/fields.ts';
import { one } from '../program/outcome.ts';
import { target } from '../options/targets.ts';
import { ifExistsOption, sourceOptions } from '../options/transfer.ts';
import { removeReplaced } from '../../engine/operations/deliver.ts';
import { judgeFetched } from '../../engine/operations/inspect-import.ts';
import { checkImported } from '../../engine/operations/verify-import.ts';
import { removeMade } from '../../engine/operations/rollback.ts';
import type { Same } from '../../engine/images/compare.ts';
import { mustBeFree, settle, settleAgain, type IfExists } from '../../engine/operations/name-conflict.ts';
import { waitFor } from '../../engine/operations/wait.ts';
import { wantedChecksum } from '../../engine/operations/expected-checksum.ts';
import type { Account } from '../../engine/account/account.ts';
import { formatNamed, plannedLabels } from '../../engine/operations/transfer.ts';
import { checkFields, checkOwnId, extrasFrom } from '../../engine/operations/fields.ts';
import { waitOptions } from '../options/wait.ts';

export const importImage = defineCommand({
  args: { name: { takes: 'optional', summary: 'name of the new image, optionally as PROFILE:NAME' } },
  options: {
    url: { kind: 'text', summary: 'URL to import from' },
    method: { kind: 'text', summary: 'import method, as the provider calls it' },
    into: { kind: 'text', value: 'image', summary: 'fill this queued record', completes: 'image' },
    id: { kind: 'text', summary: 'id of the new image, where the provider supports it' },
    to: { kind: 'names', value: 'place,…', summary: 'places to put it in', completes: 'place' },
    diskFormat: { kind: 'text', choices: formats, summary: 'format of the file at the URL' },
    ifExists: ifExistsOption,
    checksum: {
      ...sourceOptions.checksum,
      summary:
        'expected digest of the imported data, of an algorithm that the cloud reports, or the URL of a checksum file; auto: one beside the URL',
    },
    ...descriptionOptions,
    ...waitOptions,
  },
  draws: () => imageView,
  needs: { at: ['import', 'show', 'list'] },
  examples: [
    {
      does: 'a new image from a URL',
      type: 'imgctl import debian-12 --url https://example.org/debian-12.qcow2 --disk-format qcow2',
    },
    { does: 'fill a queued record', type: 'imgctl import --into golden --url https://example.org/golden.qcow2' },
  ],
  async run(input, context) {
    if ((input.name === undefined) === (input.into === undefined))
      throw usageError(input.name === undefined ? 'NAME or --into is required' : 'NAME and --into cannot be combined');
    const reference = parseReference(input.name ?? '', (name) => context.directory.has(name));
    checkName(reference.image);
    const into = input.into === undefined ? undefined : await target(input.into, context);
    const at =
      into?.at ?? (await context.at('at', reference.profile ?? onlyProfile(context.directory, context.settings.profile)));
    const verb = at.verb('import');
    if (reference.profile === undefined) warnOfPrefix(reference.image, context.directory, (message) => context.warn(message));
    checkSource(at as Account, input.url, input.method);
    const fields = { ...descriptionFrom(input), ...(input.diskFormat === undefined ? {} : { diskFormat: input.diskFormat }) };
    checkFields(at as Account, 'import', verb.fields, fields);
    checkOwnId(at as Account, verb, input);
    const checksum = await wantedChecksum(input.checksum, input.url, context);
    if (checksum && input.wait === false) throw usageError('--checksum and --no-wait cannot be combined');
    const open = openedLater(at as Account, fields.visibility);
    if (open && input.wait === false)
      throw usageError(`--visibility ${open} and --no-wait cannot be combined: the data is checked first`, {
        hint: `Use --no-wait alone, then: imgctl patch IMAGE --visibility ${open}`,
      });
    const call = context.call();
    const name = into ? (await at.verb('show').run({ id: into.id }, call)).name : reference.image;
    const since = new Date(context.io.now()).toISOString();
    const claim = {
      at,
      request: {
        description: { name, ...fields, ...(open ? { visibility: 'private' as const } : {}) },
        ...(into ? { into: into.id } : {}),
      },
      ifExists: (input.ifExists ?? 'fail') as IfExists,
      call,
    };
    const settleName = () => settle(claim, async (taken) => withDigest(taken, checksum), context);
    const before = await settleName();
    if ('image' in before) return one(imageView, before.image);
    const request = {
      description: before.description,
      ...(into ? { into: into.id } : {}),
      ...(input.id === undefined ? {} : { id: input.id }),
      ...(input.url === undefined ? {} : { url: input.url }),
      ...(input.method === undefined ? {} : { method: input.method }),
      ...(input.to.length > 0 ? { places: input.to } : {}),
      ...(input.url === undefined
        ? {}
        : { judge: judgeFetched({ url: input.url, checksum, named: input.diskFormat, into: into?.id, call }, context) }),
      nameMustBeFree: mustBeFree(claim),
      extras: extrasFrom(at as Account, verb, input.set),
    };
    const outcome = await verb.run(request, call).catch((error: unknown) => {
      if (!(error instanceof DryRunStop)) return settleAgain(error, claim, settleName);
      const source = { name: input.url === undefined ? (input.method ?? '') : shownAddress(new URL(input.url)) };
      throw error.with({ image: into?.id ?? request.description.name, source, ...plannedLabels(request.description) });
    });
    if (!('id' in outcome)) return one(imageView, outcome.image);
    const made = outcome;
    if (input.wait === false && made.status !== 'active') return one(imageView, made);
    const task = context.progress.task(`import ${made.name}`);
    const work = { verb: 'import', since } as const;
    const settled = async (): Promise<Image> => {
      const ready =
        made.status === 'active'
          ? made
          : ((await waitFor(at as Account, made.id, { status: ['active'] }, { limits: input, work, call, task })) ?? made);
      await checkImported({ at: at as Account, image: ready, checksum, format: formatNamed(input.diskFormat), call }, context);
      return ready;
    };
    const ready = await settled().catch(async (error: unknown) => {
      throw into ? await outOfUse(error, at as Account, made.id, call) : await withoutRecord(error, at as Account, made.id, call);
    });
    const shown = open ? await opened(at as Account, ready, open, call) : ready;
    if (before.replaces) await removeReplaced(before.replaces, shown, { at, call });
    task.done();
    return one(imageView, shown);
  },
});

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
function withDigest(taken: readonly Image[], checksum: Checksum | undefined): Same | undefined {
  const image = checksum && taken.find((each) => has(each, checksum));
  return image && { image, isProved: true };
}

const has = (image: Image, { algorithm, hex }: Checksum): boolean =>
  comparable(image.checksums).some((known) => known.algorithm === algorithm && known.hex === hex);

/** A record that was there before stays, and is named. Where its data is not what it should be, nobody is to use it. */
async function outOfUse(error: unknown, at: Account, id: string, call: Call): Promise<unknown> {
  if (!(error instanceof ImgctlError) || error.code !== 'INTEGRITY') return error;
  const told = (message: string): ImgctlError =>
    new ImgctlError(error.code, error.message, {
      ...error.circumstances,
      cause: error,
      leftover: id,
      hint: [error.circumstances.hint, message].filter(Boolean).join('\n'),
    });
  const cure = `Delete it with: imgctl delete ${typedImage(at.profile, id)}`;
  try {
    const changed = await at.maybe('deactivate')?.run({ id }, { ...call, signal: AbortSignal.timeout(30_000) });
    if (changed) return told(`${id} is deactivated. ${cure}`);
  } catch (cause) {
    if (!(cause instanceof ImgctlError)) throw cause;
    return told(`${id} could not be deactivated, and is still active: ${cause.message}. ${cure}`);
  }
  return told(`${id} is still active. ${cure}`);
}

/** An import that failed leaves no empty record behind, or names it. One that goes on at the provider stays. */
async function withoutRecord(error: unknown, at: Account, id: string, call: Call): Promise<unknown> {
  if (!(error instanceof ImgctlError) || !['PROVIDER', 'INTEGRITY', 'USAGE'].includes(error.code)) return error;
  const hint = 'Check that the cloud can reach the URL and that it serves the image.';
  try {
    const removed = await removeMade(at, id, call);
    return error.with({ hint, ...(removed ? {} : { leftover: id }) });
  } catch {
    return error.with({ hint, leftover: id });
  }
}

function checkSource(at: Account, url: string | undefined, method: string | undefined): void {
  const verb = at.verb('import');
  if (method !== undefined && !verb.methods.includes(method))
    throw unsupportedError(`${at.provider} has no import method "${method}"`, { hint: `Supported: ${verb.methods.join(', ')}` });
  if (url === undefined) {
    if (method === undefined)
      throw usageError('--url is required', { hint: 'Send a local file with: imgctl upload FILE --name NAME' });
    return;
  }
  const scheme = URL.canParse(url) ? new URL(url).protocol.replace(':', '') : '';
  if (!verb.schemes.includes(scheme))
    throw usageError(`--url: unsupported by ${at.provider}: ${url}`, { hint: `Supported: ${verb.schemes.join(', ')}` });
}
