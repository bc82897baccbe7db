import path from 'node:path';
import { configError, ImgctlError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { homeFolder, type Home } from '../../host/paths.ts';
import { readSmallFile, type ReadLimits } from '../../host/read-file.ts';
import { codeOf, reasonOf } from '../../host/system-error.ts';
import type { HttpSettings, Pem } from '../../http/settings.ts';
import type { EngineContext } from '../context.ts';

type Values = Readonly<Record<string, string | Secret>>;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'it may not be read by you',
  EISDIR: 'it is a folder',
};

const isPem = (text: string): boolean => text.includes('-----BEGIN ');

/** Reads a file of certificates or keys, or takes PEM that stands there itself (`env:NAME`, `file:PATH`). Throws CONFIG. */
async function pemFrom(given: string, what: string, home: Home, patience: ReadLimits): Promise<Pem> {
  if (isPem(given)) return { text: given, from: what };
  const file = given.startsWith('~/') ? path.join(homeFolder(home), given.slice(2)) : given;
  try {
    // DER is shown by its first byte: latin1 keeps it.
    return { text: (await readSmallFile(file, patience)).toString('latin1'), from: file };
  } catch (cause) {
    if (cause instanceof ImgctlError) throw cause;
    throw configError(`cannot read ${file}: ${reasons[codeOf(cause) ?? ''] ?? reasonOf(cause)}`, {
      hint: `Set ${what} to a file in PEM.`,
      cause,
    });
  }
}

/** A value, and what it is called: the option wins over the profile. */
interface Source {
  readonly given: string;
  readonly what: string;
}

/**
 * What TLS is set to by the global options and by a profile. Of a client certificate that an option names, the key is
 * named by an option too, or stands with it: that of the profile belongs to another one. Throws CONFIG for a file that
 * cannot be read.
 */
export async function tlsSettings(
  { settings, home, signal }: Pick<EngineContext, 'settings' | 'home' | 'signal'>,
  values: Values,
): Promise<Pick<HttpSettings, 'ca' | 'pinned' | 'cert' | 'key' | 'passphrase'>> {
  const option = (given: string | undefined, what: string): Source | undefined => (given ? { given, what } : undefined);
  const field = (name: string): Source | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? { given: value, what: `${name} in the profile` } : undefined;
  };
  const ownCert = option(settings.clientCert, '--client-cert');
  const patience = { signal, ...(settings.timeout === undefined ? {} : { limitMs: settings.timeout }) };
  const sources = {
    ca: option(settings.caBundle, '--ca-bundle') ?? field('caBundle'),
    pinned: field('serverCert'),
    cert: ownCert ?? field('clientCert'),
    key: option(settings.clientKey, '--client-key') ?? (ownCert ? undefined : field('clientKey')),
  };
  const read = await Promise.all(
    Object.entries(sources).map(async ([name, source]) =>
      source ? [[name, await pemFrom(source.given, source.what, home, patience)] as const] : [],
    ),
  );
  const { clientKeyPassphrase } = values;
  return {
    ...Object.fromEntries(read.flat()),
    ...(clientKeyPassphrase instanceof Secret ? { passphrase: clientKeyPassphrase } : {}),
  };
}
