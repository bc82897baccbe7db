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
  /** Few need it: who makes a profile by answering questions is not asked for it. */
  readonly rare?: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

/**
 * How TLS is spoken with a provider. Every provider that is reached over the network has these fields, beside those that
 * its driver declares; no driver uses them: the Http it is handed does. Files may be given as PEM texts too.
 */
export const tlsFields = {
  caBundle: { help: 'File with certificates to trust besides the usual ones (PEM)', rare: true },
  clientCert: { help: 'File with a client certificate (PEM)', rare: true },
  clientKey: { help: 'File with the key of the client certificate, if it does not stand in the same (PEM)', rare: true },
  clientKeyPassphrase: { help: 'Passphrase of that key, if it is encrypted', secret: true, rare: true },
  insecure: { help: 'true: do not check certificates', choices: ['true', 'false'], rare: true },
} as const satisfies Fields;

type ValueOf<F extends Field> = F extends { secret: true } ? Secret : string;

/** The values of a profile as its driver gets them: required ones are there, the others may be. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { required: true } | { default: string } ? ValueOf<F[K]> : ValueOf<F[K]> | undefined;
};
