import { formats } from '../../core/encoding.ts';
import { unsupportedError, usageError } from '../../core/errors.ts';
import { checkName } from '../../core/image-name.ts';
import { given, isOwnProperty, visibilities } from '../../core/image.ts';
import type { Changes, Description, Editable, Extra, Extras, ExtraValues } from '../../core/operation.ts';
import type { At } from '../program/command.ts';
import type { Options, OptionValues } from '../program/option.ts';

const containers = ['bare', 'ovf', 'ova', 'aki', 'ari', 'ami', 'docker', 'compressed'];
const architectures = ['x86_64', 'aarch64', 'i686', 'ppc64le', 'riscv64', 's390x'];

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

/** The properties that a user wants set. Throws USAGE for one that only imgctl sets, since it is believed; removing it does no harm. */
export function settable(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = Object.keys(properties).find(isOwnProperty);
  if (own === undefined) return properties;
  throw usageError(`property ${own} is set by imgctl only`, { hint: 'Use a name that does not begin with "imgctl.".' });
}

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

/** The changes that the options of `patch` ask for. Throws USAGE where two contradict each other. */
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
      removeProperties: some(input.removeProperty),
      protected: input.unprotect ? false : fields.protected,
      hidden: input.unhide ? false : fields.hidden,
    }),
  };
}

/** Throws USAGE where one is to be added and taken away: which of the two is meant cannot be told. */
function refuseBoth(add: string, added: readonly string[], remove: string, removed: readonly string[]): void {
  const both = added.find((one) => removed.includes(one));
  if (both !== undefined) throw usageError(`${both} is in both ${add} and ${remove}`);
}

/** The fields that such changes concern, as an image has them. */
export const fieldsChanged = (asked: object): readonly string[] => [
  ...new Set(Object.keys(asked).map((name) => fieldOfChange[name] ?? name)),
];

const fieldOfChange: Readonly<Record<string, Editable>> = { addTags: 'tags', removeTags: 'tags', removeProperties: 'properties' };

/** Throws UNSUPPORTED, before any request, for a field that the provider cannot set with this verb. */
export function checkFields(at: At, verb: string, fields: readonly Editable[], asked: object): void {
  const known: readonly string[] = [...fields, 'name'];
  const refused = fieldsChanged(asked).filter((name) => !known.includes(name));
  if (refused.length === 0) return;
  throw unsupportedError(`${at.provider} cannot set ${refused.join(', ')} with ${verb}`, {
    provider: at.provider,
    profile: at.profile,
    hint: fields.length > 0 ? `Supported: ${fields.join(', ')}` : `${at.provider} has no fields to set with ${verb}.`,
  });
}

/** Throws, before any request, where an id is wanted for a new image that it cannot have, or none is made. */
export function checkOwnId(
  at: At,
  verb: { readonly ownId?: boolean },
  { id, into }: { readonly id?: string | undefined; readonly into?: string | undefined },
): void {
  if (id === undefined) return;
  if (into !== undefined) throw usageError('--into and --id cannot be combined: the record has its id');
  if (!verb.ownId) throw unsupportedError(`${at.provider} does not support choosing an id`);
  at.driver.checkOwnId(id);
}

/** The values of `--set`, each of the kind that the driver declares. Throws USAGE for a name or value it does not take. */
export function extrasFrom(at: At, facts: Extras, set: Readonly<Record<string, string>>): ExtraValues {
  const known = facts.extras ?? {};
  return Object.fromEntries(
    Object.entries(set).map(([name, text]) => {
      const extra = Object.hasOwn(known, name) ? known[name] : undefined;
      if (!extra)
        throw usageError(`--set: unknown field for ${at.provider}: ${name}`, {
          hint:
            Object.keys(known).length > 0
              ? `Supported: ${Object.keys(known).join(', ')}`
              : 'Omit --set: no fields are supported here.',
        });
      return [name, extraValue(name, extra, text)];
    }),
  );
}

function extraValue(name: string, extra: Extra, text: string): string | number | boolean {
  if (extra.kind === 'text') return text;
  if (extra.kind === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (extra.kind === 'flag' && (text === 'true' || text === 'false')) return text === 'true';
  throw usageError(`--set ${name}: "${text}" is not ${extra.kind === 'flag' ? 'true or false' : 'a number'}`);
}
