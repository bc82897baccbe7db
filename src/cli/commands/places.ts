import { placeView } from '../../ui/views/place.ts';
import { defineCommand } from '../program/command.ts';
import { onlyProfile } from '../../engine/account/registry.ts';
import { many } from '../program/outcome.ts';

export const places = defineCommand({
  args: {},
  options: {},
  needs: { at: ['places'] },
  examples: [
    { does: 'places of a profile', type: 'imgctl places -p lin' },
    { does: 'their names, for a script', type: 'imgctl places -p lin -o id' },
  ],
  async run(_input, context) {
    const at = await context.at('at', onlyProfile(context.directory, context.settings.profile));
    return many(placeView, await at.verb('places').run({}, context.call()));
  },
});
