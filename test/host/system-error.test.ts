import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { localError } from '../../src/core/errors.ts';
import { systemFailure } from '../../src/host/system-error.ts';
import { printError } from '../../src/ui/error-message.ts';
import { fakeIo } from '../support/fake-io.ts';

function systemError(code: string, syscall: string, more: object = {}): Error {
  const errno = -((constants.errno as Readonly<Record<string, number>>)[code] ?? 3008);
  return Object.assign(new Error(`${code}: something, ${syscall}`), { code, errno, syscall, ...more });
}

const toMachines = 'ECONNREFUSED ECONNRESET ETIMEDOUT EHOSTUNREACH ENETUNREACH EADDRNOTAVAIL ENOTFOUND EAI_AGAIN'.split(' ');

const ofMachines = /^(ECONN|ENET|EHOST|EADDR|EPROTO|ENOTCONN|ETIMEDOUT)/;

describe('a failure of the system that nobody foresaw', () => {
  it.each(Object.keys(constants.errno).filter((code) => !ofMachines.test(code)))('%s of a file is no bug: 14', async (code) => {
    const io = fakeIo({});
    const error = systemError(code, 'fsync', { path: '/srv/disk.raw' });
    expect(await printError(error, { json: false, debug: false }, io)).toBe(14);
    expect(io.err).toMatch(/^imgctl: cannot fsync \/srv\/disk\.raw: /);
  });

  it.each(toMachines)('%s is the network’s: 9', async (code) => {
    const io = fakeIo({});
    expect(await printError(systemError(code, 'connect'), { json: false, debug: false }, io)).toBe(9);
  });

  it('says what failed, on what and why', () => {
    const renamed = systemError('EIO', 'rename', { path: '/a', dest: '/b' });
    expect(systemFailure(renamed)).toMatchObject({ code: 'LOCAL', message: 'cannot rename /b: i/o error' });
    expect(systemFailure(systemError('EMFILE', 'open', { path: '/a' }))?.message).toBe('cannot open /a: too many open files');
    expect(systemFailure(systemError('ENOSPC', 'write'))?.message).toBe('cannot write: no space left on device');
  });

  it('is also a thread that cannot be started', () => {
    const error = Object.assign(new Error('Worker initialization failure: EMFILE'), { code: 'ERR_WORKER_INIT_FAILED' });
    expect(systemFailure(error)?.message).toBe('cannot start a thread: Worker initialization failure: EMFILE');
    expect(systemFailure(systemError('EDQUOT', 'fsync'))?.message).toBe('cannot fsync: disk quota exceeded');
  });

  it('is not what the program does wrong, nor what was foreseen', () => {
    for (const error of [new TypeError('x is undefined'), 'text', undefined, localError('x')])
      expect(systemFailure(error)).toBeUndefined();
    expect(systemFailure(Object.assign(new TypeError('bad'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined();
  });
});
