import { unsupportedError, usageError } from '../../core/errors.ts';
import { formats } from '../../core/encoding.ts';
import { imageView } from '../../ui/views/image.ts';
import { defineCommand } from '../program/command.ts';
import { onlyProfile, warnOfPrefix } from '../../engine/account/registry.ts';
import { DryRunStop } from '../../engine/dry-run.ts';
import { descriptionFrom, descriptionOptions } from '../options/fields.ts';
import { one } from '../program/outcome.ts';
import { checkName } from '../../core/image-name.ts';
import { parseReference } from '../../core/reference.ts';
import { warnOfNamesakes } from '../../engine/operations/name-conflict.ts';
import { waitFor } from '../../engine/operations/wait.ts';
import type { Account } from '../../engine/account/account.ts';
import { plannedLabels } from '../../engine/operations/transfer.ts';
import { checkFields, checkOwnId, extrasFrom } from '../../engine/operations/fields.ts';
import { waitOptions } from '../options/wait.ts';

export const create = defineCommand({
  about: 'The data of a record comes later: imgctl upload FILE --into IMAGE, or imgctl import --into IMAGE --url URL.',
  args: {
    name: {
      takes: 'optional',
      mayBeEmpty: true,
      summary: 'name of the new image, optionally as PROFILE:NAME; some providers need none',
    },
  },
  options: {
    id: { kind: 'text', summary: 'id of the new image, where the provider supports it' },
    diskFormat: { kind: 'text', choices: formats, summary: 'format of the disk to come' },
    fromDisk: { kind: 'text', value: 'id', summary: 'create from this server disk' },
    ...descriptionOptions,
    ...waitOptions,
  },
  draws: () => imageView,
  needs: { at: ['create', 'show'] },
  examples: [
    { does: 'a record to be filled later', type: 'imgctl create golden --disk-format qcow2 --min-disk 10GiB' },
    { does: 'an image of a disk', type: 'imgctl create lin:golden --from-disk 183299550 --tag nightly' },
  ],
  async run(input, context) {
    const reference = parseReference(input.name ?? '', (name) => context.directory.has(name));
    checkName(reference.image);
    const at = await context.at('at', reference.profile ?? onlyProfile(context.directory, context.settings.profile));
    if (reference.profile === undefined) warnOfPrefix(reference.image, context.directory, (message) => context.warn(message));
    const verb = at.verb('create');
    if (reference.image === '' && !verb.nameless)
      throw usageError(`NAME is required: ${at.provider} does not create images without a name`);
    const description = {
      ...(reference.image === '' ? {} : { name: reference.image }),
      ...descriptionFrom(input),
      ...(input.diskFormat === undefined ? {} : { diskFormat: input.diskFormat }),
    };
    const from = input.fromDisk === undefined ? 'nothing' : 'disk';
    if (!verb.from.includes(from)) throw refuseSource(at as Account, from);
    checkOwnId(at as Account, verb, input);
    checkFields(at as Account, 'create', verb.fields, description);
    const call = context.call();
    const since = new Date(context.io.now()).toISOString();
    if (context.settings.dryRun) await warnOfNamesakes(at as Account, description, call, context);
    const made = await verb
      .run(
        {
          description,
          ...(input.id === undefined ? {} : { id: input.id }),
          ...(input.fromDisk === undefined ? {} : { fromDisk: input.fromDisk }),
          ...(context.settings.region !== undefined && verb.place === 'region' ? { place: context.settings.region } : {}),
          extras: extrasFrom(at as Account, verb, input.set),
        },
        call,
      )
      .catch((error: unknown) => {
        throw error instanceof DryRunStop ? error.with({ image: reference.image, ...plannedLabels(description) }) : error;
      });
    // Only now: what others make at the same time is seen by one of them at least.
    await warnOfNamesakes(at as Account, made, call, context);
    if (made.status === 'queued' && from === 'nothing') {
      if (at.driver.facts.upload?.into)
        context.say(`${made.id} is queued. Fill it with: imgctl upload FILE --into ${at.profile}:${made.id}`);
      return one(imageView, made);
    }
    if (input.wait === false || made.status === 'active') return one(imageView, made);
    const task = context.progress.task(`create ${made.name || made.id}`);
    const ready = await waitFor(
      at as Account,
      made.id,
      { status: ['active'] },
      { limits: input, work: { verb: 'create', since }, call, task },
    );
    task.done();
    return one(imageView, ready ?? made);
  },
});

function refuseSource(at: Account, from: 'nothing' | 'disk'): Error {
  return from === 'disk'
    ? unsupportedError(`${at.provider} does not support creating images from a server's disk`, {
        hint: 'Omit --from-disk for an empty record.',
      })
    : unsupportedError(`${at.provider} does not support records without data`, {
        hint: 'Use --from-disk ID, or upload a file with: imgctl upload FILE --name NAME',
      });
}
