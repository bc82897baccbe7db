import { profileView } from '../../../ui/views/profile.ts';
import { configError, usageError } from '../../../core/errors.ts';
import { defineCommand } from '../../program/command.ts';
import { checkFieldValues, storedFields, warnOfLack, warnOfTyped } from '../../options/profile-fields.ts';
import { afterWriting, directoryAfter } from './written.ts';
import { driverNamed } from '../../../engine/account/driver.ts';

export const set = defineCommand({
  about: 'field=value sets a field; field= (without a value) removes it.',
  args: {
    name: { takes: 'required', summary: 'profile', completes: 'profile' },
    field: { takes: 'any', summary: 'field=value', completes: 'field' },
  },
  options: {
    protect: {
      kind: 'flag',
      also: 'protected',
      summary: 'require its name to be typed before anything is deleted or replaced, even with --yes',
    },
    unprotect: { kind: 'flag', summary: 'allow deletes without typing its name' },
  },
  draws: () => profileView,
  needs: {},
  examples: [
    { does: 'another region', type: 'imgctl profile set lin region=us-iad' },
    { does: 'keep the secret in a file instead', type: 'imgctl profile set cow secretKey=file:/run/secrets/cow' },
  ],
  async run(input, context) {
    const typed = pairs(input.field ?? []);
    if (Object.keys(typed).length === 0 && !input.protect && !input.unprotect)
      throw usageError('no FIELD=VALUE given', { hint: `Try: imgctl profile set ${input.name} FIELD=VALUE` });
    const driver = await driverNamed(context.directory.entry(input.name).provider, context);
    const fields = storedFields(driver, typed);
    checkFieldValues(driver, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '')));
    for (const name of Object.keys(fields))
      checkFieldValues(driver, { [name]: fields[name] || (driver.profile[name]?.choices?.[0] ?? '') });
    warnOfTyped(driver, fields, context);
    const book = await context.store.change((now) => {
      const profile = Object.hasOwn(now.profiles, input.name) ? now.profiles[input.name] : undefined;
      if (!profile)
        throw configError(`no such profile in ${context.store.path}: ${input.name}`, {
          hint: `Add it with: imgctl profile add ${input.name} --provider NAME`,
        });
      const { protected: before, ...rest } = profile;
      const isProtected = input.protect ? true : input.unprotect ? false : before === true;
      const kept = Object.entries({ ...profile.fields, ...fields }).filter(([, value]) => value !== '');
      return {
        ...now,
        profiles: {
          ...now.profiles,
          [input.name]: { ...rest, ...(isProtected ? { protected: true } : {}), fields: Object.fromEntries(kept) },
        },
      };
    });
    const written = await afterWriting(input.name, book, context);
    await warnOfLack(input.name, driver, directoryAfter(book, context), context);
    return written;
  },
});

function pairs(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word, index) => {
      const at = word.indexOf('=');
      // The word itself may be a secret.
      if (at < 1) throw usageError(`argument ${index + 1} is not of the form FIELD=VALUE`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
