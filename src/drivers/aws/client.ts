import { answerCircumstances } from '../../core/answer-error.ts';
import type { Channel } from '../../core/channel.ts';
import { channelTemplate } from '../../core/channel-template.ts';
import type { Tools } from '../../core/driver.ts';
import type { ApiAnswer, Http } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { configError } from '../../core/errors.ts';
import { Clock } from './clock.ts';
import { findCredentials } from './credentials.ts';
import { splitFips } from './endpoints.ts';
import { regionOfInstance } from './instance-metadata.ts';
import { readSettings, regionsOf, serviceAddress, type AwsValues, type Settings } from './settings.ts';
import { askSigned, type Signer, type ToSign } from './signed-request.ts';
import type { Credentials } from './sigv4.ts';
import { parseXml, rowsIn, textIn, type XmlObject } from './xml.ts';

/** Session keys are had anew so long before they end. */
const renewMs = 5 * 60_000;

/** One action of EC2, in one region. `what` says what is being done. */
export interface Action {
  readonly region: string;
  readonly action: string;
  readonly what: string;
  readonly form?: Readonly<Record<string, string | undefined>>;
  /** Whether doing it twice comes to the same. Default: reading is. */
  readonly repeatable?: boolean;
}

/** Services that are asked with one's own keys. */
type AskedService = 'ec2' | 'ebs' | 'sts' | 'ssm';

const reads = (action: string): boolean => /^(Describe|Get|List)/.test(action);

