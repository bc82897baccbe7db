import { profileView } from '../../../ui/views/profile.ts';
import { conflictError, ImgctlError, usageError } from '../../../core/errors.ts';
import { checkProfileName, type ProfileBook, type StoredProfile } from '../../../profiles/schema.ts';
import { ask } from '../../../ui/prompt.ts';
import { defineCommand } from '../../program/command.ts';
import type { Surface } from '../../program/context.ts';
import { checkProfile } from '../../../engine/account/check.ts';
import { checkFieldValues, storedFields, warnOfLack, warnOfTyped } from '../../options/profile-fields.ts';
import { openAt } from '../../../engine/account/open.ts';
import { askSetup } from './setup.ts';
import { afterWriting, directoryAfter, warnOfPublisher } from './written.ts';
import type { Account } from '../../../engine/account/account.ts';
import { driverNamed } from '../../../engine/account/driver.ts';

export const add = defineCommand({
  about:
    'A value may be a reference: env:NAME, file:PATH or cmd:COMMAND; secrets are best kept that way. On a terminal it asks for what is missing: ' +
    'where the cloud is, how to sign in, and what that needs. imgctl providers NAME lists the fields.',
  args: { name: { takes: 'required', summary: 'name of the profile' } },
  options: {
    provider: { kind: 'text', summary: 'provider of the cloud', completes: 'provider' },
    set: { kind: 'pairs', value: 'field=value', summary: 'a field (repeatable)', completes: 'field' },
    protect: {
      kind: 'flag',
      also: 'protected',
      summary: 'require its name to be typed before anything is deleted or replaced, even with --yes',
    },
    replace: { kind: 'flag', summary: 'replace an existing profile' },
  },
  draws: () => profileView,
  needs: {},
  examples: [
    { does: 'answer questions on a terminal', type: 'imgctl profile add lab' },
    { does: 'a store in a folder, without questions', type: 'imgctl profile add lab --provider local --set path=/srv/images' },
  ],
  async run(input, context) {
    checkProfileName(input.name);
    const provider = input.provider ?? (await askProvider(context));
    const driver = await driverNamed(provider, context);
    checkFieldValues(driver, input.set);
    warnOfTyped(driver, input.set, context);
    const asked = canAsk(context) && !context.settings.yes ? await askSetup(driver, input.set, context.io) : {};
    checkFieldValues(driver, asked);
    const profile: StoredProfile = {
      provider: driver.name,
      ...(input.protect ? { protected: true } : {}),
      fields: storedFields(driver, { ...input.set, ...asked }),
    };
    let wasThere = false;
    const book = await context.store.change((now) => {
      wasThere = Object.hasOwn(now.profiles, input.name);
      if (wasThere && !input.replace)
        throw conflictError(`profile "${input.name}" already exists`, {
          hint: `Change it with: imgctl profile set ${input.name} FIELD=VALUE. Replace it with --replace.`,
        });
      return { ...now, profiles: { ...now.profiles, [input.name]: profile } };
    });
    if (!wasThere) warnOfPublisher(input.name, context);
    const written = await afterWriting(input.name, book, context);
    const works = await warnOfLack(input.name, driver, directoryAfter(book, context), context);
    const wasAsked = input.provider === undefined || Object.keys(asked).length > 0;
    const checked = wasAsked && (await offerCheck(input.name, book, context));
    if (works && !checked && !context.settings.dryRun && context.io.stderrIsTerminal)
      context.say(`Check it with: imgctl profile check ${input.name}`);
    return written;
  },
});

const canAsk = ({ io }: Surface): boolean => io.stdinIsTerminal && io.stderrIsTerminal;

async function askProvider(surface: Surface): Promise<string> {
  if (canAsk(surface)) return ask('provider', { choices: surface.drivers.names }, surface.io);
  throw usageError('--provider is required', { hint: `Supported: ${surface.drivers.names.join(', ')}` });
}

/** Whoever answered questions wants to know at once whether the answers were right: whether that was looked at. The profile stays either way. */
async function offerCheck(name: string, book: ProfileBook, surface: Surface): Promise<boolean> {
  if (!canAsk(surface) || surface.settings.yes || surface.settings.dryRun) return false;
  const answer = await ask('Sign in now to check it?', { choices: ['yes', 'no'], default: 'yes' }, surface.io);
  if (answer === 'yes') await check(name, book, surface);
  return answer === 'yes';
}

/** Signs in; where the provider then says what is still to be chosen (a region, say), it is asked for and kept. */
async function check(name: string, book: ProfileBook, surface: Surface): Promise<void> {
  const now = { ...surface, directory: directoryAfter(book, surface) };
  try {
    const { who, warnings } = await checkProfile((await openAt(name, ['list'], now)) as Account<'list'>, now);
    surface.say(`${name} works: ${who}`);
    for (const warning of warnings) surface.warn(warning);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    const { settledBy } = error.circumstances;
    if (settledBy) {
      const value = await ask(settledBy.field, { choices: settledBy.values }, surface.io);
      return check(name, await surface.store.change((all) => withField(all, name, settledBy.field, value)), surface);
    }
    surface.warn(`${name} was saved, but does not work yet: ${error.message}`);
    surface.say(`Change it with: imgctl profile set ${name} FIELD=VALUE. Check it again with: imgctl profile check ${name}`);
  }
}

function withField(book: ProfileBook, name: string, field: string, value: string): ProfileBook {
  const profile = Object.hasOwn(book.profiles, name) ? book.profiles[name] : undefined;
  if (!profile) return book;
  return { ...book, profiles: { ...book.profiles, [name]: { ...profile, fields: { ...profile.fields, [field]: value } } } };
}
