import type { Driver } from '../../core/driver.ts';
import { ImgctlError } from '../../core/errors.ts';
import { type Next, commandLine, nowhere, shellWord } from '../../core/hint.ts';
import { hasFolder, ownFolder, type Home } from '../../host/paths.ts';
import { parseValue } from '../../host/secret-reference.ts';
import { fieldVariable } from '../../profiles/resolve.ts';
import { sourcesFile } from '../../profiles/sources-file.ts';
import type { ProfileEntry } from './registry.ts';

type Whose = Pick<ProfileEntry, 'name' | 'kind'>;

/** What is typed to set fields (`field=value`) of a profile, wherever it is kept: a command of the program, or one of the shell. */
export function setting({ name, kind }: Whose, driver: Driver, pairs: readonly string[]): string {
  if (kind === 'stored') return commandLine({ verb: 'profile set', args: pairs }, { profile: name });
  if (kind === 'usual')
    return [
      commandLine({ verb: 'profile add', args: [name], options: { provider: driver.name } }, nowhere),
      ...pairs.map((pair) => `--set ${shellWord(pair)}`),
    ].join(' ');
  const variables = pairs.map((pair) => {
    const [, field = '', value = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    const theirs = kind === 'ambient' ? driver.profile[field]?.env?.[0] : undefined;
    // References are ours: the provider's own tools would take one for the value.
    return theirs === undefined
      ? `${fieldVariable(name, field)}=${shellWord(value)}`
      : `${theirs}=${parseValue(value).kind === 'literal' ? shellWord(value) : '…'}`;
  });
  return `export ${variables.join(' ')}`;
}

/** How hints say where a field is set. No other words are used for it in them: a publisher has no profile. */
const inProfile = 'in the profile';

/** What `--verify` can say in the place of a field that it overrules. */
const byOption: Readonly<Record<string, string>> = {
  'verify=checksum': 'To trust the server alone, use --verify checksum.',
  'keyring=FILE': "If that key is the publisher's, use --verify gpg:FILE with a file that holds it.",
  'signer=FINGERPRINT': "If that key is the publisher's, use --verify gpg:FINGERPRINT with its fingerprint.",
};

/** A failure in a run with `--verify`: setting a field would change nothing in what that overrules. */
export function toldByOption(error: ImgctlError, verify: string | undefined): ImgctlError {
  const [next] = error.circumstances.next ?? [];
  const hint = next?.verb === 'profile set' ? byOption[String(next.args?.[0])] : undefined;
  if (verify === undefined || hint === undefined) return error;
  const { next: _field, ...known } = error.circumstances;
  return new ImgctlError(error.code, error.message, { ...known, hint });
}

/** A failure in an account, told as such: what its hints say of fields can be done where those of that account are kept. */
export function placed(error: ImgctlError, whose: Whose, driver: Driver, home: Home): ImgctlError {
  const written = ({ verb, args = [] }: Next): string | undefined =>
    verb === 'profile set' ? setting(whose, driver, args.map(String)) : undefined;
  const told = error.inProfile(whose.name, driver.name, written);
  const { hint } = told.circumstances;
  if (whose.kind !== 'source' || !hint?.includes(inProfile)) return told;
  const { name } = whose;
  const own = hasFolder('config', home) ? `, or in ${sourcesFile(ownFolder('config', home))}` : '';
  return told.hinting(
    `${hint.replaceAll(inProfile, `of ${name}`)}\n${name} is a publisher. See its fields with: ${commandLine({ verb: 'sources', args: [name] }, nowhere)}\nThey are set by variables (${fieldVariable(name, 'url')})${own}.`,
  );
}
