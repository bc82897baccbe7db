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
}

export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F extends Field> = F extends { secret: true } ? Secret : string;

/** The values of a profile as its driver gets them: required ones are there, the others may be. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { required: true } | { default: string } ? ValueOf<F[K]> : ValueOf<F[K]> | undefined;
};
