import { configError, integrityError, usageError, type ImgctlError } from '../../core/errors.ts';
import type { Fields } from '../../core/field.ts';
import type { Secret } from '../../core/secret.ts';
import type { Assurance, Signer } from '../../core/signature.ts';
import type { TrustPolicy } from '../../transfer/trust/openpgp/verify.ts';
import type { EngineContext } from '../context.ts';
import type { SignatureJudge } from './judge.ts';
import type { KeysNamed } from './keyring.ts';
import { demandFrom, signersFrom, type Demand } from './policy.ts';
import { signedBy } from './told.ts';

/** By what is judged. */
export interface Trust {
  readonly demand: Demand;
  /** Where the keyring is named. */
  readonly what: KeysNamed;
  /** Where a key could be named that is not known. */
  readonly remedy: KeysNamed;
  /** Files with keys, or armoured text; absent: what the machine knows. */
  readonly keyring?: string | undefined;
  readonly signers?: readonly string[] | undefined;
  readonly expiredKeys?: 'refuse' | 'accept';
}

type Surroundings = Pick<EngineContext, 'home' | 'now' | 'warn' | 'detail'>;

/**
 * What judges by that. Where signatures are required, the keys are read now: rejects CONFIG where that cannot be, or none is known by which
 * anything could be judged; else with the first signature.
 */
export async function signaturesBy(trust: Trust, at: Surroundings): Promise<SignatureJudge> {
  if (trust.demand.by === 'minisign') return byMinisign(trust.demand.key, trust.what, at);
  const policy = onceAsked(() => policyOf(trust, at));
  if (assuranceOf(trust) === 'signature') await policy();
  return byOpenPgp(assuranceOf(trust), policy, at);
}

/** What a signature is asked for by: `auto` asks for one where it is said by which keys. */
export function assuranceOf({ demand: { by }, keyring, signers }: Trust): Assurance {
  if (by === 'none') return 'nothing';
  if (by === 'checksum') return 'checksum';
  return by === 'auto' && keyring === undefined && signers === undefined ? 'checksum' : 'signature';
}

function onceAsked<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let known: Promise<Result> | undefined;
  return () => (known ??= read());
}

function byOpenPgp(assurance: Assurance, policy: () => Promise<TrustPolicy>, at: Surroundings): SignatureJudge {
  const verifier = () => import('../../transfer/trust/openpgp/verify.ts');
  const { noted, proved } = memoryOfSigners(at);
  return {
    assurance,
    proved,
    async clearSigned(document, name) {
      const signed = (await verifier()).verifyClearSigned(document, name, await policy());
      noted(signed.signer, name);
      return signed;
    },
    detached: async (data, signature, name) =>
      noted((await verifier()).verifyDetached(data, signature, name, await policy()), name),
    async check(signature, name) {
      const check = (await verifier()).checkDetached(signature, name, await policy());
      return { update: (chunk) => check.update(chunk), verdict: () => noted(check.verdict(), name) };
    },
  };
}

/** Keeps who has signed; of each it is told once what was signed, and that the key has expired where it is taken all the same. */
function memoryOfSigners({ warn, detail }: Surroundings) {
  const signers = new Map<string, Signer>();
  return {
    proved: (fingerprint: string): Signer | undefined => signers.get(fingerprint),
    noted(signer: Signer, name: string): Signer {
      const { fingerprint, expiredOn } = signer;
      if (!signers.has(fingerprint)) {
        detail(signedBy(name, signer));
        if (expiredOn !== undefined)
          warn(`${name} is signed by key ${fingerprint}, which expired on ${expiredOn} (expiredKeys=accept)`);
      }
      signers.set(fingerprint, signer);
      return signer;
    },
  };
}

/** Fields of a profile that name the keys. */
const keyFields = ['keyring', 'signer'];

