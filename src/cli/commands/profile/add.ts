import { conflictError, ImgctlError, usageError } from '../../../core/errors.ts';
import type { Driver } from '../../../core/driver.ts';
import { checkProfileName, type ProfileBook, type StoredProfile } from '../../../profiles/schema.ts';
import { ask } from '../../../ui/prompt.ts';
import { defineCommand, type At } from '../../command.ts';
import type { Surface } from '../../context.ts';
import { checkProfile } from '../../profile-check.ts';
import { checkFieldValues, warnOfTyped } from '../../profile-fields.ts';
import { driverNamed, openAt } from '../../session.ts';
import { afterWriting, directoryAfter } from './written.ts';

export const add = defineCommand({
  about:
    'A value may be a reference: env:NAME, file:PATH or cmd:COMMAND; secrets are best kept that way. On a terminal what is missing is asked for. ' +
    'imgctl providers NAME lists the fields.',
  args: { name: { takes: 'required', summary: 'name of the profile' } },
  options: {
    provider: { kind: 'text', summary: 'which cloud it is for', completes: 'provider' },
    set: { kind: 'pairs', value: 'field=value', summary: 'a field (repeatable)', completes: 'field' },
    protected: { kind: 'flag', summary: 'deleting or replacing in it asks for its name' },
    replace: { kind: 'flag', summary: 'replace a profile of that name' },
  },
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
    const asked = await askMissing(driver, input.set, context);
    const profile: StoredProfile = {
      provider: driver.name,
      ...(input.protected ? { protected: true } : {}),
      fields: { ...input.set, ...asked },
    };
    const book = await context.store.change((now) => {
      if (Object.hasOwn(now.profiles, input.name) && !input.replace)
        throw conflictError(`there is a profile "${input.name}" already`, {
          hint: `imgctl profile set ${input.name} changes it; --replace makes it anew`,
        });
      return { ...now, profiles: { ...now.profiles, [input.name]: profile } };
    });
    const written = await afterWriting(input.name, book, context);
    if (input.provider === undefined || Object.keys(asked).length > 0) await offerCheck(input.name, book, context);
    return written;
  },
});

const canAsk = ({ io }: Surface): boolean => io.stdinIsTerminal && io.stderrIsTerminal;

async function askProvider(surface: Surface): Promise<string> {
  if (canAsk(surface)) return ask('provider', { choices: surface.drivers.names }, surface.io);
  throw usageError('--provider says which cloud the profile is for', { hint: `providers: ${surface.drivers.names.join(', ')}` });
}

/** Whoever answered questions wants to know at once whether the answers were right. The profile stays either way. */
async function offerCheck(name: string, book: ProfileBook, surface: Surface): Promise<void> {
  if (!canAsk(surface) || surface.settings.yes || surface.settings.dryRun) return;
  const answer = await ask('sign in to see whether it works', { choices: ['yes', 'no'], default: 'yes' }, surface.io);
  if (answer === 'no') return;
  const now = { ...surface, directory: directoryAfter(book, surface) };
  try {
    const { who, warnings } = await checkProfile((await openAt(name, ['list'], now)) as At<'list'>, now);
    surface.say(`${name} works: ${who}`);
    for (const warning of warnings) surface.warn(warning);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    surface.warn(`${name} is kept, but it does not work yet: ${error.message}`);
    surface.say(`To change it: imgctl profile set ${name} FIELD=VALUE; to try again: imgctl profile check ${name}`);
  }
}

/** Asks on a terminal for every usual field, or, where some were given, for those that the driver cannot do without. */
async function askMissing(
  driver: Driver,
  given: Readonly<Record<string, string>>,
  surface: Surface,
): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  if (!canAsk(surface) || surface.settings.yes) return answers;
  const begun = Object.keys(given).length > 0;
  for (const [name, field] of Object.entries(driver.profile)) {
    if (field.rare || (begun && (given[name] !== undefined || !field.required))) continue;
    const how = {
      ...(field.secret ? { secret: true } : {}),
      ...(field.choices ? { choices: field.choices } : {}),
      ...(field.default !== undefined && !field.default.includes('{') ? { default: field.default } : {}),
    };
    const answer = await ask(`${name} (${field.help}${field.required ? '' : '; empty: none'})`, how, surface.io);
    if (answer !== '' && answer !== field.default) answers[name] = answer;
  }
  return answers;
}
