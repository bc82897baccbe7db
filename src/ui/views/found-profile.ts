import type { Secret } from '../../core/secret.ts';
import { machineText } from '../cell-text.ts';
import { defineView } from '../view.ts';
import { maskedFields, type ProfileFieldRow } from './profile.ts';

/** What became, or would become, of a profile that another tool keeps. */
export type ImportState = 'imported' | 'new' | 'already there' | 'replaced' | 'would replace' | 'left out';

/** A profile of another tool, as one checks it before it is taken over. Secrets are in `fields` alone, and masked. */
export interface FoundRow {
  readonly name: string;
  readonly provider: string;
  readonly state: ImportState;
  readonly address?: string;
  /** Who signs in. */
  readonly user?: string;
  /** What else the profile says, without secrets. */
  readonly details: Readonly<Record<string, string>>;
  readonly source: string;
  readonly reason?: string;
  readonly fields: Readonly<Record<string, ProfileFieldRow & { readonly value: string | Secret }>>;
}

/** Profiles of other tools; secrets are `•••` in every format. */
export const foundProfileView = defineView<FoundRow>({
  name: 'profiles',
  columns: {
    name: { value: (row) => row.name, kind: 'id' },
    provider: { value: (row) => row.provider },
    state: { value: (row) => row.state },
    address: { value: (row) => row.address },
    user: { value: (row) => row.user },
    details: { value: (row) => row.details, show: (value) => machineText(value).replaceAll(',', ' ') },
    source: { value: (row) => row.source },
    reason: { value: (row) => row.reason },
    fields: { value: (row) => maskedFields(row.fields) },
  },
  usual: ['name', 'provider', 'state', 'address', 'user', 'details', 'source'],
  wide: ['name', 'provider', 'state', 'address', 'user', 'details', 'source', 'reason'],
  spare: ['source', 'provider'],
  id: (row) => row.name,
  json: (row) => ({ ...row, fields: maskedFields(row.fields) }),
});