async function policyOf(
  { keyring, signers, expiredKeys = 'refuse', what, remedy }: Trust,
  { home, now }: Surroundings,
): Promise<TrustPolicy> {
  const { giveKeys, keysGiven, knownKeys, wellKnownFolders } = await import('./keyring.ts');
  const keys = keyring === undefined ? await knownKeys() : await keysGiven(keyring, what, home);
  const looked = `Keys of this machine are looked for in ${wellKnownFolders.join(', ')}.`;
  if (keys.length === 0)
    throw configError('no key is known on this machine to judge signatures by', {
      hint: `${looked} ${giveKeys(remedy, "the publisher's keys")}`,
    });
  const { fingerprintsIn, openKeyring } = await import('../../transfer/trust/openpgp/keyring.ts');
  const known = fingerprintsIn(openKeyring(keys));
  if (signers !== undefined && !signers.some((one) => known.has(one)))
    throw configError(
      keyring === undefined
        ? `no key ${signers.join(', ')} is known on this machine`
        : `the keyring has no key ${signers.join(', ')}, by which it is to be signed`,
      { hint: `${keyring === undefined ? `${looked} ` : ''}${giveKeys(remedy, 'that key')}`, judgedBy: keyFields },
    );
  return { keys, expiredKeys, now: new Date(now()), ...(signers === undefined ? {} : { signers }) };
}

async function byMinisign(given: string, what: KeysNamed, at: Surroundings): Promise<SignatureJudge> {
  const { checkMinisign, minisignKeys, verifyMinisign } = await import('../../transfer/trust/minisign.ts');
  const { minisignKey } = await import('./keyring.ts');
  const keys = minisignKeys(await minisignKey(given, what, at.home));
  const { noted, proved } = memoryOfSigners(at);
  return {
    assurance: 'signature',
    proved,
    clearSigned: (_document, name) =>
      Promise.reject(
        integrityError(`${name} has no minisign signature in it`, { hint: 'Use gpg:KEYRING for a clear-signed file.' }),
      ),
    detached: async (data, signature, name) => noted(verifyMinisign(data, signature, name, keys), name),
    async check(signature, name) {
      const check = checkMinisign(signature, name, keys);
      return { update: (chunk) => check.update(chunk), verdict: () => noted(check.verdict(), name) };
    },
  };
}

const inField = { what: 'keyring in the profile', remedy: 'keyring in the profile' } as const;

/** Where `--verify` names keys, or could; what keys it does not name are those of the profile. */
export function whereNamed(demand: Demand): Pick<Trust, 'what' | 'remedy'> {
  if (demand.by === 'minisign') return { what: '--verify minisign:FILE', remedy: '--verify minisign:FILE' };
  const isNamed = demand.by === 'gpg' && demand.keyring !== undefined;
  return { what: isNamed ? '--verify gpg:FILE' : 'keyring in the profile', remedy: '--verify gpg:FILE' };
}

/** The fields by which an account judges. */
type Values = Readonly<Record<string, string | Secret>>;

/**
 * By what an account judges, by the fields of its profile; `asked` (`--verify`) wins over the profile's `verify`, and keys that it names
 * over those of the profile. Absent for a driver that declares no `verify`. Throws CONFIG, and USAGE for what was asked.
 */
export function trustOf({
  fields,
  values,
  profile,
  asked,
}: {
  fields: Fields;
  values: Values;
  profile: string;
  asked: string | undefined;
}): Trust | undefined {
  if (!('verify' in fields)) return undefined;
  const said = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const wrong = (what: string): ImgctlError =>
    configError(`${profile}: signer: ${what} is no fingerprint of 40 or 64 hexadecimal digits`);
  const inProfile = (message: string, more: object = {}): ImgctlError => configError(`${profile}: ${message}`, more);
  const demand =
    asked === undefined ? demandFrom(said('verify') ?? 'auto', 'verify', inProfile) : demandFrom(asked, '--verify', usageError);
  const named = demand.by === 'gpg' ? demand : undefined;
  return {
    demand,
    ...(asked === undefined ? inField : whereNamed(demand)),
    keyring: named?.keyring ?? said('keyring'),
    signers: named?.signers ?? (named?.keyring === undefined ? signersFrom(said('signer'), wrong) : undefined),
    expiredKeys: said('expiredKeys') === 'accept' ? 'accept' : 'refuse',
  };
}
