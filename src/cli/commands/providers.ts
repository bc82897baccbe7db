import { providerSheet, providerView } from '../../ui/views/provider.ts';
import { defineCommand } from '../program/command.ts';
import { many, one } from '../program/outcome.ts';
import { driverNamed } from '../../engine/account/driver.ts';

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
