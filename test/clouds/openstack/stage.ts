import driver from '../../../src/drivers/openstack/index.ts';
import type { ProviderStage } from '../stage.ts';
import { openstackBed } from './bed.ts';
import { openstackCloud } from './index.ts';
import { openstackLines } from './verb-lines.ts';

const secret = `planted-"secret"-4711/ü+x&<'y'> %!*`;
const plain = 'planted-secret-4711-abc';
const authUrl = 'ORIGIN/WAY/v3';
const federated = {
  authUrl,
  project: 'p',
  identityProvider: 'i',
  protocol: 'p',
  clientId: 'c',
  accessTokenEndpoint: 'ORIGIN/WAY/tokens',
};
const page = (words: string): string => `<html><head><title>404</title></head><body>${words}</body></html>`;
/** What clouds.yaml calls the fields. */
const authKeys = {
  auth_url: 'authUrl',
  username: 'username',
  password: 'password',
  project_name: 'project',
  project_id: 'projectId',
  user_domain_name: 'userDomain',
  project_domain_name: 'projectDomain',
  token: 'token',
  application_credential_id: 'applicationCredentialId',
  application_credential_name: 'applicationCredentialName',
  application_credential_secret: 'applicationCredentialSecret',
};
const all = (names: readonly string[], value: string): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, value]));

export const openstackStage: ProviderStage = {
  driver,
  // By default only administrators copy images between stores.
  cloud: openstackCloud('root'),
  beds: {
    openstack: (identity) => openstackBed('demo', identity),
    'openstack, administrator': (identity) => openstackBed('root', identity),
  },
  verbLines: openstackLines,
  plantedSecrets: [
    { authUrl, username: 'me', password: secret, project: 'p', userDomain: 'd' },
    { authUrl, applicationCredentialId: 'id', applicationCredentialSecret: secret },
    { imageEndpoint: 'ORIGIN/WAY', token: plain },
    { authUrl, authType: 'v3totp', username: 'me', userDomain: 'd', project: 'p', passcode: 'planted-passcode-4711' },
    { ...federated, authType: 'v3oidcpassword', username: 'me', password: secret, clientSecret: secret },
    { ...federated, authType: 'v3oidcaccesstoken', accessToken: plain },
  ],
  hostileRecord: {
    texts: ['name', 'owner', 'description', 'os_distro', 'disk_format'],
    others: [
      'size',
      'virtual_size',
      'min_disk',
      'min_ram',
      'tags',
      'created_at',
      'updated_at',
      'status',
      'visibility',
      'protected',
      'stores',
      'checksum',
      'name',
    ],
  },
  samples: { place: 'cheap', account: { username: 'u', password: 'p', project: 'p', clientId: 'c' } },
  wire: {
    notFound: [
      '{"message":"No image found with ID x<br /><br />\\n\\n\\n","code":"404 Not Found","title":"Not Found"}',
      '{"error":{"code":404,"message":"No such thing.","title":"Not Found"}}',
      '<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  No image found with ID x<br /><br />\n\n\n\n </body>\n</html>',
      '404 Not Found\n\nFailed to find image x to delete\n\n   ',
      page('Failed to find image x'),
      page('The resource could not be found.'),
      '{"message":"Image x could not be found, or does not exist"}',
    ],
    noList: '{"message":"The resource could not be found.<br /><br />","code":"404 Not Found","title":"Not Found"}',
    endless: {
      isList: (path) => /\/v2\/images\?/.test(path),
      rows: 'images',
      next: (n) => ({ body: { next: `/v2/images?marker=m${n}` } }),
      emptyIsLast: 'Glance names a next page wherever a page is full; an empty one is the end',
    },
    isSignIn: ({ path }) => path.includes('/auth/tokens'),
    sends: ({ method, path }) => method === 'PUT' && path.endsWith('/file'),
    fetches: ({ method, path }) => method === 'GET' && path.endsWith('/file'),
    address: { field: 'authUrl', written: (origin) => `${origin}/v3` },
    behind: (origin) => ({ imageEndpoint: `${origin}/image` }),
    foreignFile: {
      path: '.config/openstack/clouds.yaml',
      name: 'dev',
      content(value) {
        const auth = all(Object.keys(authKeys), value);
        return JSON.stringify({
          clouds: { dev: { auth, region_name: value, interface: value, image_endpoint_override: value } },
        });
      },
      fields: (value) => all([...Object.values(authKeys), 'region', 'interface', 'imageEndpoint'], value),
    },
  },
};
