import { providerError } from '../../core/errors.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { awsCode } from './errors.ts';

/** A parameter of the Systems Manager, in one region. */
export interface Parameter {
  readonly name: string;
  readonly region: string;
}

type Operation = 'PutParameter' | 'GetParameter' | 'DeleteParameter' | 'ListTagsForResource';

async function ask(
  client: AwsClient,
  { name, region }: Parameter,
  operation: Operation,
  json: JsonObject,
  call: Call,
): Promise<JsonObject> {
  const isReading = !/^(Put|Delete)/.test(operation);
  const what = `${isReading ? 'reading' : operation === 'PutParameter' ? 'writing' : 'deleting'} the parameter ${name} in ${region}`;
  const answer = await client.ask(
    {
      method: 'POST',
      region,
      service: 'ssm',
      what,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AmazonSSM.${operation}` },
      json,
      repeatable: true,
      ...(isReading ? { harmless: true } : {}),
    },
    '/',
    call,
  );
  const body = answer.text === '' ? {} : answer.json();
  if (!isObject(body)) throw providerError(`${what}: the answer is not a JSON object`);
  return body;
}

/** What a parameter holds. */
export interface ParameterValue {
  readonly value: string;
  /** Every value has a higher one than those before. */
  readonly version: number;
}

/** What a parameter holds; absent: it is not there. */
export async function readParameter(client: AwsClient, at: Parameter, call: Call): Promise<ParameterValue | undefined> {
  try {
    const { Parameter: found } = await ask(client, at, 'GetParameter', { Name: at.name }, call);
    const { Value: value, Version: version } = isObject(found) ? found : {};
    return { value: textIn(value) ?? '', version: Number(version ?? 0) };
  } catch (error) {
    if (awsCode(error) === 'ParameterNotFound') return undefined;
    throw error;
  }
}

/** The value of a tag of a parameter; absent: it has none of that key. */
export async function parameterTag(client: AwsClient, at: Parameter, key: string, call: Call): Promise<string | undefined> {
  const asked = { ResourceType: 'Parameter', ResourceId: at.name };
  const { TagList: tags } = await ask(client, at, 'ListTagsForResource', asked, call);
  const found = Array.isArray(tags) ? tags.filter(isObject).find((tag) => tag.Key === key) : undefined;
  return found && textIn(found.Value);
}

/** AWS looks at the id of an image behind its answer, and tells nobody where it does not take it. */
const seenMs = 120_000;

/**
 * Lets a parameter hold the id of an image, of the type that templates of instances resolve. `tag`: it is new, and gets it; else it is
 * there. Oddity: tags are taken only with the first value.
 */
export async function writeParameter(
  client: AwsClient,
  at: Parameter,
  image: string,
  tag: { readonly Key: string; readonly Value: string } | undefined,
  call: Call,
): Promise<void> {
  const how = tag ? { Tags: [tag] } : { Overwrite: true };
  const value = { Name: at.name, Type: 'String', DataType: 'aws:ec2:image', Value: image };
  const { Version: version } = await ask(client, at, 'PutParameter', { ...value, ...how }, call);
  // A later one is somebody else's, who has come after.
  const isTaken = async (): Promise<true | undefined> =>
    ((await readParameter(client, at, call))?.version ?? 0) >= Number(version ?? 1) || undefined;
  await call.until(`the parameter ${at.name} to lead to ${image}`, isTaken, seenMs);
}

/** What is gone already is left. */
export async function deleteParameter(client: AwsClient, at: Parameter, call: Call): Promise<void> {
  try {
    await ask(client, at, 'DeleteParameter', { Name: at.name }, call);
  } catch (error) {
    if (awsCode(error) !== 'ParameterNotFound') throw error;
  }
}
