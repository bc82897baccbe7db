import { usageError } from '../../core/errors.ts';
import { isGlob } from '../../core/glob.ts';
import { imageView } from '../../ui/views/image.ts';
import { defineCommand } from '../program/command.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import type { Surface } from '../program/context.ts';
import { one, plainText } from '../program/outcome.ts';
import { matchingImage, shownImage, type Meaning } from '../../engine/images/resolve.ts';
import { archOption } from '../options/arch.ts';
import { imageMeant } from '../options/targets.ts';
import type { Account } from '../../engine/account/account.ts';

export const resolve = defineCommand({
  about: '-o tf-external answers an external data source of Terraform, whose query may name image, latest and oldest.',
  args: { image: { takes: 'optional', summary: 'name, glob or id', completes: 'image' } },
  options: {
    latest: { kind: 'flag', summary: 'use the newest active match' },
    arch: archOption,
    oldest: { kind: 'flag', summary: 'use the oldest active match' },
  },
  needs: { at: ['list', 'show'] },
  examples: [
    { does: 'the newest image of a series', type: "imgctl resolve 'ubuntu-24.04-*' --latest" },
    { does: 'in a script', type: 'id=$(imgctl resolve pcd:golden)' },
    { does: 'as the program of a data source of Terraform', type: "imgctl resolve 'pcd:golden-*' --latest -o tf-external" },
  ],
  reports: ['tf-external'],
  async run(typed, context) {
    const input = await asked(typed, context);
    if (input.latest && input.oldest) throw usageError('--latest and --oldest cannot be combined');
    const { directory, settings } = context;
    const reference = directory.reference(input.image);
    const at = (await context.at('at', reference.profile ?? onlyProfile(directory, settings.profile))) as Account;
    const call = context.call();
    const meaning: Meaning = input.latest ? { pick: 'latest' } : input.oldest ? { pick: 'oldest' } : {};
    const found = isGlob(reference.image)
      ? await matchingImage(at, reference.image, meaning, call)
      : await imageMeant(at, reference, meaning, directory, call);
    if (settings.report === undefined && (settings.format === 'table' || settings.format === 'id'))
      return plainText(`${found.image.id}\n`);
    const image = await shownImage(at, found, call);
    if (settings.report === undefined) return one(imageView, image);
    const { tfExternalText } = await import('../../ui/reports/tf-external.ts');
    return plainText(tfExternalText(imageView.json(image, { raw: settings.raw === true })));
  },
});

interface Asked {
  readonly image: string;
  readonly latest: boolean;
  readonly oldest: boolean;
}

/** What is typed, and what Terraform asks. Throws USAGE where nothing names an image, or both do. */
async function asked(
  { image, latest = false, oldest = false }: { readonly [Key in keyof Asked]?: Asked[Key] | undefined },
  surface: Pick<Surface, 'settings' | 'io' | 'readStdin'>,
): Promise<Asked> {
  const isOfTerraform = surface.settings.report === 'tf-external';
  const query = isOfTerraform ? await (await import('../options/terraform-query.ts')).terraformQuery(surface) : {};
  if (image !== undefined && query.image !== undefined)
    throw usageError('the query names an image, and so does the command', { hint: 'Name it once.' });
  const named = image ?? query.image ?? '';
  if (named === '') throw usageError('IMAGE is required');
  return { image: named, latest: latest || query.latest === true, oldest: oldest || query.oldest === true };
}
