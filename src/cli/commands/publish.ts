import type { Account } from '../../engine/account/account.ts';
import { asMistyped } from '../../engine/account/mistyped-profile.ts';
import { chosenProfiles } from '../../engine/account/registry.ts';
import type { Asked } from '../../engine/publish/choose.ts';
import { formatNames } from '../../engine/publish/formats.ts';
import { publishing } from '../../engine/publish/publish.ts';
import { publishedView } from '../../ui/views/published.ts';
import { filterOptions } from '../options/filters.ts';
import { wordsByProfile } from '../options/globs.ts';
import { defineCommand } from '../program/command.ts';
import { many } from '../program/outcome.ts';
import { carriedOut } from '../program/plan.ts';

const [first = ''] = formatNames;

export const publish = defineCommand({
  about:
    'Any web server can offer the folder then. Without IMAGE: all active images of your own, of each name and architecture the newest. ' +
    'Globs mean what list shows: of a publisher the newest serials that are supported; --hidden and --all add the rest. ' +
    'Run it again to add what is new: what is there is neither fetched nor written again, and nothing is removed but by --prune. ' +
    'Files that are missing or have another size are written again; --check reads every one. ' +
    'Readers see a whole tree at any moment.',
  args: {
    format: { takes: 'required', summary: formatNames.join('|'), completes: 'format' },
    folder: { takes: 'required', summary: 'folder to publish into; made if it does not exist', completes: 'file' },
    image: { takes: 'any', summary: 'names, ids or globs; any match', completes: 'images' },
  },
  options: {
    sign: { kind: 'text', value: 'key', summary: 'sign the index with this key of GnuPG: a fingerprint, id or address' },
    arch: {
      kind: 'text',
      suggests: ['amd64', 'arm64'],
      summary: "architecture of images that do not say (default amd64); of a publisher's images, which are meant",
    },
    hidden: filterOptions.hidden,
    all: filterOptions.all,
    keepLast: {
      kind: 'count',
      value: 'n',
      summary: 'keep only the n newest versions of each name and architecture in the index',
    },
    prune: { kind: 'flag', summary: 'remove files of versions that an earlier run took out of the index' },
    check: {
      kind: 'flag',
      summary: 'read all files that are there and compare digests (default: sizes)',
    },
  },
  draws: () => publishedView,
  needs: { at: ['list', 'show', 'download'] },
  examples: [
    { does: 'all images of a profile', type: `imgctl publish ${first} /srv/images -p pcd` },
    { does: 'some of them, signed', type: `imgctl publish ${first} /srv/images 'pcd:web-*' --sign images@example.com` },
    { does: 'what would be added', type: `imgctl publish ${first} /srv/images -p pcd --dry-run` },
  ],
  async run({ format, folder, image, ...wishes }, context) {
    const { directory, settings } = context;
    const selected = (): readonly string[] => chosenProfiles(directory, settings.profile);
    const asked: Asked[] = [];
    for (const [profile, words] of wordsByProfile({ words: image, selected }, directory))
      asked.push({
        at: (await context.at('at', profile)) as Account,
        words,
        missing: (word, error) => (image.includes(word) ? asMistyped(error, word, profile, directory) : error),
      });
    return carriedOut(await publishing({ format, folder, ...wishes }, asked, context), context, (rows) =>
      many(publishedView, rows),
    );
  },
});
