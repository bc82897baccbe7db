import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { meeting } from '../support/meeting.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
const names = ['ra', 'rb', 'rc', 'rd', 're', 'rf'];
let under = 0;
let most = 0;
/** Answers nobody until so many ask at once, and a moment later, in which others may come. */
let together = meeting(1);
const server = createServer((_request, response) => {
  under += 1;
  most = Math.max(most, under);
  const answer = (): void => {
    under -= 1;
    response.setHeader('content-type', 'application/json').end('{"data":[],"page":1,"pages":1,"results":0}');
  };
  void together().then(() => setTimeout(answer, 15));
});
beforeEach(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

it.each([
  [['-j', '1'], 1, 1],
  [['-j', '2'], 2, 2],
  [[], 2, 6],
])('a list of several profiles asks as many at once as %j says', async (options, atLeast, atMost) => {
  [under, most] = [0, 0];
  together = meeting(atLeast);
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = Object.assign(
    {},
    ...names.map((name) => profileVariables(name, 'linode', { token: 'made-up', endpoint })),
  ) as Record<string, string>;
  const result = await stage.run(['list', '-p', 'r*', ...options], { env });
  expect(result.exitCode, result.stderr).toBe(0);
  expect(most).toBeGreaterThanOrEqual(atLeast);
  expect(most).toBeLessThanOrEqual(atMost);
});
