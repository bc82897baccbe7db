import { configError } from '../../core/errors.ts';

export type Service = 'ec2' | 'ebs' | 'sts' | 'ssm' | 'portal.sso' | 'oidc';

/** What leads to another address of a service than the usual one. */
export interface Variants {
  readonly fips?: boolean | undefined;
  readonly dualstack?: boolean | undefined;
}

/** A part of the cloud with regions of its own: how they are called, how their addresses end, and what ARNs call it. */
interface Partition {
  readonly name: string;
  readonly regions: RegExp;
  readonly suffix: string;
  /** Of addresses that are reached over IPv6 too. Absent: there are none. */
  readonly dualstack?: string;
}

const partitions: readonly Partition[] = [
  { name: 'aws-cn', regions: /^cn-/, suffix: 'amazonaws.com.cn', dualstack: 'api.amazonwebservices.com.cn' },
  { name: 'aws-us-gov', regions: /^us-gov-/, suffix: 'amazonaws.com', dualstack: 'api.aws' },
  { name: 'aws-eusc', regions: /^eusc-/, suffix: 'amazonaws.eu', dualstack: 'api.amazonwebservices.eu' },
  { name: 'aws-iso', regions: /^us-iso-/, suffix: 'c2s.ic.gov', dualstack: 'api.aws.ic.gov' },
  { name: 'aws-iso-b', regions: /^us-isob-/, suffix: 'sc2s.sgov.gov', dualstack: 'api.aws.scloud' },
  { name: 'aws-iso-e', regions: /^eu-isoe-/, suffix: 'cloud.adc-e.uk', dualstack: 'api.cloud-aws.adc-e.uk' },
  { name: 'aws-iso-f', regions: /^us-isof-/, suffix: 'csp.hci.ic.gov', dualstack: 'api.aws.hci.ic.gov' },
  { name: 'aws', regions: /^/, suffix: 'amazonaws.com', dualstack: 'api.aws' },
];

const partitionOf = (region: string): Partition | undefined => partitions.find(({ regions }) => regions.test(region));

/** Throws CONFIG for what is no region: a dot in it would lead signed requests to another host. */
export function checkRegion(region: string): void {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(region)) return;
  throw configError(`invalid region: ${region}`, { hint: 'Use a region such as eu-central-1.' });
}

/** `us-east-1-fips`, as it was spelled once, means the region, and the addresses that are certified. */
export function splitFips(region: string): { readonly region: string; readonly fips: boolean } {
  const plain = region.replace(/^fips-|-fips$/, '');
  return { region: plain, fips: plain !== region };
}

/** GovCloud's usual addresses of these are certified as they are. */
const certifiedAnyway: readonly Service[] = ['ec2', 'sts', 'ssm'];

/** Where a service is in a region. Throws CONFIG for what is no region. */
export function addressOf(service: Service, region: string, { fips = false, dualstack = false }: Variants = {}): string {
  checkRegion(region);
  const partition = partitionOf(region);
  const suffix = (dualstack ? partition?.dualstack : undefined) ?? partition?.suffix ?? '';
  const isPlain = !fips || (partition?.name === 'aws-us-gov' && !dualstack && certifiedAnyway.includes(service));
  return `https://${service}${isPlain ? '' : '-fips'}.${region}.${suffix}`;
}
