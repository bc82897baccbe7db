import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  416: 'Request Range Not Satisfiable',
};

/** A refusal of Glance's, thrown where it is found out. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** A refusal in the form that the Accept header gets: JSON only for exactly `application/json`, HTML for `*` in it, else text. */
export function refusalAnswer({ status, message, headers }: Refusal, request: Pick<FakeRequest, 'headers'>): FakeAnswer {
  const title = titles[status] ?? 'Error';
  const code = `${status} ${title}`;
  const more = { ...headers, ...(status === 401 ? {} : { 'x-openstack-request-id': `req-${status}` }) };
  const accept = request.headers.accept ?? '';
  if (accept === 'application/json')
    return { status, headers: more, body: { message: `${message}<br /><br />\n\n\n`, code, title } };
  if (/html|\*/.test(accept))
    return {
      status,
      headers: { ...more, 'content-type': 'text/html; charset=UTF-8' },
      body: `<html>\n <head>\n  <title>${code}</title>\n </head>\n <body>\n  <h1>${code}</h1>\n  ${message.replaceAll("'", '&#x27;')}<br /><br />\n\n\n\n </body>\n</html>`,
    };
  return { status, headers: more, body: `${code}\n\n${message}\n\n   ` };
}
