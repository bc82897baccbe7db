import { createHash } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import type { Images } from './images.ts';
import { refusal, sync, type Product } from './operations.ts';

type Asked = Readonly<Record<string, string>>;
const etagOf = (alias: object): string => createHash('sha256').update(JSON.stringify(alias)).digest('hex');

/** Aliases: case-sensitive, unique, and gone with their image. */
export function aliasAnswer(
  images: Images,
  { method, headers, body }: FakeRequest,
  rest: readonly string[],
  product: Product,
): FakeAnswer | undefined {
  const name = rest.map(decodeURIComponent).join('/');
  if (method === 'POST' && rest.length === 0) return create(images, JSON.parse(body) as Asked);
  if (rest.length === 0)
    return method === 'GET' ? sync([...images.aliases.keys()].map((each) => `/1.0/images/aliases/${each}`)) : undefined;
  const alias = images.aliases.get(name);
  if (!alias) return refusal(404, 'Image alias not found');
  if (method === 'GET') return sync({ ...alias, name, type: 'virtual-machine' }, { etag: `"${etagOf(alias)}"` });
  const match = headers['if-match']?.replaceAll('"', '');
  if (match !== undefined && match !== etagOf(alias)) return refusal(412, `ETag doesn't match: ${etagOf(alias)} vs ${match}`);
  if (method === 'PATCH' && product === 'lxd') return refusal(500, 'context deadline exceeded');
  if (method === 'PUT' || method === 'PATCH') {
    const { target = '', description = '' } = JSON.parse(body) as Asked;
    const image = images.matching(target);
    if (target === '') return refusal(400, 'The target field is required');
    if (!image) return refusal(404, 'Image not found');
    images.aliases.set(name, { target: image.fingerprint, description });
    return sync({});
  }
  if (method === 'POST') {
    const { name: wanted = '' } = JSON.parse(body) as Asked;
    if (images.aliases.has(wanted)) return refusal(409, `Alias "${wanted}" already exists`);
    images.aliases.delete(name);
    images.aliases.set(wanted, alias);
    return sync(null, {}, 201);
  }
  if (method !== 'DELETE') return refusal(501, 'not implemented');
  images.aliases.delete(name);
  return sync({});
}

function create(images: Images, { name = '', target = '', description = '' }: Asked): FakeAnswer {
  if (name === '' || target === '') return refusal(400, 'name and target are required');
  if (images.aliases.has(name)) return refusal(409, `Alias "${name}" already exists`);
  const image = images.matching(target);
  if (!image) return refusal(404, 'Image not found');
  images.aliases.set(name, { target: image.fingerprint, description });
  return sync(null, {}, 201);
}
