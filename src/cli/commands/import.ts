import { temporaryFolder } from '../../host/folders.ts';
import { ImgctlError, unsupportedError, usageError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { formats, type Format } from '../../core/encoding.ts';
import type { Image } from '../../core/image.ts';
import { parseReference } from '../../core/reference.ts';
import { examine } from '../../transfer/examine.ts';
import { checkClaim, checkSafety } from '../../transfer/safety.ts';
import { downloadSource } from '../../transfer/source.ts';
import { judgeWhole } from '../../transfer/whole.ts';
import { imageView } from '../../ui/views/image.ts';
import type { At } from '../command.ts';
import { defineCommand } from '../command.ts';
import type { Surface } from '../context.ts';
import { onlyProfile, warnOfPrefix } from '../directory.ts';
import { checkFields, descriptionFrom, descriptionOptions, extrasFrom } from '../fields.ts';
import { one } from '../outcome.ts';
import { target } from '../targets.ts';
import { formatNamed } from '../transfer-options.ts';
import { waitFor, waitOptions } from '../wait.ts';

export const importImage = defineCommand({
  args: { name: { takes: 'optional', summary: 'name of the new image, with PROFILE: in front where it matters' } },
  options: {
    url: { kind: 'text', summary: 'what the cloud fetches' },
    method: { kind: 'text', summary: 'another way, by its name at the provider' },
    into: { kind: 'text', value: 'image', summary: 'fill this queued record', completes: 'image' },
    id: { kind: 'text', summary: 'id of the new image, where the provider lets one choose' },
    to: { kind: 'names', value: 'place,…', summary: 'places to put it in', completes: 'place' },
    diskFormat: { kind: 'text', choices: formats, summary: 'format of what lies at the URL' },
    ...descriptionOptions,
    ...waitOptions,
  },
  draws: () => imageView,
  needs: { at: ['import', 'show'] },
  examples: [
    {
      does: 'a new image from a URL',
      type: 'imgctl import debian-12 --url https://example.org/debian-12.qcow2 --disk-format qcow2',
    },
    { does: 'fill a queued record', type: 'imgctl import --into golden --url https://example.org/golden.qcow2' },
  ],
  async run(input, context) {
    if ((input.name === undefined) === (input.into === undefined)) throw usageError('give either a NAME or --into IMAGE');
    const reference = parseReference(input.name ?? '', (name) => context.directory.has(name));
    const into = input.into === undefined ? undefined : await target(input.into, context);
    const at =
      into?.at ?? (await context.at('at', reference.profile ?? onlyProfile(context.directory, context.settings.profile)));
    const verb = at.verb('import');
    if (reference.profile === undefined) warnOfPrefix(reference.image, context.directory, (message) => context.warn(message));
    checkSource(at as At, input.url, input.method);
    const fields = { ...descriptionFrom(input), ...(input.diskFormat === undefined ? {} : { diskFormat: input.diskFormat }) };
    checkFields(at as At, 'import', verb.fields, fields);
    const call = context.call();
    const name = into ? (await at.verb('show').run({ id: into.id }, call)).name : reference.image;
    const since = new Date(context.io.now()).toISOString();
    const made = await verb.run(
      {
        description: { name, ...fields },
        ...(into ? { into: into.id } : {}),
        ...(input.id === undefined ? {} : { id: input.id }),
        ...(input.url === undefined ? {} : { url: input.url }),
        ...(input.method === undefined ? {} : { method: input.method }),
        ...(input.to.length > 0 ? { places: input.to } : {}),
        extras: extrasFrom(at as At, verb, input.set),
      },
      call,
    );
    if (made.status === 'active' && at.driver.worksOnFiles)
      await checkFetched(at as At, made, formatNamed(input.diskFormat), call, context);
    if (input.wait === false || made.status === 'active') return one(imageView, made);
    const task = context.progress.task(`import ${made.name}`);
    const ready = await waitFor(
      at as At,
      made.id,
      { status: ['active'] },
      { limits: input, work: { verb: 'import', since }, call, task },
    ).catch(async (error: unknown) => {
      throw into ? error : await withoutRecord(error, at as At, made.id, call);
    });
    task.done();
    return one(imageView, ready ?? made);
  },
});

/**
 * A provider that is this machine checks nothing by itself: what it fetched is looked at as an upload is.
 * Throws INTEGRITY or USAGE, and removes the image then.
 */
async function checkFetched(at: At, image: Image, claimed: Format | undefined, call: Call, surface: Surface): Promise<void> {
  const download = at.maybe('download');
  if (!download) return;
  const source = downloadSource(await download.run({ id: image.id }, call), `${at.profile}:${image.id}`, true);
  try {
    const { inspection } = await judgeWhole(await examine(source, claimed), temporaryFolder(surface.home), call.signal);
    checkClaim(source.name, inspection, claimed);
    for (const { message, code } of checkSafety(source.name, inspection, [], 'asIs'))
      surface.warn(`${source.name}: ${message} [${code}]`);
  } catch (error) {
    await at.maybe('delete')?.run({ id: image.id }, call);
    throw error;
  }
}

/** An import that failed leaves no empty record behind, or names it. One that goes on at the provider stays. */
async function withoutRecord(error: unknown, at: At, id: string, call: Call): Promise<unknown> {
  if (!(error instanceof ImgctlError) || error.code !== 'PROVIDER') return error;
  const hint = 'can the provider reach the URL, and is there what it should be?';
  try {
    await at.maybe('delete')?.run({ id }, call);
    return error.with({ hint });
  } catch {
    return error.with({ hint, leftover: id });
  }
}

function checkSource(at: At, url: string | undefined, method: string | undefined): void {
  const verb = at.verb('import');
  if (method !== undefined && !verb.methods.includes(method))
    throw unsupportedError(`${at.provider} has no import method "${method}"`, { hint: `it has ${verb.methods.join(', ')}` });
  if (url === undefined) {
    if (method === undefined)
      throw usageError('--url says what to fetch', { hint: 'a file here: imgctl upload FILE --name NAME' });
    return;
  }
  const scheme = URL.canParse(url) ? new URL(url).protocol.replace(':', '') : '';
  if (!verb.schemes.includes(scheme))
    throw usageError(`--url: "${url}" is not a URL that ${at.provider} fetches`, { hint: `schemes: ${verb.schemes.join(', ')}` });
}
