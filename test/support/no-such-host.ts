import dns from 'node:dns';
import { afterEach, beforeEach, vi } from 'vitest';

/**
 * Call at the top of a file: there is no host whose name ends with `.invalid` (RFC 6761), as a name server says it that answers. Not every machine has one
 * that does.
 */
export function withoutInvalidHosts(): void {
  const { lookup } = dns;
  const asked = (host: string, ...more: readonly unknown[]): unknown => {
    if (!host.endsWith('.invalid')) return Reflect.apply(lookup, dns, [host, ...more]);
    const failure = { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: host };
    const answer = more.at(-1) as (error: Error) => void;
    return setImmediate(() => answer(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), failure)));
  };
  beforeEach(() => void vi.spyOn(dns, 'lookup').mockImplementation(asked as typeof dns.lookup));
  afterEach(() => vi.mocked(dns.lookup).mockRestore());
}
