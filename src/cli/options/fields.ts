import { formats } from '../../core/encoding.ts';
import { usageError } from '../../core/errors.ts';
import { checkName } from '../../core/image-name.ts';
import { given, visibilities } from '../../core/image.ts';
import { managedByHand, type MarkWishes } from '../../core/marks.ts';
import type { Changes, Description } from '../../core/operation.ts';
import type { Options, OptionValues } from '../program/option.ts';
import { removable, settable } from '../../engine/operations/fields.ts';

const containers = ['bare', 'ovf', 'ova', 'aki', 'ari', 'ami', 'docker', 'compressed'];
const architectures = ['x86_64', 'aarch64', 'i686', 'ppc64le', 'riscv64', 's390x'];

/** That an image is marked as managed. */
export const manageOption = { kind: 'flag', summary: 'let prune retire it once newer ones are there' } as const;

/** What may be said of an image when its record is made. */
export const descriptionOptions = {
  description: { kind: 'text', mayBeEmpty: true, summary: 'description of the image' },
  tag: { kind: 'texts', summary: 'add a tag (repeatable)' },
  property: { kind: 'pairs', summary: 'set a property (repeatable)' },
  visibility: { kind: 'text', choices: visibilities, summary: 'who can see it' },
  protect: { kind: 'flag', summary: 'protect it from deletion' },
  hide: { kind: 'flag', summary: 'hide it from default lists' },
  containerFormat: { kind: 'text', suggests: containers, summary: 'container format, where the provider keeps one' },
  architecture: { kind: 'text', suggests: architectures, summary: 'architecture of the guest, such as x86_64' },
  minDisk: { kind: 'size', bare: 'GiB', summary: 'minimum disk to boot (e.g. 20GiB)' },
  minRam: { kind: 'size', bare: 'MiB', summary: 'minimum RAM to boot (e.g. 512MiB)' },
  owner: { kind: 'text', summary: 'owner of the image (a project)' },
  set: {
    kind: 'pairs',
    completes: 'extra',
    value: 'field=value',
    summary: 'a provider-specific field (list them with VERB --help -p PROFILE)',
  },
} as const satisfies Options;

/** What a patch may take away or reverse, besides. */
export const changeOptions = {
  name: { kind: 'text', summary: 'new name' },
  ...descriptionOptions,
  untag: { kind: 'texts', summary: 'remove a tag (repeatable)' },
  removeProperty: { kind: 'texts', summary: 'remove a property (repeatable)' },
  unprotect: { kind: 'flag', summary: 'allow deletion again' },
  manage: manageOption,
  unmanage: { kind: 'flag', summary: 'keep prune from it again' },
  unhide: { kind: 'flag', summary: 'show it in lists again' },
  diskFormat: {
    kind: 'text',
    value: 'format',
    suggests: formats,
    summary: `disk format of a queued image (${formats.join(', ')})`,
  },
} as const satisfies Options;

export type DescriptionValues = OptionValues<typeof descriptionOptions>;

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);
const someOf = (record: Readonly<Record<string, string>>) => (Object.keys(record).length > 0 ? record : undefined);

/** The description that the options make. Throws USAGE for a property that is imgctl's own. */
export function descriptionFrom(input: DescriptionValues): Omit<Description, 'name'> {
  return given<Omit<Description, 'name'>>({
    description: input.description,
    visibility: visibilities.find((known) => known === input.visibility),
    owner: input.owner,
    protected: input.protect,
    hidden: input.hide,
    containerFormat: input.containerFormat,
    architecture: input.architecture,
    minDiskBytes: input.minDisk,
    minRamBytes: input.minRam,
    tags: some(input.tag),
    properties: someOf(settable(input.property)),
  });
}

/** The changes that the options of `patch` ask for. Throws USAGE where two contradict each other, or one takes away what `removable` keeps. */
export function changesFrom(input: OptionValues<typeof changeOptions>): Changes {
  if (input.protect && input.unprotect) throw usageError('--protect and --unprotect cannot be combined');
  if (input.hide && input.unhide) throw usageError('--hide and --unhide cannot be combined');
  refuseBoth('--tag', input.tag, '--untag', input.untag);
  refuseBoth('--property', Object.keys(input.property), '--remove-property', input.removeProperty);
  checkName(input.name ?? '');
  const { tags, ...fields } = descriptionFrom(input);
  return {
    ...fields,
    ...given<Changes>({
      name: input.name,
      diskFormat: input.diskFormat,
      addTags: tags,
      removeTags: some(input.untag),
      removeProperties: some(removable(input.removeProperty)),
      protected: input.unprotect ? false : fields.protected,
      hidden: input.unhide ? false : fields.hidden,
    }),
  };
}

/** The marks that the options of `patch` ask for. What is managed no more was not retired either. Throws USAGE where two contradict each other. */
export function marksFrom({ manage, unmanage }: OptionValues<typeof changeOptions>): MarkWishes | undefined {
  if (manage && unmanage) throw usageError('--manage and --unmanage cannot be combined');
  if (manage) return { managed: managedByHand };
  return unmanage ? { managed: null, name: null, retired: null, wanted: null } : undefined;
}

/** Throws USAGE where one is to be added and taken away: which of the two is meant cannot be told. */
function refuseBoth(add: string, added: readonly string[], remove: string, removed: readonly string[]): void {
  const both = added.find((one) => removed.includes(one));
  if (both !== undefined) throw usageError(`${both} is in both ${add} and ${remove}`);
}
