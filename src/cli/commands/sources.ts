import { sourceView } from '../../ui/views/source.ts';
import { defineCommand } from '../program/command.ts';
import { many, one } from '../program/outcome.ts';
import { sourceRow } from '../../engine/account/source-row.ts';
import { unknownSource } from '../../engine/account/sources.ts';

export const sources = defineCommand({
  about:
    'Publishers that can be read without a profile: NAME: before an image, or -p NAME. With a name everything about one: what is signed by ' +
    'whom, the keys with their expiry dates, and the evidence. sources.json beside the profiles adds to them and changes them: ' +
    '{"version":1,"sources":{"NAME":{"provider":"…","title":"…","fields":{"url":"https://…"},"evidence":"…"}}}. ' +
    'Values in it are taken as they stand: env:, file: and cmd: are not followed. Nothing is sent.',
  args: { name: { takes: 'optional', summary: 'publisher', completes: 'source' } },
  options: {},
  needs: {},
  examples: [
    { does: 'publishers, and how each is verified', type: 'imgctl sources' },
    { does: 'the keys, signers and evidence of one', type: 'imgctl sources ubuntu' },
  ],
  async run(input, context) {
    const { sources: known } = context.directory;
    if (input.name === undefined)
      return many(sourceView, await Promise.all(known.names().map((name) => sourceRow(name, context))));
    const name = known.named(input.name);
    if (name === undefined) throw unknownSource(input.name, known);
    return one(sourceView, await sourceRow(name, context));
  },
});
