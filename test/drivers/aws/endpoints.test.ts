import { describe, expect, it } from 'vitest';
import { addressOf, splitFips } from '../../../src/drivers/aws/endpoints.ts';
import { regionsOf, serviceAddress, type Settings } from '../../../src/drivers/aws/settings.ts';

describe('the address of a service', () => {
  it.each([
    ['ec2', 'us-east-1', {}, 'https://ec2.us-east-1.amazonaws.com'],
    ['ebs', 'eu-west-1', { fips: true }, 'https://ebs-fips.eu-west-1.amazonaws.com'],
    ['ec2', 'us-east-1', { dualstack: true }, 'https://ec2.us-east-1.api.aws'],
    ['ec2', 'us-east-1', { fips: true, dualstack: true }, 'https://ec2-fips.us-east-1.api.aws'],
    ['ebs', 'cn-north-1', {}, 'https://ebs.cn-north-1.amazonaws.com.cn'],
    ['ec2', 'cn-north-1', { dualstack: true }, 'https://ec2.cn-north-1.api.amazonwebservices.com.cn'],
    ['ec2', 'us-gov-west-1', { fips: true }, 'https://ec2.us-gov-west-1.amazonaws.com'],
    ['ebs', 'us-gov-west-1', { fips: true }, 'https://ebs-fips.us-gov-west-1.amazonaws.com'],
    ['sts', 'eusc-de-east-1', {}, 'https://sts.eusc-de-east-1.amazonaws.eu'],
    ['ec2', 'us-iso-east-1', {}, 'https://ec2.us-iso-east-1.c2s.ic.gov'],
    ['ec2', 'us-isob-east-1', {}, 'https://ec2.us-isob-east-1.sc2s.sgov.gov'],
    ['ec2', 'us-isof-south-1', {}, 'https://ec2.us-isof-south-1.csp.hci.ic.gov'],
  ] as const)('%s in %s %o', (service, region, variants, address) => {
    expect(addressOf(service, region, variants)).toBe(address);
  });

  it.each(['evil.example', 'us-east-1.evil', 'a/b', 'a@b', '', 'US-EAST-1', '-a'])('is none for the region %j', (region) => {
    expect(() => addressOf('ec2', region)).toThrow(expect.objectContaining({ code: 'CONFIG' }) as Error);
  });

  it('of a region as it was spelled once is the certified one', () => {
    expect(splitFips('us-east-1-fips')).toEqual({ region: 'us-east-1', fips: true });
  });
});

const settings = (more: Partial<Settings>): Settings => ({
  values: {},
  surroundings: undefined,
  env: {},
  files: { profiles: new Map(), ssoSessions: new Map(), services: new Map(), sources: [] },
  profile: { name: 'default', isNamed: false },
  section: {},
  ...more,
});

describe('what leads elsewhere', () => {
  const services = new Map([['lab', { 'ec2.endpoint_url': 'http://services' }]]);
  const files = { ...settings({}).files, services };
  const section = { services: 'lab', endpoint_url: 'http://section' };
  it.each([
    ['the profile of ours', { values: { endpoint: 'http://own' }, env: { AWS_ENDPOINT_URL: 'http://env' } }, 'http://own'],
    [
      'the variable of the service',
      { env: { AWS_ENDPOINT_URL_EC2: 'http://ec2', AWS_ENDPOINT_URL: 'http://env' } },
      'http://ec2',
    ],
    ['the variable for all, also before a file', { env: { AWS_ENDPOINT_URL: 'http://env' }, files, section }, 'http://env'],
    ['the section of the services', { files, section }, 'http://services'],
    ['the section of the profile', { section: { endpoint_url: 'http://section/' } }, 'http://section'],
    [
      'nothing, where that is switched off',
      { env: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_ENDPOINT_URL: 'http://env' } },
      'https://ec2.eu-west-1.amazonaws.com',
    ],
  ])('is %s', (_what, more, address) => {
    expect(serviceAddress(settings(more), 'ec2', 'eu-west-1')).toBe(address);
  });

  it('is refused beside certified addresses', () => {
    const both = settings({ values: { endpoint: 'http://own' }, env: { AWS_USE_FIPS_ENDPOINT: 'true' } });
    expect(() => serviceAddress(both, 'ec2', 'eu-west-1')).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });
});

describe('the regions that are meant', () => {
  it.each([
    [{ values: { region: 'a-1, b-1,a-1' }, env: { AWS_REGION: 'c-1' } }, ['a-1', 'b-1']],
    [{ env: { AWS_REGION: 'c-1', AWS_DEFAULT_REGION: 'd-1' }, section: { region: 'e-1' } }, ['c-1']],
    [{ env: { AWS_DEFAULT_REGION: 'd-1' }, section: { region: 'e-1' } }, ['d-1']],
    [{ section: { region: 'e-1' } }, ['e-1']],
    [{}, []],
  ])('%o', (more, regions) => {
    expect(regionsOf(settings(more))).toEqual(regions);
  });
});
