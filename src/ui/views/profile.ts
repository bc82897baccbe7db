import { Secret } from '../../core/secret.ts';
import type { Io } from '../io.ts';
import { tick } from '../cell-text.ts';
import { defineView } from '../view.ts';

/** A field's value and where it came from. A `Secret` is never shown; a reference such as `env:TOKEN` may be given as text. */
export interface ProfileFieldRow {
  readonly value: string | Secret;
  readonly from: string;
}

/** A profile as it is shown. `current`: it is used when none is named. */
export interface ProfileRow {
  readonly name: string;
  readonly provider: string;
  /** Where it leads, and who signs in: of a list. */
  readonly address?: string;
  readonly user?: string;
  readonly current: boolean;
  /** It is there without having been made. */
  readonly builtIn?: boolean;
  readonly protected?: boolean;
  readonly fields: Readonly<Record<string, ProfileFieldRow>>;
}

const mask = '•••';
const shownValue = (value: string | Secret, io?: Io): string =>
  value instanceof Secret ? (io?.unicode === false ? '***' : mask) : value;

type Parts = readonly (readonly [string, string])[];

function partsOf(fields: ProfileRow['fields'], io?: Io): Parts {
  return Object.entries(fields).map(([name, { value, from }]) => [name, `${shownValue(value, io)} (${from})`]);
}

/** Profiles; secrets are `•••` in every format. */
export const profileView = defineView<ProfileRow>({
  name: 'profiles',
  columns: {
    name: { value: (profile) => profile.name, kind: 'id' },
    provider: { value: (profile) => profile.provider },
    address: { value: (profile) => profile.address },
    user: { value: (profile) => profile.user },
    current: { value: (profile) => profile.current, show: tick },
    builtIn: { value: (profile) => profile.builtIn, show: tick, title: 'built in' },
    protected: { value: (profile) => profile.protected, show: tick },
    fields: {
      value: (profile) => maskedFields(profile.fields),
      show: (value, io) =>
        partsOf(value as ProfileRow['fields'], io)
          .map(([name]) => name)
          .join(', '),
      parts: (value) => partsOf(value as ProfileRow['fields']),
    },
  },
  usual: ['name', 'provider', 'current', 'builtIn', 'address', 'user'],
  wide: ['name', 'provider', 'current', 'builtIn', 'protected', 'address', 'user', 'fields'],
  spare: ['user'],
  id: (profile) => profile.name,
  json: (profile) => ({ ...profile, fields: maskedFields(profile.fields) }),
});

export function maskedFields(fields: ProfileRow['fields']): ProfileRow['fields'] {
  return Object.fromEntries(Object.entries(fields).map(([name, { value, from }]) => [name, { value: shownValue(value), from }]));
}