const given = (form: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(form).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** Texts as the Query API lists them: `Owner.1`, `Owner.2`. */
export const listed = (name: string, values: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(values.map((value, index) => [`${name}.${index + 1}`, value]));

/** Throws CONFIG for what can name no parameter, whatever channel it is made of. */
function checkParameter(template = ''): void {
  const plain = template.replace(/\{\{.*?\}\}/g, 'x');
  if (template === '' || (/^[\w./-]+$/.test(plain) && /^(\/|[^/]*$)/.test(plain) && !/^\/?(aws|ssm)/i.test(plain))) return;
  throw configError(`invalid name of a parameter: ${template}`, {
    hint: 'Use a path that begins with / and neither /aws nor /ssm, such as /imgctl/channels/{{name}}/{{channel}}.',
  });
}

const isAddress = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** One account at AWS, in one region or several. */
export class AwsClient implements Signer {
  readonly http: Http;
  readonly clock = new Clock();
  readonly values: AwsValues;
  readonly cache: Tools['cache'];
  /** What the parameter that follows a channel is called. Absent: none does. */
  readonly channelParameter: ((channel: Channel) => string) | undefined;
  /** In which region images have been seen. */
  readonly regionOf = new Map<string, string>();
  /** Images that were made by this run: nobody may know of them for a while. */
  readonly fresh = new Set<string>();
  readonly #surroundings: Tools['surroundings'];
  readonly #addresses = new Map<string, string>();
  #settings: Promise<Settings> | undefined;
  #regions: Promise<readonly string[]> | undefined;
  #keys: Promise<Credentials> | undefined;

  constructor(values: AwsValues, { http, cache, surroundings }: Pick<Tools, 'http' | 'cache' | 'surroundings'>) {
    if (values.roleArn !== undefined && values.roleArn !== '' && !/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(values.roleArn))
      throw configError(`invalid role: ${values.roleArn}`, {
        hint: 'Use its ARN, such as arn:aws:iam::111122223333:role/images.',
      });
    if (values.endpoint && !isAddress(values.endpoint))
      throw configError(`invalid endpoint: ${values.endpoint}`, { hint: 'Use an address such as http://127.0.0.1:5000.' });
    this.channelParameter = channelTemplate(values.channelParameter || 'none', 'channelParameter');
    checkParameter(values.channelParameter);
    this.values = values;
    this.http = http;
    this.cache = cache;
    this.#surroundings = surroundings;
  }

  settings(): Promise<Settings> {
    this.#settings ??= (async () => readSettings(this.values, await this.#surroundings?.()))();
    return this.#settings;
  }

  async credentials(call: Call): Promise<Credentials> {
    const found = (this.#keys ??= this.#findKeys(call));
    const keys = await found.catch((error: unknown) => {
      if (this.#keys === found) this.#keys = undefined;
      throw error;
    });
    if (keys.expiresAt === undefined || keys.expiresAt - renewMs > this.clock.now().getTime() || this.#keys !== found)
      return keys;
    this.#keys = undefined;
    return this.credentials(call);
  }

  renew(): boolean {
    const { accessKeyId, roleArn } = this.values;
    const canRenew = !accessKeyId || Boolean(roleArn);
    if (canRenew) this.#keys = undefined;
    return canRenew;
  }

  async #findKeys(call: Call): Promise<Credentials> {
    const settings = await this.settings();
    const [region] = regionsOf(settings);
    const at = region === undefined || region === 'all' ? settings.section.region : splitFips(region).region;
    return findCredentials({ settings, http: this.http, clock: this.clock, region: at, call });
  }

  /** The regions that are meant, at least one. Throws CONFIG where nobody has said which. */
  async regions(call: Call): Promise<readonly [string, ...string[]]> {
    const found = (this.#regions ??= this.#findRegions(call));
    const [first, ...more] = await found.catch((error: unknown) => {
      this.#regions = undefined;
      throw error;
    });
    if (first !== undefined) return [first, ...more];
    throw configError('no region is set', {
      hint: 'Set AWS_REGION, or the field region (one, several as a,b, or all), or use --region.',
    });
  }

  /** The region in which new images are made. */
  async home(call: Call): Promise<string> {
    return (await this.regions(call))[0];
  }

  async #findRegions(call: Call): Promise<readonly string[]> {
    const settings = await this.settings();
    const said = regionsOf(settings);
    if (said.length === 0) {
      const own = await regionOfInstance({ settings, http: this.http, call });
      return own === undefined ? [] : [own];
    }
    if (!said.includes('all')) return said;
    const { env, section } = settings;
    const at = [env.AWS_REGION, env.AWS_DEFAULT_REGION, section.region].find(
      (name) => name && name !== 'all' && !name.includes(','),
    );
    const home = at ?? 'us-east-1';
    const body = await this.ec2({ region: home, action: 'DescribeRegions', what: 'listing regions' }, call);
    const names = rowsIn(body.regionInfo).flatMap((row) => textIn(row.regionName) ?? []);
    return [...new Set([...(names.includes(home) ? [home] : []), ...names.sort()])];
  }

  /** Does an action of EC2; gives what the answer holds. Throws what the refusal stands for. */
  async ec2({ region, action, what, form = {}, repeatable = reads(action) }: Action, call: Call): Promise<XmlObject> {
    const request = {
      method: 'POST',
      region,
      service: 'ec2',
      what,
      form: given({ Action: action, Version: '2016-11-15', ...form }),
      repeatable,
      ...(reads(action) ? { harmless: true } : {}),
    } as const;
    const answer = await this.ask(request, '/', call);
    return parseXml(answer.text, what, `${action}Response`, answerCircumstances(answer));
  }

  /** Sends a signed request to a service of a region; `path` begins with a slash. */
  async ask(request: Omit<ToSign, 'url'> & { readonly service: AskedService }, path: string, call: Call): Promise<ApiAnswer> {
    const { url, region } = await this.addressOf(request.service, request.region, path);
    return askSigned(this.http, this, { ...request, region, url }, call);
  }

  /** Where a path of a service is, and the region that requests to it are signed for. Throws CONFIG for what is no region. */
  async addressOf(service: AskedService, region: string, path: string): Promise<{ readonly url: URL; readonly region: string }> {
    const place = `${service} in ${region}`;
    const address = this.#addresses.get(place) ?? serviceAddress(await this.settings(), service, region);
    if (!isAddress(address)) throw configError(`invalid address of ${service}: ${address}`, { hint: 'Check AWS_ENDPOINT_URL.' });
    this.#addresses.set(place, address);
    return { url: new URL(`${address}${path}`), region: splitFips(region).region };
  }
}
