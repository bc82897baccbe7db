import { usageError } from '../../core/errors.ts';
import { editableFields } from '../../core/changes.ts';
import type { Surface } from '../program/context.ts';
import { defineCommand } from '../program/command.ts';
import { changeOptions, changesFrom, marksFrom } from '../options/fields.ts';
import { fieldsOf } from '../../engine/patch/document.ts';
import { drawsEach, eachImage, severalOptions } from '../batch/each-image.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import { recordChange } from '../../engine/operations/patch.ts';
import { openProfiles } from '../options/targets.ts';
import type { Account } from '../../engine/account/account.ts';
import { checkFields, extrasFrom, fieldsChanged } from '../../engine/operations/fields.ts';
import { readPatch } from '../options/patch-document.ts';

export const patch = defineCommand({
  about:
    'With --json-patch (RFC 6902) or --merge-patch (RFC 7386) the document patched is the image as imgctl shows it: /name, ' +
    '/description, /tags, /properties/KEY, /visibility, /protected, /hidden, /minDiskBytes, /minRamBytes and so on.',
  args: { image: { takes: 'many', summary: 'images to change', completes: 'image' } },
  options: {
    ...changeOptions,
    jsonPatch: { kind: 'text', value: 'file|-', summary: 'operations of a JSON Patch', completes: 'file' },
    mergePatch: { kind: 'text', value: 'file|-', summary: 'a JSON Merge Patch', completes: 'file' },
    ...severalOptions,
  },
  draws: drawsEach(),
  needs: { at: ['patch', 'show'] },
  examples: [
    { does: 'rename and tag', type: 'imgctl patch ubuntu-24.04 --name ubuntu-24.04-lts --tag blessed' },
    {
      does: 'set one property and remove another',
      type: 'imgctl patch golden --property hw_disk_bus=scsi --remove-property stale',
    },
    {
      does: 'a JSON Patch from standard input',
      type: `echo '[{"op":"replace","path":"/name","value":"golden"}]' | imgctl patch old --json-patch -`,
    },
  ],
  async run(input, context) {
    const document = await readPatch(input, context);
    const changes = changesFrom(input);
    const marks = marksFrom(input);
    if (!document && !marks && Object.keys(changes).length === 0 && Object.keys(input.set).length === 0)
      throw usageError('nothing to change', { hint: 'List what can be changed with: imgctl patch --help' });
    const documented = document ? fieldsOf(document) : new Set<string>();
    const both = fieldsChanged(changes).find((field) => documented.has(field));
    if (both !== undefined)
      throw usageError(`${both} is set by an option and in the ${document?.kind ?? ''}`, { hint: 'Set it in one.' });
    if (input.name !== undefined || documented.has('name')) refuseOneNameForSeveral(input.image, context);
    // Whether a document changes what it holds shows only beside the image; one for several is no image's own.
    const known = editableFields.filter((field) => input.image.length > 1 && documented.has(field));
    const asked = {
      ...changes,
      ...Object.fromEntries(known.map((field) => [field, true])),
      ...(marks ? { properties: {} } : {}),
    };
    for (const at of await openProfiles(input.image, context)) {
      const verb = at.verb('patch');
      checkFields(at as Account, 'patch', verb.fields, asked);
      extrasFrom(at as Account, verb, input.set);
    }
    const wishes = { changes, document, marks, set: input.set };
    return eachImage(context, input.image, input, (found) => recordChange(found, wishes, context));
  },
});

/** Throws USAGE for a name that several images of one profile would get. */
function refuseOneNameForSeveral(images: readonly string[], { directory, settings }: Surface): void {
  if (images.length === 1) return;
  const profiles = images.map((text) => directory.reference(text).profile ?? onlyProfile(directory, settings.profile));
  const twice = profiles.find((name, index) => profiles.indexOf(name) !== index);
  if (twice !== undefined)
    throw usageError(`several images of ${twice} would get the same name`, { hint: 'Rename one image at a time.' });
}
