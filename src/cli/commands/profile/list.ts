import { given } from '../../../core/image.ts';
import { profileView, type ProfileRow } from '../../../ui/views/profile.ts';
import { defineCommand } from '../../program/command.ts';
import { many } from '../../program/outcome.ts';
import type { Surface } from '../../program/context.ts';
import { profileRow } from '../../options/profile-fields.ts';
import { outlineOf } from '../../completion/profile-outline.ts';
import { driverNamed } from '../../../engine/account/driver.ts';
import { sideBySide } from './side-by-side.ts';

export const list = defineCommand({
  args: {},
  options: {},
  needs: {},
  examples: [
    { does: 'all profiles, the current one marked', type: 'imgctl profile list' },
    { does: 'their names, for a script', type: 'imgctl profile list -o id' },
  ],
  async run(_input, context) {
    return many(
      profileView,
      sideBySide(context.directory.all, (name) => listed(name, context), context),
    );
  },
});

async function listed(name: string, surface: Surface): Promise<ProfileRow> {
  const profile = await profileRow(name, surface);
  const fields = Object.entries(profile.fields).map(([field, { value }]) => [field, value] as const);
  const { address, user } = outlineOf(await driverNamed(profile.provider, surface), Object.fromEntries(fields));
  return { ...profile, ...given({ address, user }) };
}
