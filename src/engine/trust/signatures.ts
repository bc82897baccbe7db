import { configError, integrityError, usageError, type ImgctlError } from '../../core/errors.ts';
import type { Fields } from '../../core/field.ts';
import type { Secret } from '../../core/secret.ts';
import type { Assurance, Signatures, Signer } from '../../core/signature.ts';
import type { TrustPolicy } from '../../transfer/trust/openpgp/verify.ts';
import type { EngineContext } from '../context.ts';
import { demandFrom, signersFrom, type Demand } from './policy.ts';

/** By what is judged. `what`: where the keys are named, for messages. */
export interface Trust {
  readonly demand: Demand;
  readonly what: string;
  /** Files with keys, or armoured text; absent: what the machine knows. */
  readonly keyring?: string | undefined;
  readonly signers?: readonly string[] | undefined;
  readonly expiredKeys?: 'refuse' | 'accept';
}

type Surroundings = Pick<EngineContext, 'home' | 'now' | 'warn'>;

/** What judges by that. Keys are read, and the verifier is loaded, with the first signature. Rejects CONFIG where a key cannot be read, or none is known. */
export const signaturesBy = (trust: Trust, at: Surroundings): Signatures =>
  trust.demand.by === 'minisign' ? byMinisign(trust.demand.key, trust.what, at) : byOpenPgp(trust, at);

/** What a signature is asked for by: `auto` asks for one where it is said by which keys. */
function assuranceOf({ demand: { by }, keyring, signers }: Trust): Assurance {
  if (by === 'none') return 'nothing';
  if (by === 'checksum') return 'checksum';
  return by === 'auto' && keyring === undefined && signers === undefined ? 'checksum' : 'signature';
}

function byOpenPgp(trust: Trust, at: Surroundings): Signatures {
  let read: Promise<TrustPolicy> | undefined;
  const policy = (): Promise<TrustPolicy> => (read ??= policyOf(trust, at));
  const verifier = () => import('../../transfer/trust/openpgp/verify.ts');
  const told = tellingExpiry(at);
  return {
    assurance: assuranceOf(trust),
    async clearSigned(document, name) {
      const signed = (await verifier()).verifyClearSigned(document, name, await policy());
      told(signed.signer, name);
      return signed;
    },
    detached: async (data, signature, name) =>
      told((await verifier()).verifyDetached(data, signature, name, await policy()), name),
    async check(signature, name) {
      const check = (await verifier()).checkDetached(signature, name, await policy());
      return { update: (chunk) => check.update(chunk), verdict: () => told(check.verdict(), name) };
    },
  };
}

/** Says of each key once that it has expired, and is taken all the same. */
function tellingExpiry({ warn }: Surroundings): (signer: Signer, name: string) => Signer {
  const known = new Set<string>();
  return (signer, name) => {
    const { fingerprint, expiredOn } = signer;
    if (expiredOn !== undefined && !known.has(fingerprint))
      warn(`${name} is signed by key ${fingerprint}, which expired on ${expiredOn} (expiredKeys=accept)`);
    known.add(fingerprint);
    return signer;
  };
}

async function policyOf(
  { keyring, signers, expiredKeys = 'refuse', what }: Trust,
  { home, now }: Surroundings,
): Promise<TrustPolicy> {
  const { keysGiven, knownKeys } = await import('./keyring.ts');
  const keys = keyring === undefined ? await knownKeys() : await keysGiven(keyring, what, home);
  if (keys.length === 0)
    throw configError('no key is known on this machine to judge signatures by', {
      hint: `Set ${what} to a file with the publisher's keys.`,
    });
  return { keys, expiredKeys, now: new Date(now()), ...(signers === undefined ? {} : { signers }) };
}

function byMinisign(given: string, what: string, { home }: Surroundings): Signatures {
  const verifier = () => import('../../transfer/trust/minisign.ts');
  const key = async (): Promise<string> => (await import('./keyring.ts')).minisignKey(given, what, home);
  return {
    assurance: 'signature',
    clearSigned: (_document, name) =>
      Promise.reject(
        integrityError(`${name} has no minisign signature in it`, { hint: 'Use gpg:KEYRING for a clear-signed file.' }),
      ),
    detached: async (data, signature, name) => (await verifier()).verifyMinisign(data, signature, name, await key()),
    check: async (signature, name) => (await verifier()).checkMinisign(signature, name, await key()),
  };
}

/** The fields by which an account judges. */
type Values = Readonly<Record<string, string | Secret>>;

/**
 * What judges for an account, by the fields of its profile; `asked` (`--verify`) wins over the profile's `verify`, and keys that it names
 * over those of the profile. Absent for a driver that declares no `verify`. Throws CONFIG, and USAGE for what was asked.
 */
export function signaturesFor(
  { fields, values, profile, asked }: { fields: Fields; values: Values; profile: string; asked: string | undefined },
  at: Surroundings,
): Signatures | undefined {
  if (!('verify' in fields)) return undefined;
  const said = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const wrong = (what: string): ImgctlError =>
    configError(`profile ${profile}: signer: ${what} is no fingerprint of 40 or 64 hexadecimal digits`);
  const inProfile = (message: string, more: object = {}): ImgctlError => configError(`profile ${profile}: ${message}`, more);
  const demand =
    asked === undefined ? demandFrom(said('verify') ?? 'auto', 'verify', inProfile) : demandFrom(asked, '--verify', usageError);
  const named = demand.by === 'gpg' ? demand : undefined;
  return signaturesBy(
    {
      demand,
      what: named?.keyring !== undefined && asked !== undefined ? '--verify' : 'keyring of the profile',
      keyring: named?.keyring ?? said('keyring'),
      signers: named?.signers ?? (named?.keyring === undefined ? signersFrom(said('signer'), wrong) : undefined),
      expiredKeys: said('expiredKeys') === 'accept' ? 'accept' : 'refuse',
    },
    at,
  );
}
