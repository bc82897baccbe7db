import { formats } from '../../core/encoding.ts';
import { usageError } from '../../core/errors.ts';
import { checkName } from '../../core/image-name.ts';
import { warnOfPrefix } from '../../engine/account/mistyped-profile.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import { checkImport, importing } from '../../engine/operations/import.ts';
import type { IfExists } from '../../engine/operations/claim.ts';
import { imageView } from '../../ui/views/image.ts';
import { descriptionFrom, descriptionOptions, manageOption } from '../options/fields.ts';
import { target } from '../options/targets.ts';
import { ifExistsOption, sourceOptions } from '../options/transfer.ts';
import type { Account } from '../../engine/account/account.ts';
import { verifiableBy } from '../../engine/operations/import-origin.ts';
import { askedFor } from '../../engine/trust/asked.ts';
import { vouchedFor } from '../../engine/operations/vouched.ts';
import { waitOptions } from '../options/wait.ts';
import { carriedOut } from '../program/plan.ts';
import { defineCommand } from '../program/command.ts';
import { one } from '../program/outcome.ts';

export const importImage = defineCommand({
  args: { name: { takes: 'optional', isNewImage: true, summary: 'name of the new image, optionally as PROFILE:NAME' } },
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
    verify: { ...sourceOptions.verify, summary: `${sourceOptions.verify.summary}; where the provider fetches to this machine` },
    ...descriptionOptions,
    manage: manageOption,
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
    const reference = context.directory.reference(input.name ?? '');
    checkName(reference.image);
    const into = input.into === undefined ? undefined : await target(input.into, context);
    const at =
      into?.at ?? (await context.at('at', reference.profile ?? onlyProfile(context.directory, context.settings.profile)));
    if (reference.profile === undefined) warnOfPrefix(reference.image, context.directory, (message) => context.warn(message));
    const { checksum, ...given } = input;
    const labels = {
      ...given,
      name: reference.image,
      into: into?.id,
      places: input.to,
      description: descriptionFrom(input),
      ifExists: input.ifExists as IfExists | undefined,
    };
    checkImport(at, labels);
    const verify = verifiableBy(at as Account, input.verify, context);
    const vouched = await vouchedFor(await askedFor({ checksum, verify }, context), input.url, context);
    const change = await importing(at, { ...labels, vouched }, context);
    return carriedOut(change, context, (image) => one(imageView, image));
  },
});
