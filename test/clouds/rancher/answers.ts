import { randomUUID } from 'node:crypto';
import type { FakeAnswer } from '../../support/fake-server.ts';

/** Names of plain errors are phrases with blanks. From source, 401 recorded. */
const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method not allowed',
  409: 'Conflict',
  500: 'Internal Server Error',
};

const realm = 'Basic realm="Enter API access key and secret key as username and password"';

/** The body of a plain error. */
export function plainError(status: number): FakeAnswer {
  const phrase = phrases[status] ?? 'Error';
  return {
    status,
    body: { id: randomUUID(), type: 'error', links: {}, actions: {}, status, code: phrase, message: phrase, detail: null },
  };
}

/** The body of a failed validation: no message at all. */
export function validationError(code: string, fieldName?: string, status = 422): FakeAnswer {
  const field = fieldName === undefined ? {} : { fieldName };
  return {
    status,
    body: { id: randomUUID(), type: 'error', links: {}, actions: {}, status, code, message: null, detail: null, ...field },
  };
}

export function unauthorized(headers: Readonly<Record<string, string>>): FakeAnswer {
  return { ...plainError(401), ...(headers['x-api-no-challenge'] === 'true' ? {} : { headers: { 'www-authenticate': realm } }) };
}

/** JSON as the server writes it: slashes escaped, type with a charset, a cookie with every answer. */
export function written(answer: FakeAnswer, headers: Readonly<Record<string, string>>): FakeAnswer {
  return {
    status: answer.status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'set-cookie': 'PL=rancher;Path=/',
      ...headers,
      ...answer.headers,
    },
    body: JSON.stringify(answer.body).replaceAll('/', String.raw`\/`),
  };
}
