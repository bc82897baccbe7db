import type { FakeAnswer } from '../../support/fake-server.ts';

/** An error as the distribution specification has it. */
export const refusal = (status: number, code: string, message: string, detail?: unknown): FakeAnswer => ({
  status,
  body: { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] },
});

/** What no route is for is answered in plain text. */
export const noRoute: FakeAnswer = { status: 404, body: '404 page not found\n' };
export const notAllowed: FakeAnswer = { status: 405, headers: { allow: 'GET, HEAD' }, body: 'Method not allowed\n' };

/** An error with these words, for the conformance suite. */
export const ociErrorBody = (words: string): string =>
  JSON.stringify({ errors: [{ code: 'SUITE', message: words, detail: {} }] });
