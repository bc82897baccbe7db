import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { refuse } from './refusal.ts';
import type { Caller } from './signature.ts';
import type { Store } from './store.ts';

/** What each operation takes: `!` is needed, `:b` is true or false, `:l` a list; all else is a text. Whatever else is sent is refused. */
const known: Readonly<Record<string, readonly string[]>> = {
  PutParameter: [
    'Name!',
    'Value!',
    'Description',
    'Type',
    'KeyId',
    'Overwrite:b',
    'AllowedPattern',
    'Tags:l',
    'Tier',
    'Policies',
    'DataType',
  ],
  GetParameter: ['Name!', 'WithDecryption:b'],
  DeleteParameter: ['Name!'],
  ListTagsForResource: ['ResourceType!', 'ResourceId!'],
};

type Asked = Readonly<Record<string, unknown>>;
interface Tag {
  readonly Key: string;
  readonly Value: string;
}

const invalid = (words: string): never => refuse('ValidationException', words);
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u;

function checked(operation: string, { data }: FakeRequest): Asked {
  const spec = known[operation] ?? refuse('UnknownOperationException', operation);
  const asked = JSON.parse(data.toString('utf8')) as Asked;
  const kinds = new Map(spec.map((one) => [one.replace(/[!:].*$/, ''), one.split(':')[1] ?? 's']));
  for (const [name, value] of Object.entries(asked)) {
    const kind = kinds.get(name) ?? invalid(`Unknown member ${name}`);
    const isRight = kind === 'b' ? typeof value === 'boolean' : kind === 'l' ? Array.isArray(value) : typeof value === 'string';
    if (!isRight) refuse('SerializationException', `${name}: ${JSON.stringify(value)}`);
  }
  for (const one of spec)
    if (one.endsWith('!') && (asked[one.slice(0, -1)] ?? '') === '') invalid(`1 validation error detected: ${one.slice(0, -1)}`);
  return asked;
}

function checkName(name: string): void {
  if (/^\/?(aws|ssm)/i.test(name)) invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  if (!/^[\w./-]+$/.test(name) || (name.includes('/') && !name.startsWith('/')) || /\/\/|\/$/.test(name))
    invalid('Parameter name must be a fully qualified name.');
  if (name.split('/').length > 16) refuse('HierarchyLevelLimitExceededException', 'at most 15 levels');
}

function put(store: Store, asked: Asked, { region }: Caller): object {
  const { Name: name, Value: value, Type: type, DataType: dataType = 'text', Overwrite: isOverwritten = false } = asked;
  checkName(String(name));
  const key = `${region} ${String(name)}`;
  const there = store.parameters.get(key);
  const tags = (asked.Tags ?? []) as readonly Tag[];
  if (there && isOverwritten !== true)
    refuse(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  if (isOverwritten === true && tags.length > 0)
    invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag.",
    );
  if (!there && !['String', 'StringList', 'SecureString'].includes(String(type))) invalid('A parameter type is required');
  for (const { Key: tag, Value: text, ...more } of tags)
    if (!tagText.test(tag) || !tagText.test(text) || Object.keys(more).length > 0) invalid('Tags');
  const version = (there?.last ?? 0) + 1;
  const isImage = dataType === 'aws:ec2:image';
  const image = [...store.images.values()].find((one) => one.id === value && one.region === region && !one.binnedAt);
  const parameter = there ?? {
    value: undefined,
    version: 0,
    last: 0,
    coming: undefined,
    looks: 0,
    tags: new Map<string, string>(),
  };
  parameter.last = version;
  for (const { Key: tag, Value: text } of tags) parameter.tags.set(tag, text);
  // Oddity: an image is looked for behind the answer, and what is none is dropped without a word.
  parameter.coming = isImage && !image ? undefined : { value: String(value), version };
  parameter.looks = isImage ? store.settings.parameterLooks : 0;
  store.parameters.set(key, parameter);
  return { Version: version, Tier: 'Standard' };
}

/** SSM: parameters of a region, which may hold the id of an image. */
export function ssm(store: Store, request: FakeRequest, caller: Caller): FakeAnswer {
  const [, operation = ''] = /^AmazonSSM\.(\w+)$/.exec(request.headers['x-amz-target'] ?? '') ?? [];
  if (request.headers['content-type'] !== 'application/x-amz-json-1.1') refuse('UnknownOperationException', 'content type', 404);
  const asked = checked(operation, request);
  if (store.settings.deniedParameters.includes(operation))
    refuse(
      'AccessDeniedException',
      `User: arn:aws:iam::${caller.account}:user/tester is not authorized to perform: ssm:${operation}`,
    );
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: { ...act(store, operation, asked, caller) },
  };
}

function act(store: Store, operation: string, asked: Asked, caller: Caller): object {
  if (operation === 'PutParameter') return put(store, asked, caller);
  const name = String(asked.Name ?? asked.ResourceId);
  const key = `${caller.region} ${name}`;
  const found = store.parameters.get(key);
  if (operation === 'ListTagsForResource') {
    if (asked.ResourceType !== 'Parameter') refuse('InvalidResourceType', 'the resource type is not known');
    if (!found) return refuse('InvalidResourceId', 'The resource ID is not valid.');
    return { TagList: [...found.tags].map(([Key, Value]) => ({ Key, Value })) };
  }
  if (found?.coming !== undefined && (found.looks -= 1) < 0) {
    found.value = found.coming.value;
    found.version = found.coming.version;
    found.coming = undefined;
  }
  if (!found || found.value === undefined) return refuse('ParameterNotFound', operation === 'GetParameter' ? '' : name);
  if (operation === 'DeleteParameter') {
    store.parameters.delete(key);
    return {};
  }
  const { value, version } = found;
  const arn = `arn:aws:ssm:${caller.region}:${caller.account}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
  const told = {
    Name: name,
    Type: 'String',
    Value: value,
    Version: version,
    LastModifiedDate: 1764403200.5,
    ARN: arn,
    DataType: 'aws:ec2:image',
  };
  return { Parameter: told };
}
