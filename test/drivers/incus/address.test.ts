import { describe, expect, it } from 'vitest';
import { configError, localError, networkError } from '../../../src/core/errors.ts';
import type { ApiRequest, Http } from '../../../src/core/http.ts';
import { addressFrom, anySocket, serverHere, usualSockets } from '../../../src/drivers/incus/address.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';

/** A machine on which these sockets answer in these ways; at all others there is none. */
const machine = (answers: Readonly<Record<string, number | Error>>, asked: string[] = []): Http => ({
  request: ({ socket = '' }: ApiRequest) => {
    asked.push(socket);
    const answer = answers[socket] ?? networkError('no such file', { unsent: true });
    const refused = { status: Number(answer), headers: {}, url: '', text: '', json: () => undefined };
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(refused);
  },
  send: () => Promise.reject(configError('not asked for')),
  receive: () => Promise.reject(configError('not asked for')),
});
const [incus = '', other = '', snap = '', lxd = ''] = usualSockets;

describe('where nothing is said of the server', () => {
  it('the first that answers on this machine is taken, Incus before LXD', async () => {
    const found = async (answers: Readonly<Record<string, number | Error>>) =>
      (await serverHere(machine(answers), testCall())).socket;
    expect(await found({ [lxd]: 200, [snap]: 200, [other]: 200 })).toBe(other);
    expect(await found({ [lxd]: 200, [incus]: 502, [other]: localError('permission denied') })).toBe(lxd);
  });

  it('one that may not be opened is told as that, and none at all with the places that were tried', async () => {
    const forbidden = await failureOf(serverHere(machine({ [incus]: localError('permission denied') }), testCall()), 'LOCAL');
    expect(forbidden.message).toContain('permission denied');
    const asked: string[] = [];
    expect((await failureOf(serverHere(machine({}, asked), testCall()), 'CONFIG')).circumstances.hint).toContain(snap);
    expect(asked).toEqual(usualSockets);
  });
});

it('an address is one of both, or none', () => {
  expect(addressFrom('https://h:8443/', anySocket)).toEqual({ origin: 'https://h:8443' });
  expect(addressFrom(undefined, '/a.socket')).toMatchObject({ socket: '/a.socket' });
  expect(addressFrom(undefined, anySocket)).toBeUndefined();
  expect(() => addressFrom('https://h', '/a.socket')).toThrow('both url and socket');
  expect(() => addressFrom('h:8443', undefined)).toThrow('invalid url');
});
