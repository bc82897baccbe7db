import type { KeyringPlace, ListedKey, SourceRow } from '../../core/publisher.ts';
import { given } from '../../core/image.ts';
import { withoutPassword } from '../../core/redact.ts';
import type { Secret } from '../../core/secret.ts';
import type { FieldOrigin } from '../../profiles/resolve.ts';
import type { EngineContext } from '../context.ts';
import { driverNamed } from './driver.ts';
import { shipped } from './sources.ts';
import { givingKeys } from './source-key.ts';
import { originsOf, valuesOf } from './values.ts';

/** Throws CONFIG for a publisher that is not known, or is not described as its driver wants it. Nothing is sent. */
export async function sourceRow(name: string, context: EngineContext): Promise<SourceRow> {
  const { sources } = context.directory;
  const provider = sources.providerOf(name);
  const driver = await driverNamed(provider, context);
  const entry = { name, provider, kind: 'source' } as const;
  const origins = await originsOf(entry, driver, context);
  const values = await valuesOf(entry, driver, origins, context);
  const { title, aliases, signed, keys, keysAt, evidence, file } = await sources.load(name);
  const { assuranceOf, trustOf } = await import('../trust/signatures.ts');
  const trust = trustOf({ fields: driver.profile, values, profile: name, asked: undefined });
  const verified = trust === undefined ? 'checksum' : assuranceOf(trust);
  const keyring = verified === 'signature' ? placeOf(origins.keyring) : undefined;
  const address = text(values.url);
  return {
    name,
    aliases,
    title,
    provider,
    fields: Object.fromEntries(
      Object.entries(origins).flatMap(([field, { from }]) => {
        const value = field === 'keyring' ? undefined : text(values[field]);
        return value === undefined ? [] : [[field, { value: withoutPassword(value), from }]];
      }),
    ),
    verified,
    signers: (verified === 'signature' ? (text(values.signer) ?? '') : '').split(',').filter((one) => one !== ''),
    keys: keyring === 'shipped' || keyring === 'given' ? await keysOf(text(values.keyring) ?? '', context) : [],
    evidence,
    ...given<Partial<SourceRow>>({
      address: address && withoutPassword(address),
      keyring,
      keysFrom: keyring === 'shipped' && keys ? `${keys.source} (${keys.licence})` : undefined,
      // What is said of who signs is said of the address that comes with it, and of its keys.
      signed: signed === '' || (keyring === 'given' && origins.url?.from !== shipped) ? undefined : signed,
      hint: keysAt === undefined || keyring === 'shipped' || keyring === 'given' ? undefined : givingKeys(name, keysAt),
      file,
    }),
    ...(context.directory.has(name) ? { hidden: true } : {}),
  };
}

const text = (value: string | Secret | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

function placeOf(origin: FieldOrigin | undefined): KeyringPlace {
  if (!origin) return 'of this machine';
  return origin.from === shipped ? 'shipped' : 'given';
}

async function keysOf(keyring: string, context: EngineContext): Promise<readonly ListedKey[]> {
  const { keysGiven } = await import('../trust/keyring.ts');
  const { listedKeys } = await import('../../transfer/trust/openpgp/listed-keys.ts');
  return listedKeys(await keysGiven(keyring, 'keyring', context.home), new Date(context.now()));
}
