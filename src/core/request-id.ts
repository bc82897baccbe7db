import { ImgctlError } from './errors.ts';
import type { ApiAnswer, Http } from './http.ts';
import type { Answer } from './answer.ts';

/** Headers that name a request where nothing else is said of a server: the usual one, and that of stores that speak S3. */
export const usualRequestIds: readonly string[] = ['x-request-id', 'x-amz-request-id'];

function named<A extends Answer>(answer: A, headers: readonly string[]): A {
  const requestId = headers.map((name) => answer.headers[name]).find((id) => id !== undefined && id !== '');
  return requestId === undefined ? answer : { ...answer, requestId };
}

/** The same answer; that it is no JSON is told with the id of its request. */
function namedJson(answer: ApiAnswer): ApiAnswer {
  const { requestId } = answer;
  if (requestId === undefined) return answer;
  return {
    ...answer,
    json() {
      try {
        return answer.json();
      } catch (error) {
        throw error instanceof ImgctlError ? error.with({ requestId }) : error;
      }
    },
  };
}

/** An Http whose answers carry the id by which their server knows the request: the first of these headers that is there. */
export const withRequestIds = (http: Http, headers: readonly string[]): Http => ({
  request: async (request, call) => namedJson(named(await http.request(request, call), headers)),
  send: async (request, call) => namedJson(named(await http.send(request, call), headers)),
  receive: async (request, call) => named(await http.receive(request, call), headers),
});
