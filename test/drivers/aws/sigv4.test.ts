import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { sha256, sign } from '../../../src/drivers/aws/sigv4.ts';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY') };
const at = new Date('2026-11-28T09:30:05Z');
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const ec2 = 'https://ec2.eu-central-1.amazonaws.com/';
const ebs = 'https://ebs.us-east-1.amazonaws.com';

/** Signatures that three signers of the vendor's agree on. */
const vectors = [
  {
    of: 'a form',
    request: { method: 'POST', url: ec2, headers: form },
    body: 'Action=DescribeImages&Version=2016-11-15&Owner.1=self&IncludeDisabled=true&IncludeDeprecated=true&MaxResults=1000',
    scope: { region: 'eu-central-1', service: 'ec2' },
    signed: 'content-type;host;x-amz-date',
    signature: '9efe572a19ae16e3e7bbb12a1a389e43307df8a1fc9518e268a163b3948e88be',
  },
  {
    of: 'a session, whose token is signed too',
    request: { method: 'POST', url: ec2, headers: form },
    token: 'IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVz+/=',
    body: 'Action=DescribeImages&Version=2016-11-15&Owner.1=self',
    scope: { region: 'eu-central-1', service: 'ec2' },
    signed: 'content-type;host;x-amz-date;x-amz-security-token',
    signature: '2899e8d255cb6d1bece0aa6d32d3e5b15a9ff34303f141a17080bc78f5191d94',
  },
  {
    of: 'JSON',
    request: { method: 'POST', url: `${ebs}/snapshots`, headers: { 'content-type': 'application/json' } },
    body: '{"VolumeSize":1,"Timeout":60,"ClientToken":"00000000-0000-4000-8000-000000000005"}',
    scope: { region: 'us-east-1', service: 'ebs' },
    signed: 'content-type;host;x-amz-date',
    signature: 'a5dbc5980a7cc57f902b2a86f539c4c7413e17073d3cbd2782eedc7016347667',
  },
  {
    of: 'a query with signs that are encoded once',
    request: {
      method: 'GET',
      url: `${ebs}/snapshots/snap-0123456789abcdef0/blocks/7?blockToken=AAABAQ%2F%2Bblock%3D%3D`,
      headers: {},
    },
    body: '',
    scope: { region: 'us-east-1', service: 'ebs' },
    signed: 'host;x-amz-date',
    signature: '66d533ebf5bd79eb1389835d6d64f8067b3cab75fd0f34c101c3117e62c61bff',
  },
  {
    of: 'headers of Amazon’s own, at a port that is not the usual one',
    request: {
      method: 'POST',
      url: 'http://127.0.0.1:30021/snapshots/completion/snap-0123456789abcdef0',
      headers: {
        'x-amz-ChangedBlocksCount': '1',
        'x-amz-Checksum': 'SV/e6g43nxpU1TELkq8HBEiUDZwfTQED9uEckk73Z0k=',
        'x-amz-Checksum-Algorithm': 'SHA256',
        'x-amz-Checksum-Aggregation-Method': 'LINEAR',
      },
    },
    body: '',
    scope: { region: 'us-east-1', service: 'ebs' },
    signed: 'host;x-amz-changedblockscount;x-amz-checksum;x-amz-checksum-aggregation-method;x-amz-checksum-algorithm;x-amz-date',
    signature: '2fdac8649bcea41aa8b7f532437fc3f3a5623406a960d079b8cfb0547d1b0a7c',
  },
] as const;

describe('a signature', () => {
  it.each(vectors)('of $of is that of the vendor’s clients', ({ request, body, scope, signed, signature, ...more }) => {
    const credentials = 'token' in more ? { ...key, sessionToken: new Secret(more.token) } : key;
    const unsigned = { ...request, url: new URL(request.url), bodySha256: sha256(body) };
    const { authorization, ...headers } = sign(unsigned, scope, credentials, at);
    expect(headers['x-amz-date']).toBe('20261128T093005Z');
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261128/${scope.region}/${scope.service}/aws4_request, SignedHeaders=${signed}, Signature=${signature}`,
    );
  });

  it('shows neither the secret nor the token', () => {
    const token = new Secret('token-of-a-session');
    const made = sign(
      { method: 'GET', url: new URL(ec2), headers: {}, bodySha256: sha256('') },
      vectors[0].scope,
      { ...key, sessionToken: token },
      at,
    );
    expect(JSON.stringify(made)).not.toMatch(/token-of-a-session|wJalr/);
  });
});
