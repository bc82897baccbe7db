import path from 'node:path';
import type { ReadBlocks, SendBlocks } from '../../core/blocks.ts';
import type { Cache, Tools } from '../../core/driver.ts';
import type { Http } from '../../core/http.ts';
import type { Secret } from '../../core/secret.ts';
import { createCache } from '../../host/cache.ts';
import { hasFolder, ownFolder, type Home } from '../../host/paths.ts';
import { createLock } from '../../host/lock.ts';
import type { HttpSettings } from '../../http/settings.ts';
import type { EngineContext } from '../context.ts';
import { tlsSettings } from './tls.ts';

type FieldValues = Readonly<Record<string, string | Secret>>;

/** How many time limits a transfer may pass without a byte: 60 s by default. */
const stallLimits = 2;

/** Runs that have been told that an option turns certificates off: it is said once, however many profiles are opened. */
const told = new WeakSet<EngineContext['settings']>();

/** Whether certificates go unchecked. Each run is told, and by which profile if it is the profile's doing. */
function isInsecure({ settings, warn }: EngineContext, values: FieldValues, profile: string | undefined): boolean {
  if (settings.insecure) {
    if (!told.has(settings)) warn('certificates are not checked (insecure)');
    told.add(settings);
    return true;
  }
  const insecure = values.insecure === 'true';
  if (insecure) warn(`certificates are not checked (insecure in profile ${profile ?? ''})`);
  return insecure;
}

/** An Http by the global options, and by the fields of the profile that every provider has. Throws CONFIG as `tlsSettings` does. */
export async function toolsFor(context: EngineContext, values: FieldValues = {}, profile?: string): Promise<Tools> {
  const { settings, home, version } = context;
  const insecure = isInsecure(context, values, profile);
  const tls = await tlsSettings(context, values);
  const { env } = home;
  const proxies = {
    http: env.HTTP_PROXY ?? env.http_proxy,
    https: env.HTTPS_PROXY ?? env.https_proxy,
    no: env.NO_PROXY ?? env.no_proxy,
  };
  const settingsOfHttp: HttpSettings = {
    userAgent: `imgctl/${version}`,
    redactor: context.redactor,
    timeoutMs: settings.timeoutMs,
    stallMs: settings.timeoutMs * stallLimits,
    proxies: Object.fromEntries(Object.entries(proxies).filter(([, value]) => value)),
    ...(context.trace ? { trace: context.trace } : {}),
    ...tls,
    ...(insecure ? { insecure } : {}),
    // However many profiles are at this end of the work.
    ...(settings.bwlimit === undefined ? {} : { bytesPerSecond: settings.bwlimit, rateSharedBy: settings }),
  };
  const cache = cacheIn(home, () => context.now());
  const lock = createLock({ warn: (message) => context.warn(message) });
  return {
    http: lazyHttp(settingsOfHttp),
    lock,
    sendBlocks,
    readBlocks: readBlocks(settings.concurrencyLimit),
    surroundings: async () =>
      (await import('../../host/environment.ts')).environmentOf(home, settings.region, { signal: context.signal }),
    ...(cache ? { cache } : {}),
  };
}

const sendBlocks: SendBlocks = async (...sent) => (await import('../../transfer/blocks/send-blocks.ts')).sendBlocks(...sent);

/** Blocks that are fetched at once where nobody has asked for fewer: more of them wait for the same network. */
const blocksAtOnce = 4;

const readBlocks = (limit: number): ReadBlocks =>
  async function* (disk, from, to, call) {
    const transfer = await import('../../transfer/blocks/read-blocks.ts');
    yield* transfer.readBlocks(disk, from, to, Math.min(limit, blocksAtOnce), call);
  };

/** Absent where this user has no home. */
function cacheIn(home: Home, now: () => number): Cache | undefined {
  if (!hasFolder('cache', home)) return undefined;
  return createCache(path.join(ownFolder('cache', home), 'documents'), now);
}

/** An Http that is loaded with its first request: what works on files never needs it. */
function lazyHttp(settings: HttpSettings): Http {
  let made: Promise<Http> | undefined;
  const http = (): Promise<Http> => (made ??= import('../../http/index.ts').then((module) => module.createHttp(settings)));
  return {
    request: async (request, call) => (await http()).request(request, call),
    send: async (request, call) => (await http()).send(request, call),
    receive: async (request, call) => (await http()).receive(request, call),
  };
}
