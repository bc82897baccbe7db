import type { Driver } from '../../../core/driver.ts';
import { missingFields, type Field, type SignInMethod } from '../../../core/field.ts';
import type { Io } from '../../../ui/io.ts';
import { ask } from '../../../ui/prompt.ts';

type Given = Readonly<Record<string, string>>;

/**
 * Asks for what a new profile lacks, in the order in which people know it: where the provider is, how to sign in, what that way
 * needs, and then the rest. Where some fields were given already, only for what it cannot work without.
 */
export async function askSetup(driver: Driver, given: Given, io: Io): Promise<Record<string, string>> {
  const { profile, setup } = driver;
  const isBegun = Object.keys(given).length > 0;
  const answers: Record<string, string> = {};
  const names = (): ReadonlySet<string> => new Set(Object.keys({ ...given, ...answers }));
  const askFor = async (name: string): Promise<void> => {
    const field = profile[name];
    if (!field || names().has(name)) return;
    const answer = await askField(name, field, io);
    if (answer !== '' && answer !== field.default) answers[name] = answer;
  };
  for (const [name, field] of Object.entries(profile)) if (field.required) await askFor(name);
  const isKnown = ({ field }: { readonly field: string }): boolean => names().has(field) || profile[field]?.default !== undefined;
  if (setup.where && !setup.where.some(isKnown)) Object.assign(answers, await askWhere(driver, io));
  if (setup.signIn && (!isBegun || missingFields(profile, { signIn: setup.signIn }, names()) !== undefined)) {
    const way = await askWay(setup.signIn, names(), io);
    for (const name of way.needs) await askFor(name);
    if (!isBegun) for (const name of way.may ?? []) await askFor(name);
  }
  if (!isBegun) for (const name of setup.after ?? []) await askFor(name);
  return answers;
}

/** The way to sign in that was begun, else the one that is chosen. */
async function askWay(
  ways: readonly [SignInMethod, ...SignInMethod[]],
  given: ReadonlySet<string>,
  io: Io,
): Promise<SignInMethod> {
  const begun = ways.find(({ needs }) => needs.some((name) => given.has(name)));
  if (begun) return begun;
  const usual = ways.filter(({ rare }) => !rare);
  const title = await ask('how to sign in', { choices: usual.map((way) => way.title), default: ways[0].title }, io);
  return usual.find((way) => way.title === title) ?? ways[0];
}

/** One answer for several fields: by its look it is known which of them it is. */
async function askWhere({ profile, setup }: Driver, io: Io): Promise<Given> {
  const places = setup.where ?? [];
  const help = profile[places[0]?.field ?? '']?.help ?? '';
  const answer = await ask(`address (${help})`, {}, io);
  const meant = places.find(({ looks }) => looks.test(answer)) ?? places[0];
  return answer === '' || !meant ? {} : { [meant.field]: answer };
}

function askField(name: string, field: Field, io: Io): Promise<string> {
  const how = {
    ...(field.secret ? { secret: true } : {}),
    ...(field.choices ? { choices: field.choices } : {}),
    ...(field.default !== undefined && !field.default.includes('{') ? { default: field.default } : {}),
  };
  const isOptional = !field.required && field.default === undefined;
  return ask(`${name} (${field.help}${isOptional ? '; empty: none' : ''})`, how, io);
}
