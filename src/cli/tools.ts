import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Tools } from '../core/driver.ts';
import { configError } from '../core/errors.ts';
import type { Http } from '../core/http.ts';
import type { Secret } from '../core/secret.ts';
import { createCache } from '../host/cache.ts';
import { ownFolder } from '../host/folders.ts';
import { createLock } from '../host/lock.ts';
import type { HttpSettings } from '../http/settings.ts';
import type { Surface } from './context.ts';

type FieldValues = Readonly<Record<string, string | Secret>>;

/** How many time limits a transfer may pass without a byte: 60 s by default. */
const stallLimits = 2;
/** An Http by the global options, and by the profile's own `caBundle` and `insecure` where it has them. */
export async function toolsFor(surface: Surface, values: FieldValues = {}): Promise<Tools> {
  const { settings, home, version } = surface;
  const insecure = settings.insecure === true || values.insecure === 'true';
  if (insecure) surface.warn('certificates are not checked (insecure)');
  const pem = async (file: string | Secret | undefined): Promise<string | undefined> =>
    typeof file === 'string'
      ? readFile(file, 'utf8').catch((cause: unknown) => Promise.reject(configError(`cannot read ${file}`, { cause })))
      : undefined;
  const [ca, cert, key] = await Promise.all([
    pem(settings.caBundle ?? values.caBundle),
    pem(settings.clientCert),
    pem(settings.clientKey),
  ]);
  const { env } = home;
  const proxies = {
    http: env.HTTP_PROXY ?? env.http_proxy,
    https: env.HTTPS_PROXY ?? env.https_proxy,
    no: env.NO_PROXY ?? env.no_proxy,
  };
  const settingsOfHttp: HttpSettings = {
    userAgent: `imgctl/${version}`,
    redactor: surface.redactor,
    timeoutMs: settings.timeoutMs,
    stallMs: settings.timeoutMs * stallLimits,
    proxies: Object.fromEntries(Object.entries(proxies).filter(([, value]) => value)),
    ...(settings.debug ? { trace: (line: string) => surface.progress.line(line) } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(insecure ? { insecure } : {}),
    ...(settings.bwlimit === undefined ? {} : { bytesPerSecond: settings.bwlimit }),
  };
  const cache = createCache(path.join(ownFolder('cache', home), 'documents'), () => surface.io.now());
  return { http: lazyHttp(settingsOfHttp), lock: createLock(), cache };
}

/** An Http that is loaded with its first request: what works on files never needs it. */
function lazyHttp(settings: HttpSettings): Http {
  let made: Promise<Http> | undefined;
  const http = (): Promise<Http> => (made ??= import('../http/index.ts').then((module) => module.createHttp(settings)));
  return {
    request: async (request, call) => (await http()).request(request, call),
    send: async (request, call) => (await http()).send(request, call),
    receive: async (request, call) => (await http()).receive(request, call),
  };
}
