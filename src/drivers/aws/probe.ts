import { ImgctlError } from '../../core/errors.ts';
import type { Identity } from '../../core/identity.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { awsCode } from './errors.ts';
import { objectIn, parseXml, textIn } from './xml.ts';

/** Who signs, as STS says: nobody needs a permission to ask. */
export async function caller(client: AwsClient, call: Call): Promise<{ readonly account: string; readonly arn: string }> {
  const what = 'reading who this is';
  const form = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
  const region = await client.home(call);
  const request = { method: 'POST', region, service: 'sts', what, form, repeatable: true, harmless: true } as const;
  const answer = await client.ask(request, '/', call);
  const result = objectIn(parseXml(answer.text, what, 'GetCallerIdentityResponse').GetCallerIdentityResult);
  return { account: textIn(result.Account) ?? '', arn: textIn(result.Arn) ?? '' };
}

/** Actions that AWS says of whether they were allowed, without doing them: those that need no image. */
const dryRuns: readonly (readonly [action: string, verbs: readonly OperationName[], form: Readonly<Record<string, string>>])[] = [
  ['RegisterImage', ['upload', 'create'], { Name: 'imgctl-check' }],
];

/** Why an action is not allowed; absent: it is, or that cannot be told. */
async function refusal(
  client: AwsClient,
  region: string,
  action: string,
  form: Readonly<Record<string, string>>,
  call: Call,
): Promise<string | undefined> {
  try {
    const request = {
      region,
      action,
      what: `asking whether ${action} is allowed`,
      form: { ...form, DryRun: 'true' },
      repeatable: true,
    };
    await client.ec2(request, call);
    return undefined;
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return awsCode(error) === 'UnauthorizedOperation' ? error.message : undefined;
  }
}

export async function probe(client: AwsClient, call: Call): Promise<Identity> {
  const { account, arn } = await caller(client, call);
  const regions = await client.regions(call);
  const missing: Partial<Record<OperationName, string>> = {};
  for (const [action, verbs, form] of dryRuns) {
    const why = await refusal(client, regions[0], action, form, call);
    if (why !== undefined) for (const verb of verbs) missing[verb] = why;
  }
  return {
    who: arn,
    owner: { id: account, names: ['self'] },
    details: { account, regions: regions.join(', ') },
    missing,
  };
}
