import { afterEach, describe, expect, test } from 'vitest';
import { basicAuthorization, Secret } from '../../src/core/secret.ts';
import { createHttp } from '../../src/http/index.ts';
import { createRedactor } from '../../src/core/redact.ts';
import { shownBody, shownHeaders, shownUrl } from '../../src/http/redact.ts';
import { chunksOf, createServers, failureOf, httpServer, testCall } from './servers.ts';
import { withoutInvalidHosts } from '../support/no-such-host.ts';

const servers = createServers();
afterEach(() => servers.stopAll());
withoutInvalidHosts();

function traced(): { http: ReturnType<typeof createHttp>; lines: string[] } {
  const lines: string[] = [];
  return { lines, http: createHttp({ userAgent: 'imgctl/test', trace: (line) => lines.push(line) }) };
}

test('one line for each request and answer, without the secrets of either', async () => {
  const { origin } = await servers.add(
    httpServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(201, {
          'x-subject-token': 'planted-subject',
          'set-cookie': ['a=planted-cookie', 'b=planted-other'],
          location: 'https://store.example/object?X-Amz-Signature=planted-signature',
          'www-authenticate': 'Bearer realm="here"',
        });
        response.end(
          JSON.stringify({
            upload_to: 'https://store.example/planted-upload',
            user: { password: 'planted-answer' },
            id: 'i-1',
            echo: 'you sent planted-token',
            next: ['planted-subject'],
          }),
        );
      });
    }),
  );
  const { http, lines } = traced();
  await http.request(
    {
      method: 'POST',
      url: `${origin}/v3/auth/tokens?name=x&api_key=planted-query`,
      headers: {
        authorization: basicAuthorization('me', new Secret('planted-password')),
        'x-auth-token': 'planted-plain-header',
        'x-custom': new Secret('planted-token'),
        'x-harmless': 'shown',
      },
      json: {
        auth: { user: { name: 'me', password: new Secret('planted-password') } },
        secret: 'planted-typed',
        clientSecrets: ['planted-listed'],
      },
    },
    testCall(),
  );
  expect(lines).toHaveLength(2);
  expect(lines.join('\n')).not.toContain('planted');
  expect(lines.join('\n')).not.toContain(Buffer.from('me:planted-password').toString('base64'));
  expect(lines[0]).toMatch(
    /^> POST http:\/\/127\.0\.0\.1:\d+\/v3\/auth\/tokens\?name=x&api_key=\[secret\] \(.*x-harmless: shown.*\) \{.*"name":"me"/,
  );
  expect(lines[1]).toMatch(
    /^< 201 POST http.* \d+ ms \(.*www-authenticate: Bearer realm="here".*\) \{.*"id":"i-1".*"you sent \[secret\]"/,
  );
  expect(lines[1]).toContain('location: https://store.example/object?[secret]');
});

test('a URL that is a secret is cut to its host, in bulk too, and what it held is not shown elsewhere', async () => {
  const { origin } = await servers.add(
    httpServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(403, { 'content-type': 'application/xml' });
        response.end(`<Error><StringToSign>planted-signature</StringToSign></Error>`);
      });
    }),
  );
  const { http, lines } = traced();
  const url = `${origin}/bucket/planted-path?X-Amz-Signature=planted-signature`;
  const answer = await http.send({ method: 'PUT', url, secretUrl: true, bytes: chunksOf(1, 10), length: 10 }, testCall());
  expect(answer.url).toBe(`${origin}/[secret]`);
  await (await http.receive({ url, secretUrl: true, range: { from: 5 } }, testCall())).text();
  expect(() => answer.json()).toThrow(/breaks off after|something other than JSON/);
  let message = '';
  try {
    answer.json();
  } catch (error) {
    message = String(error);
  }
  expect(`${message}\n${lines.join('\n')}`).not.toContain('planted');
  expect(lines[0]).toContain(`> PUT ${origin}/[secret] (`);
  expect(lines[0]).toContain('[10 bytes]');
  expect(lines[2]).toContain('[bytes 5-]');
});

test('retries and failures are seen in it', async () => {
  let asked = 0;
  const { origin } = await servers.add(
    httpServer((_request, response) => {
      asked += 1;
      if (asked === 1) response.socket?.destroy();
      else response.end('{}');
    }),
  );
  const { http, lines } = traced();
  await http.request({ method: 'GET', url: origin }, testCall(1));
  expect(lines.map((line) => line[0])).toEqual(['>', '!', '>', '<']);
  await failureOf(http.request({ method: 'GET', url: 'http://no-such-host.invalid' }, testCall()));
  expect(lines.at(-1)).toMatch(/^! GET http:\/\/no-such-host\.invalid\/ \d+ ms no-such-host\.invalid:80 cannot be found/);
});

describe('parts', () => {
  test('a header of each secret kind is masked', () => {
    const secret = {
      Authorization: 'a',
      cookie: 'b',
      'Set-Cookie': 'c',
      'X-Auth-Token': 'd',
      'x-subject-token': 'e',
      'x-amz-security-token': 'f',
      'proxy-authorization': 'g',
    };
    expect(shownHeaders(secret).match(/\[secret\]/g)).toHaveLength(7);
    expect(shownHeaders({ 'content-type': 'a/b', location: '/v2/x' })).toBe('content-type: a/b; location: /v2/x');
  });

  test('a URL is shown without user, password and fragment', () => {
    expect(shownUrl(new URL('https://me:pw@host:8443/a%20b?x=1&token=t&q=ü#frag'))).toBe(
      'https://host:8443/a%20b?x=1&token=[secret]&q=%C3%BC',
    );
    expect(shownUrl(new URL('https://host/p?x'), { secretUrl: true })).toBe('https://host/[secret]');
  });

  test('in JSON, values under telling names are masked at any depth, and their shape is kept', () => {
    expect(
      JSON.parse(
        shownBody(
          '{"token":{"id":"t","expires":"soon"},"accessKey":"k","n":[{"private_key":["a",["b"]]}],"password":null,"tokenValid":true}',
        ),
      ),
    ).toEqual({
      token: { id: 't', expires: 'soon' },
      accessKey: '[secret]',
      n: [{ private_key: ['[secret]', ['[secret]']] }],
      password: null,
      tokenValid: true,
    });
    expect(shownBody('password=hush')).toBe('(13 characters that are not JSON)');
    expect(shownBody(JSON.stringify({ a: 'x'.repeat(5000) })).length).toBeLessThan(2100);
  });

  test('a remembered secret is found in the forms it may come back in', () => {
    const redactor = createRedactor();
    redactor.learn('Bearer s3cr3t/"value"');
    redactor.learn('pass wörd');
    for (const form of [
      'Bearer s3cr3t/"value"',
      's3cr3t/"value"',
      JSON.stringify('s3cr3t/"value"'),
      encodeURIComponent('s3cr3t/"value"'),
      encodeURIComponent('pass wörd'),
      Buffer.from('pass wörd').toString('base64'),
    ])
      expect(redactor.line(`a ${form} b`)).not.toMatch(/s3cr3t|pass|w%C3%B6rd|cGFzcyB3w7ZyZA/);
    redactor.learn('abc');
    expect(redactor.line('alphabet soup: abc')).toBe('alphabet soup: abc');
  });

  test('what a terminal would act on is escaped', () => {
    expect(createRedactor().line('a\u001b[31mb\r\nc\u202ed\u009be\u200bf')).toBe(
      'a\\u001b[31mb\\u000d\\u000ac\\u202ed\\u009be\\u200bf',
    );
  });
});
