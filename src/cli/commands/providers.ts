import { providerSheet, providerView } from '../../ui/views/provider.ts';
import { defineCommand } from '../command.ts';
import { many, one } from '../outcome.ts';
import { driverNamed } from '../session.ts';

export const providers = defineCommand({
  about: 'With a name: the facts of one provider: accepted formats, limits, fields, its own filters, and why a verb is absent.',
  args: { name: { takes: 'optional', summary: 'provider', completes: 'provider' } },
  options: {},
  needs: {},
  examples: [
    { does: 'the capability matrix', type: 'imgctl providers' },
    { does: 'everything about one provider', type: 'imgctl providers local' },
  ],
  async run(input, context) {
    if (input.name !== undefined) return one(providerSheet, await driverNamed(input.name, context));
    return many(providerView, await Promise.all(context.drivers.names.map((name) => driverNamed(name, context))));
  },
});
