import { parseBoolean } from './boolean.ts';
import type { Secret } from './secret.ts';

/** One value of a profile: what it is for and where else it may come from. */
export interface Field {
  readonly help: string;
  /** Kept from every output; the driver gets a `Secret`. */
  readonly secret?: boolean;
  /** Without it the driver cannot connect. */
  readonly required?: boolean;
  /** The provider's usual environment variables, the first that is set wins. Used for `env:PROVIDER` profiles. */
  readonly env?: readonly string[];
  /** The value where nothing gives one; `{data}` in it stands for imgctl's data folder of the user. */
  readonly default?: string;
  readonly choices?: readonly string[];
  /** A path, or several as `name=path,…`. `~/` at the beginning of one is the user's home: no shell sees it behind a `=`. */
  readonly paths?: 'one' | 'named';
  /** Few need it: who makes a profile by answering questions is not asked for it. */
  readonly rare?: boolean;
}

/** A value as the choices of its field have it: yes and no in any of their usual spellings, where those are its choices. */
export function inChoices({ choices = [] }: Pick<Field, 'choices'>, text: string): string {
  const isBoolean = choices.length === 2 && choices.includes('true') && choices.includes('false');
  return isBoolean ? String(parseBoolean(text) ?? text) : text;
}

export type Fields = Readonly<Record<string, Field>>;

/**
 * How TLS is spoken with a provider. Every provider that is reached over the network has these fields, beside those that
 * its driver declares; no driver uses them: the Http it is handed does. Files may be given as PEM texts too.
 */
export const tlsFields = {
  caBundle: { help: 'File with additional trusted certificates (PEM)', paths: 'one', rare: true },
  serverCert: {
    help: 'File with the certificate of the server itself, where no authority vouches for it: no other is accepted (PEM)',
    paths: 'one',
    rare: true,
  },
  clientCert: { help: 'File with a client certificate (PEM)', paths: 'one', rare: true },
  clientKey: {
    help: 'Key of the client certificate, if not in the same file (PEM)',
    paths: 'one',
    rare: true,
  },
  clientKeyPassphrase: { help: 'Passphrase of that key, if it is encrypted', secret: true, rare: true },
  insecure: { help: 'true: do not check certificates', choices: ['true', 'false'], rare: true },
} as const satisfies Fields;

/**
 * What vouches for what a publisher serves, and which of it is meant. A driver that reads from publishers declares these fields beside
 * its own; it uses `arch` alone: the `signatures` that it is handed judge by the others.
 */
export const sourceFields = {
  verify: {
    help: 'What must vouch for it: gpg[:KEYRING|FINGERPRINT], minisign:KEY, checksum (trust the server), none; default auto: a signature where a key is known',
  },
  keyring: { help: 'File with the keys to trust, armoured or binary, or armoured text', paths: 'one' },
  signer: { help: 'Fingerprints of the keys to trust, separated by commas (default: all in the keyring)', rare: true },
  expiredKeys: {
    help: 'accept: take what was signed before its key expired',
    choices: ['refuse', 'accept'],
    rare: true,
  },
  arch: { help: 'Architecture that a name means (default amd64)' },
} as const satisfies Fields;

/** One way to sign in: what it needs, and what else belongs to it. `rare`: nobody is asked whether it is meant. */
export interface SignInMethod {
  readonly title: string;
  readonly needs: readonly string[];
  readonly may?: readonly string[];
  readonly rare?: boolean;
}

/**
 * How a profile is set up, beyond the fields that are `required` anyway: what is asked for, in this order, and without what it
 * cannot work.
 */
export interface Setup {
  /** Fields of which one says where the provider is, the usual one first, each with the look of an answer that is meant for it. */
  readonly where?: readonly { readonly field: string; readonly looks: RegExp }[];
  /** The ways to sign in: exactly one is taken. The first is the usual one. */
  readonly signIn?: readonly [SignInMethod, ...SignInMethod[]];
  /** Variables of the provider's own tools that give no single field, with what each is for. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The one of them that names a whole account, kept in a file of those tools. */
  readonly accountVariable?: string;
  /** What else is worth a question. */
  readonly after?: readonly string[];
}

/** What a profile lacks of what it cannot work without, as a person would say it; absent: nothing. `given`: the fields with a value. */
export function missingFields(fields: Fields, setup: Setup, given: ReadonlySet<string>): string | undefined {
  const required = Object.keys(fields).filter((name) => fields[name]?.required && !given.has(name));
  const isSomewhere = setup.where?.some(({ field }) => given.has(field) || fields[field]?.required) ?? true;
  const where = isSomewhere ? [] : [(setup.where ?? []).map(({ field }) => field).join(' or ')];
  const lacking = [...required, ...where, ...wayLack(setup.signIn ?? [], given)];
  return lacking.length === 0 ? undefined : lacking.join(', and ');
}

/** What is missing of the way to sign in that was begun, or of every way where none was. */
function wayLack(ways: readonly SignInMethod[], given: ReadonlySet<string>): readonly string[] {
  const begun = ways.filter(({ needs }) => needs.some((name) => given.has(name)));
  const meant = begun.length > 0 ? begun : ways;
  if (ways.length === 0 || meant.some(({ needs }) => needs.every((name) => given.has(name)))) return [];
  const usual = meant.filter(({ rare }) => !rare);
  const told = (usual.length > 0 ? usual : meant).map(({ needs }) => needs.filter((name) => !given.has(name)).join(' and '));
  // Where nothing was begun all ways are too many for a line.
  return [begun.length === 0 && told.length > 1 ? `${told[0] ?? ''} (or another way to sign in)` : told.join(', or ')];
}

/** The variables that are usually set for an account of which nothing is known, as a person would list them; empty where there are none. */
export function usualVariables(fields: Fields, { where = [], signIn, accountVariable }: Setup): string {
  const required = Object.keys(fields).filter((name) => fields[name]?.required);
  const wanted = [...new Set([...where.slice(0, 1).map(({ field }) => field), ...required, ...(signIn?.[0].needs ?? [])])];
  const each = wanted.flatMap((name) => fields[name]?.env?.[0] ?? []);
  return [...(accountVariable === undefined ? [] : [accountVariable]), ...(each.length > 0 ? [each.join(', ')] : [])].join(
    ', or ',
  );
}

type ValueOf<F extends Field> = F extends { secret: true } ? Secret : string;

/** The values of a profile as its driver gets them: required ones are there, the others may be. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { required: true } | { default: string } ? ValueOf<F[K]> : ValueOf<F[K]> | undefined;
};
