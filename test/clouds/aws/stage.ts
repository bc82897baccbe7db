import driver from '../../../src/drivers/aws/index.ts';
import type { ProviderStage } from '../stage.ts';
import { awsBed } from './bed.ts';
import { ec2Error, startAws } from './index.ts';
import { awsLines } from './verb-lines.ts';

/** What is left of a value in XML: texts, in which half a character is none, and lists of them. */
function told(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd');
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? '' : value.flatMap((item) => told(item) ?? []);
  const entries = Object.entries(value).map(([name, item]) => [name, told(item)] as const);
  return entries.length === 0 ? '' : Object.fromEntries(entries);
}

/** What is peculiar to AWS in the tests that walk over all providers. */
export const awsStage: ProviderStage = {
  driver,
  cloud: { wire: true, start: startAws },
  names: 'unique',
  replaces: false,
  beds: { aws: awsBed },
  verbLines: awsLines,
  plantedSecrets: [
    {
      accessKeyId: 'AKIAPLANTED',
      secretAccessKey: 'planted-secret-4711-abc',
      sessionToken: 'planted-token-4711-def',
      region: 'us-east-1',
      endpoint: 'ORIGIN/WAY',
    },
  ],
  hostileRecord: {
    texts: ['name', 'description'],
    others: [
      'imageState',
      'creationDate',
      'architecture',
      'isPublic',
      'imageOwnerId',
      'deprecationTime',
      'deregistrationProtection',
      'tagSet',
      'blockDeviceMapping',
      'stateReason',
      'rootDeviceName',
    ],
    told,
  },
  samples: {
    disk: 'i-0123456789abcdef0',
    place: 'eu-west-1',
    partner: '444455556666',
    account: { region: 'us-east-1', accessKeyId: 'AKIATESTSOFIMGCTL001', secretAccessKey: 'secret-access-key-of-the-tests' },
  },
  wire: {
    notFound: [ec2Error('InvalidAMIID.NotFound', "The image id '[ami-0]' does not exist")],
    isSignIn: () => false,
    // What is one's own, and what others share, are lists of their own.
    atOnce: 2,
    looksAt: ({ method, path }, id) =>
      method === 'GET' && path.includes('Action=DescribeImages&') && path.includes(`ImageId.1=${id}&`),
    sends: ({ method, path }) => method === 'PUT' && path.includes('/blocks/'),
    fetches: ({ method, path }) => method === 'GET' && path.includes('/blocks/'),
    address: { field: 'endpoint', written: (origin) => origin },
    foreignFile: {
      path: '.aws/config',
      name: 'corp',
      env: { AWS_PROFILE: 'corp' },
      content: (value) => `[profile corp]\nregion = ${value}\n`,
      fields: (value) => ({ awsProfile: 'corp', region: value }),
    },
  },
};
