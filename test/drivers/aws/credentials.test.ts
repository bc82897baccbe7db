import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostEnvironment } from '../../../src/core/driver.ts';
import { ImgctlError } from '../../../src/core/errors.ts';
import driver from '../../../src/drivers/aws/index.ts';
import { splitCommand } from '../../../src/drivers/aws/credential-process.ts';
import { parseSections } from '../../../src/drivers/aws/shared-files.ts';
import { testCall } from '../../conformance/stage.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest, type FakeServer } from '../../support/fake-server.ts';
import { openSession } from '../../support/open-session.ts';

const end = '2090-01-01T00:00:00Z';
let server: FakeServer;
beforeAll(async () => {
  server = await startFakeServer(answer);
});
afterAll(() => server.stop());

const json = (body: object, status = 200): FakeAnswer => ({ status, headers: { 'content-type': 'application/json' }, body });
const keysOf = (id: string) => ({ AccessKeyId: id, SecretAccessKey: 's', Token: 't', Expiration: end });

/** STS, the metadata of an instance, a container and IAM Identity Center, each with keys of another name. */
function answer({ method, url, headers, body }: FakeRequest): FakeAnswer {
  const path = url.pathname;
  if (path === '/latest/api/token') return { status: method === 'PUT' ? 200 : 405, body: 'METADATA' };
  if (path.startsWith('/latest/')) {
    if (headers['x-aws-ec2-metadata-token'] !== 'METADATA') return { status: 401 };
    if (path.endsWith('/security-credentials/')) return { status: 200, body: 'images-role' };
    if (path.endsWith('/images-role')) return json(keysOf('ASIAINSTANCE'));
    return path.endsWith('/placement/region') ? { status: 200, body: 'ca-west-1' } : { status: 404 };
  }
  if (path === '/container') return headers.authorization === 'CONTAINER' ? json(keysOf('ASIACONTAINER')) : json({}, 401);
  if (path === '/federation/credentials') {
    const token = headers['x-amz-sso_bearer_token'];
    if (token !== 'ALIVE' && token !== 'RENEWED') return json({ message: 'Session token not found or invalid' }, 401);
    return json({
      roleCredentials: { accessKeyId: `ASIASSO${token}`, secretAccessKey: 's', sessionToken: 't', expiration: Date.parse(end) },
    });
  }
  if (path === '/token') return json({ accessToken: 'RENEWED' });
  const form = new URLSearchParams(body);
  const action = form.get('Action') ?? '';
  const signedBy = /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1] ?? 'nobody';
  if (action.startsWith('AssumeRole')) {
    const id = `${signedBy}>${(form.get('RoleArn') ?? '').replace(/^.*\//, '')}${form.get('ExternalId') ?? ''}`;
    const keys = `<AccessKeyId>${id.replace('>', '&gt;')}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${end}</Expiration>`;
    return {
      status: 200,
      body: `<${action}Response><${action}Result><Credentials>${keys}</Credentials></${action}Result></${action}Response>`,
    };
  }
  const who = `<Arn>${signedBy}</Arn><Account>111122223333</Account>`;
  return action === 'GetCallerIdentity'
    ? {
        status: 200,
        body: `<GetCallerIdentityResponse><GetCallerIdentityResult>${who}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
      }
    : { status: 400 };
}

interface Around {
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: string;
  readonly credentials?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly run?: HostEnvironment['run'];
}

/** By which key a request is signed, or why none is. */
async function signer(
  { env = {}, config, credentials, files = {}, run }: Around,
  values: Readonly<Record<string, string>> = {},
): Promise<string> {
  const all: Readonly<Record<string, string | undefined>> = {
    '/home/.aws/config': config,
    '/home/.aws/credentials': credentials,
    ...files,
  };
  const surroundings: HostEnvironment = {
    env: { AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: server.origin, ...env },
    home: '/home',
    configHome: '/home/.config',
    text: async (path) => all[path],
    yaml: () => undefined,
    ini: () => ({}),
    ...(run ? { run } : {}),
  };
  const { session } = openSession(driver, values, { surroundings: async () => surroundings });
  try {
    return (await session.probe(testCall())).who;
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return `${error.code}: ${error.message} ${error.circumstances.hint ?? ''}`;
  }
}

const keys = (id: string): string => `aws_access_key_id = ${id}\naws_secret_access_key = s\n`;
const ofEnv = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's' };
const role = (name: string): string => `role_arn = arn:aws:iam::111122223333:role/${name}\n`;
const process =
  (stdout: string, status = 0, stderr = '') =>
  async () => ({ status, stdout, stderr });
const ssoFile = (key: string): string => `/home/.aws/sso/cache/${createHash('sha1').update(key).digest('hex')}.json`;
const sso =
  '[profile s]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Images\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start#/\nsso_region = eu-central-1\n';
const token = (more: object): string => JSON.stringify({ accessToken: 'ALIVE', expiresAt: end, ...more });

describe('credentials are those that the tools of AWS use', () => {
  const cases: readonly (readonly [
    what: string,
    around: Around,
    signer: string | RegExp,
    values?: Readonly<Record<string, string>>,
  ])[] = [
    ['of the profile of ours', { env: ofEnv }, 'AKIDOWN', { accessKeyId: 'AKIDOWN', secretAccessKey: 's' }],
    ['of variables', { env: ofEnv, credentials: `[default]\n${keys('AKIDFILE')}` }, 'AKIDENV'],
    [
      'of variables, also where a profile is named by another',
      { env: { ...ofEnv, AWS_PROFILE: 'p' }, credentials: `[p]\n${keys('AKIDFILE')}` },
      'AKIDENV',
    ],
    [
      'of a profile that is named by ours',
      { env: ofEnv, credentials: `[p]\n${keys('AKIDFILE')}` },
      'AKIDFILE',
      { awsProfile: 'p' },
    ],
    [
      'none for half a pair',
      { env: { AWS_ACCESS_KEY_ID: 'AKIDENV' }, credentials: `[default]\n${keys('AKIDFILE')}` },
      /^CONFIG: AWS_ACCESS_KEY_ID: .*no secret/,
    ],
    ['of the default profile', { credentials: `[default]\n${keys('AKIDFILE')}` }, 'AKIDFILE'],
    ['of a profile in the other file', { env: { AWS_PROFILE: 'p' }, config: `[profile p]\n${keys('AKIDFILE')}` }, 'AKIDFILE'],
    [
      'of the credentials file first',
      { env: { AWS_PROFILE: 'p' }, config: `[profile p]\n${keys('AKIDCONFIG')}`, credentials: `[p]\n${keys('AKIDFILE')}` },
      'AKIDFILE',
    ],
    [
      'none for a section that is no profile',
      { env: { AWS_PROFILE: 'p' }, config: `[p]\n${keys('AKIDFILE')}` },
      /^CONFIG: there is no AWS profile p/,
    ],
    ['of a name in quotes', { env: { AWS_PROFILE: 'my own' }, config: `[profile "my own"]\n${keys('AKIDFILE')}` }, 'AKIDFILE'],
    [
      'of a role',
      {
        env: { AWS_PROFILE: 'r' },
        config: `[profile r]\n${role('A')}source_profile = b\n`,
        credentials: `[b]\n${keys('AKIDFILE')}`,
      },
      'AKIDFILE>A',
    ],
    [
      'of a chain of roles',
      {
        env: { AWS_PROFILE: 'q' },
        config: `[profile r]\n${role('A')}source_profile = b\n[profile q]\n${role('B')}source_profile = r\n`,
        credentials: `[b]\n${keys('AKIDFILE')}`,
      },
      'AKIDFILE>A>B',
    ],
    [
      'of a role with its own keys',
      { env: { AWS_PROFILE: 'r' }, config: `[profile r]\n${role('A')}source_profile = r\n${keys('AKIDFILE')}` },
      'AKIDFILE>A',
    ],
    [
      'none in a circle',
      {
        env: { AWS_PROFILE: 'r' },
        config: `[profile r]\n${role('A')}source_profile = q\n[profile q]\n${role('B')}source_profile = r\n`,
      },
      /^CONFIG: AWS profiles lead in a circle: r > q > r/,
    ],
    [
      'of a role by variables',
      { env: ofEnv, config: `[profile r]\n${role('A')}credential_source = Environment\n` },
      'AKIDENV>A',
      { awsProfile: 'r' },
    ],
    [
      'none of two sources',
      { config: `[profile r]\n${role('A')}credential_source = Environment\nsource_profile = b\n` },
      /^CONFIG: .*both/,
      { awsProfile: 'r' },
    ],
    [
      'none where a device is wanted',
      { config: `[profile r]\n${role('A')}source_profile = r\nmfa_serial = x\n${keys('AKIDFILE')}` },
      /^AUTH: .*device/,
      { awsProfile: 'r' },
    ],
    [
      'of a role that a profile of ours names',
      { env: ofEnv },
      'AKIDENV>Cx',
      { roleArn: 'arn:aws:iam::111122223333:role/C', externalId: 'x' },
    ],
    [
      'of a program',
      {
        config: '[default]\ncredential_process = keys --now\n',
        run: process(JSON.stringify({ Version: 1, ...keysOf('ASIAPROCESS') })),
      },
      'ASIAPROCESS',
    ],
    [
      'none of a program of another version',
      { config: '[default]\ncredential_process = keys\n', run: process(JSON.stringify({ Version: 2, ...keysOf('X') })) },
      /^AUTH: .*version/,
    ],
    [
      'none that have expired',
      {
        config: '[default]\ncredential_process = keys\n',
        run: process(JSON.stringify({ Version: 1, ...keysOf('X'), Expiration: '2020-01-01T00:00:00Z' })),
      },
      /^AUTH: .*expired/,
    ],
    [
      'none of a program that fails, with what it says',
      { config: '[default]\ncredential_process = keys\n', run: process('', 3, 'log in\u001b[2J first\nmore') },
      /^AUTH: .*exit status 3.*log in\?\[2J first/,
    ],
    [
      'of a token of somebody else',
      {
        env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/W' },
        files: { '/t': 'eyJ.x.y\n' },
      },
      'nobody>W',
    ],
    [
      'of such a token in a profile',
      { config: `[default]\n${role('W')}web_identity_token_file = ~/t\n`, files: { '/home/t': 'eyJ.x.y' } },
      'nobody>W',
    ],
    [
      'of a container',
      {
        env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: '{BASE}/container', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/t' },
        files: { '/t': 'CONTAINER\n' },
      },
      'ASIACONTAINER',
    ],
    [
      'none of a container that is somewhere else',
      { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://192.0.2.7/x' } },
      /^CONFIG: .*not asked for at 192.0.2.7/,
    ],
    ['of the instance', { env: { AWS_EC2_METADATA_DISABLED: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: '{BASE}/' } }, 'ASIAINSTANCE'],
    [
      'none where there are none, with where was looked',
      {},
      /^CONFIG: no AWS credentials were found in variables, files, the container or the instance/,
    ],
    ['of who has signed in', { env: { AWS_PROFILE: 's' }, config: sso, files: { [ssoFile('corp')]: token({}) } }, 'ASIASSOALIVE'],
    [
      'of who had signed in, and can do so without being asked',
      {
        env: { AWS_PROFILE: 's' },
        config: sso,
        files: {
          [ssoFile('corp')]: token({
            expiresAt: '2020-01-01T00:00:00Z',
            refreshToken: 'r',
            clientId: 'c',
            clientSecret: 's',
            registrationExpiresAt: end,
          }),
        },
      },
      'ASIASSORENEWED',
    ],
    [
      'none of who had signed in otherwise',
      { env: { AWS_PROFILE: 's' }, config: sso, files: { [ssoFile('corp')]: token({ expiresAt: '2020-01-01T00:00:00Z' }) } },
      /^AUTH: .*ended Run: aws sso login --profile s/,
    ],
    ['none of who never signed in', { env: { AWS_PROFILE: 's' }, config: sso }, /^AUTH: .*nobody has signed in/],
    [
      'of who has signed in, before keys in the same profile',
      {
        config: `[default]\nsso_start_url = https://x/start\nsso_region = r-1\nsso_account_id = 1\nsso_role_name = R\n${keys('AKIDFILE')}`,
        files: { [ssoFile('https://x/start')]: token({}) },
      },
      'ASIASSOALIVE',
    ],
    [
      'of who has signed in with the vendor’s program',
      { config: '[default]\nlogin_session = me\n', run: process(JSON.stringify({ Version: 1, ...keysOf('ASIALOGIN') })) },
      'ASIALOGIN',
    ],
    [
      'of files elsewhere',
      { env: { AWS_SHARED_CREDENTIALS_FILE: '/c' }, files: { '/c': `[default]\n${keys('AKIDFILE')}` } },
      'AKIDFILE',
    ],
  ];
  it.each(cases.map(([what, around, wanted, values = {}]) => ({ what, around, wanted, values })))(
    '$what',
    async ({ around: { env = {}, ...around }, wanted, values }) => {
      const placed = Object.fromEntries(
        Object.entries(env).map(([name, value]) => [name, value.replace('{BASE}', server.origin)]),
      );
      const got = await signer({ ...around, env: placed }, values);
      if (typeof wanted === 'string') expect(got).toBe(wanted);
      else expect(got).toMatch(wanted);
    },
  );

  it('and the region is that of the instance where nothing else says one', async () => {
    server.forget();
    await signer({ env: { AWS_REGION: '', AWS_EC2_METADATA_DISABLED: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: server.origin } });
    expect(server.requests().at(-1)?.headers.authorization).toContain('/ca-west-1/');
  });
});

describe('the files of AWS', () => {
  it('have comments behind a blank, addresses with the sign for one, and lines that belong to a key', () => {
    const text =
      '\uFEFF; no\r\n[profile p] # no\r\nkey = a#b ; no\r\nURL = https://x/start#/ # no\r\ns3 =\r\n  region = nowhere\r\nregion=eu-west-1\r\n';
    expect(parseSections(text).get('profile p')).toEqual({
      key: 'a#b',
      url: 'https://x/start#/',
      s3: '',
      's3.region': 'nowhere',
      region: 'eu-west-1',
    });
  });

  it('name programs as a shell would have them, without one', () => {
    expect(splitCommand(`/opt/my\\ keys --for "a b" 'c "d"' e\\"f`)).toEqual(['/opt/my keys', '--for', 'a b', 'c "d"', 'e"f']);
  });
});
