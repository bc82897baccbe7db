import { configError } from '../../../core/errors.ts';
import { profileView } from '../../../ui/views/profile.ts';
import { defineCommand } from '../../command.ts';
import { many } from '../../outcome.ts';

export const remove = defineCommand({
  args: { name: { takes: 'many', summary: 'profiles', completes: 'profile' } },
  options: {},
  needs: {},
  examples: [
    { does: 'forget a profile', type: 'imgctl profile remove old --yes' },
    { does: 'several', type: 'imgctl profile remove a b --yes' },
  ],
  async run(input, context) {
    const { profiles } = await context.store.read();
    const missing = input.name.find((name) => !Object.hasOwn(profiles, name));
    if (missing !== undefined)
      throw configError(`there is no profile "${missing}" in ${context.store.path}`, { hint: 'imgctl profile list shows them' });
    await context.confirm(`forget ${input.name.join(', ')}?`);
    const gone = new Set(input.name);
    await context.store.change(({ current, ...book }) => ({
      ...book,
      ...(current === undefined || gone.has(current) ? {} : { current }),
      profiles: Object.fromEntries(Object.entries(book.profiles).filter(([name]) => !gone.has(name))),
    }));
    return many(
      profileView,
      input.name.map((name) => ({ name, provider: profiles[name]?.provider ?? '', current: false, fields: {} })),
    );
  },
});
