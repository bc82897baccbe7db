import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { good, notFound, pageOf, refuse } from './answers.ts';
import { filtered } from './filters.ts';
import { beginUpload, changeImage, deleteImage, imagizeDisk, listImages, setRegions } from './images.ts';
import { regions } from './records.ts';
import type { Account } from './state.ts';

/** What may be read without a token. */
const open = /^\/(regions(\/[^/]+)?|images|images\/linode%2F[^/]+)$/;

/**
 * The API: undefined for what no client should ask. A cookie is such a thing, and so is a path that is not exactly
 * as an id with one `%2F` makes it.
 */
export function answerApi(account: Account, request: FakeRequest, store: string): FakeAnswer | undefined {
  account.settle();
  const route = /^\/v4(?:beta)?(\/[^?]*)/.exec(request.path)?.[1];
  if (route === undefined || request.headers.cookie !== undefined) return undefined;
  const { authorization } = request.headers;
  const anonymous = authorization === undefined;
  if (anonymous ? request.method !== 'GET' || !open.test(route) : authorization !== `Bearer ${account.token}`)
    return refuse(401, 'Invalid Token');
  const answer = warned(account, request, dispatch(account, request, route, store, anonymous));
  // A client that kept this would send it to the object store too.
  return answer && { ...answer, headers: { 'x-oauth-scopes': account.scopes, 'set-cookie': 'session=fake', ...answer.headers } };
}

function warned({ warnings }: Account, { method }: FakeRequest, answer: FakeAnswer | undefined): FakeAnswer | undefined {
  if (method === 'GET' || warnings.length === 0 || answer?.status !== 200) return answer;
  return { ...answer, status: 202, body: { ...(answer.body as object), warnings } };
}

function dispatch(
  account: Account,
  request: FakeRequest,
  route: string,
  store: string,
  anonymous: boolean,
): FakeAnswer | undefined {
  switch (`${request.method} ${route}`) {
    case 'GET /profile':
      return good({ username: 'someone', email: 'someone@example.invalid', restricted: false });
    case 'GET /regions':
      return pageOf(regions, request, 1);
    case 'GET /account/events':
      return listEvents(account, request);
    case 'GET /images':
      return listImages(account, request, anonymous);
    case 'POST /images':
      return imagizeDisk(account, request);
    case 'POST /images/upload':
      return beginUpload(account, request, store);
    default:
      return answerImage(account, request, route);
  }
}

function listEvents(account: Account, request: FakeRequest): FakeAnswer {
  if (!account.mayReadEvents) return refuse(403, 'Unauthorized');
  const kept = filtered(account.events, request, 'events');
  return 'refused' in kept ? kept.refused : pageOf(kept.rows, request, 1);
}

function answerImage(account: Account, request: FakeRequest, route: string): FakeAnswer | undefined {
  const [, id, rest] = /^\/images\/([^/]+)(\/regions)?$/.exec(route) ?? [];
  if (id === undefined) return undefined;
  const image = account.images.get(decodeURIComponent(id));
  if (!image) return notFound();
  if (rest) return request.method === 'POST' ? setRegions(account, image, request) : undefined;
  if (request.method === 'GET') return good(structuredClone(image));
  if (request.method === 'PUT') return changeImage(image, request);
  return request.method === 'DELETE' ? deleteImage(account, image, request) : undefined;
}
