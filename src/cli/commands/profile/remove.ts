import { configError } from '../../../core/errors.ts';
import type { StoredProfile } from '../../../profiles/schema.ts';
import { profileView } from '../../../ui/views/profile.ts';
import { defineCommand } from '../../program/command.ts';
import { many } from '../../program/outcome.ts';
import { addressOf } from '../../options/profile-fields.ts';
import type { Surface } from '../../program/context.ts';
import { driverNamed } from '../../../engine/account/driver.ts';

export const remove = defineCommand({
  about: 'Only the profile is removed: nothing is deleted at the provider.',
  args: { name: { takes: 'many', summary: 'profiles', completes: 'profile' } },
  options: { ignoreMissing: { kind: 'flag', summary: 'do not fail if a profile does not exist' } },
  draws: () => profileView,
  needs: {},
  examples: [
    { does: 'remove a profile', type: 'imgctl profile remove old --yes' },
    { does: 'several', type: 'imgctl profile remove a b --yes' },
  ],
  async run(input, context) {
    const { profiles } = await context.store.read();
    const missing = input.name.filter((name) => !Object.hasOwn(profiles, name));
    if (missing[0] !== undefined && !input.ignoreMissing)
      throw configError(`no such profile in ${context.store.path}: ${missing[0]}`, {
        hint: 'List profiles with: imgctl profile list',
      });
    const going = input.name.filter((name) => !missing.includes(name));
    if (going.length > 0) await context.confirm(await questionFor(going, profiles, context));
    const gone = new Set(going);
    await context.store.change(({ current, ...book }) => ({
      ...book,
      ...(current === undefined || gone.has(current) ? {} : { current }),
      profiles: Object.fromEntries(Object.entries(book.profiles).filter(([name]) => !gone.has(name))),
    }));
    return many(
      profileView,
      going.map((name) => ({ name, provider: profiles[name]?.provider ?? '', current: false, fields: {} })),
    );
  },
});

/** Says which account each profile is for, and that only the profile goes. */
async function questionFor(
  names: readonly string[],
  profiles: Readonly<Record<string, StoredProfile>>,
  surface: Surface,
): Promise<string> {
  const told = names.map(async (name) => {
    const provider = profiles[name]?.provider ?? '';
    // A provider that there is not keeps nobody from removing the profile.
    const driver = await driverNamed(provider, surface).catch(() => undefined);
    const address = driver && addressOf(driver, profiles[name]?.fields ?? {});
    return `${name} (${[provider, address].filter(Boolean).join(', ')})`;
  });
  const what = names.length === 1 ? 'profile' : `these ${names.length} profiles:`;
  return `Remove ${what} ${(await Promise.all(told)).join(', ')}? Nothing is deleted at the provider.`;
}
