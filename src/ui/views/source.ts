import type { SourceRow } from '../../core/publisher.ts';
import { tick } from '../cell-text.ts';
import { defineView } from '../view.ts';

/** As a person says it. */
const vouching: Readonly<Record<string, string>> = {
  signature: 'signature',
  checksum: 'checksum, over TLS alone',
  nothing: 'nothing',
};

const keyParts = (keys: SourceRow['keys']) =>
  keys.map(({ fingerprint, name, expiresAt, revoked }): readonly [string, string] => [
    fingerprint,
    [name ?? '', revoked ? 'revoked' : expiresAt === undefined ? 'does not expire' : `until ${expiresAt.slice(0, 10)}`]
      .filter((word) => word !== '')
      .join(', '),
  ]);

const joined = (words: readonly string[]): string | undefined => (words.length > 0 ? words.join(', ') : undefined);

/** Publishers, a line each, or one as a sheet. */
export const sourceView = defineView<SourceRow>({
  name: 'sources',
  columns: {
    name: { value: (source) => source.name, kind: 'id' },
    aliases: { value: (source) => joined(source.aliases) },
    title: { value: (source) => source.title },
    provider: { value: (source) => source.provider },
    address: { value: (source) => source.address },
    fields: {
      value: (source) => source.fields,
      show: (_value, _io, source) => Object.keys(source.fields).join(', '),
      parts: (_value, source) =>
        Object.entries(source.fields).map(([name, { value, from }]) => [name, `${value} (${from})`] as const),
    },
    verified: { value: (source) => source.verified, show: (value) => vouching[String(value)] ?? String(value) },
    keyring: { value: (source) => source.keyring },
    signers: { value: (source) => joined(source.signers) },
    keys: {
      value: (source) => joined(source.keys.map(({ fingerprint }) => fingerprint)),
      parts: (_value, source) => (source.keys.length > 0 ? keyParts(source.keys) : undefined),
    },
    keysFrom: { value: (source) => source.keysFrom, title: 'keys from' },
    signed: { value: (source) => source.signed },
    hint: { value: (source) => source.hint },
    evidence: {
      value: (source) => joined(source.evidence.map(({ url }) => url)),
      parts: (_value, source) => source.evidence.map(({ what, url }) => [url, what] as const),
    },
    file: { value: (source) => source.file },
    hidden: { value: (source) => source.hidden, show: tick, title: 'hidden by a profile' },
  },
  usual: ['name', 'title', 'provider', 'verified', 'keyring', 'address'],
  wide: ['name', 'aliases', 'title', 'provider', 'verified', 'keyring', 'address', 'signers', 'evidence', 'file'],
  spare: ['provider', 'address'],
  id: (source) => source.name,
  json: (source) => source,
});
