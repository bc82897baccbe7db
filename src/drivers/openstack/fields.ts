import { tlsFields, type Fields, type Values } from '../../core/field.ts';

/** Ways to sign in, by the names that OpenStack's own tools have for them. */
export const authTypes = [
  'password',
  'v3password',
  'token',
  'v3token',
  'v3applicationcredential',
  'v3totp',
  'v3multifactor',
  'v3oidcpassword',
  'v3oidcclientcredentials',
  'v3oidcaccesstoken',
  'admin_token',
  'token_endpoint',
  'none',
] as const;

/** Domain of user and project alike, where they have none of their own. */
export const commonDomain = ['OS_DOMAIN_NAME', 'OS_DOMAIN_ID'] as const;

/** What a second factor and a sign-in at another identity provider (federation) need. */
const otherWays = {
  passcode: { help: 'One-time code (TOTP)', secret: true, env: ['OS_PASSCODE'], rare: true },
  authMethods: { help: 'Methods of v3multifactor, such as v3password,v3totp', env: ['OS_AUTH_METHODS'], rare: true },
  identityProvider: {
    help: 'Identity provider, by the name that Keystone has for it',
    env: ['OS_IDENTITY_PROVIDER'],
    rare: true,
  },
  protocol: { help: 'Protocol of the identity provider, such as openid', env: ['OS_PROTOCOL'], rare: true },
  clientId: { help: 'OpenID Connect client', env: ['OS_CLIENT_ID'], rare: true },
  clientSecret: { help: 'Secret of that client', secret: true, env: ['OS_CLIENT_SECRET'], rare: true },
  openidScope: { help: 'Scope that is asked for (default: openid profile)', env: ['OS_OPENID_SCOPE'], rare: true },
  discoveryEndpoint: { help: "The identity provider's discovery document", env: ['OS_DISCOVERY_ENDPOINT'], rare: true },
  accessTokenEndpoint: {
    help: 'Address that gives access tokens, instead of the one in that document',
    env: ['OS_ACCESS_TOKEN_ENDPOINT'],
    rare: true,
  },
  accessTokenType: {
    help: 'Which token of the answer is sent to Keystone (default: access_token)',
    choices: ['access_token', 'id_token'],
    env: ['OS_ACCESS_TOKEN_TYPE'],
    rare: true,
  },
  accessToken: {
    help: 'Access token of the identity provider, made elsewhere',
    secret: true,
    env: ['OS_ACCESS_TOKEN'],
    rare: true,
  },
} as const satisfies Fields;

/** What a profile says. Which of them sign in together is decided in `credentials.ts`. */
export const fields = {
  host: { help: 'Host of a Platform9 PCD: short for authUrl=https://HOST/keystone/v3' },
  authType: {
    help: 'How to sign in; absent: by what is set (application credential, token, password, in this order)',
    env: ['OS_AUTH_TYPE', 'OS_AUTH_PLUGIN'],
    choices: authTypes,
    rare: true,
  },
  authUrl: { help: 'Keystone, with or without /v3', env: ['OS_AUTH_URL'] },
  username: { help: 'User name', env: ['OS_USERNAME'] },
  userId: { help: 'User by id, instead of name and domain', env: ['OS_USER_ID'], rare: true },
  password: { help: "The user's password", secret: true, env: ['OS_PASSWORD'] },
  userDomain: {
    help: 'Domain of the user: its name, or its id',
    default: 'default',
    env: ['OS_USER_DOMAIN_NAME', 'OS_USER_DOMAIN_ID', ...commonDomain, 'OS_DEFAULT_DOMAIN'],
  },
  project: { help: 'Project by name', env: ['OS_PROJECT_NAME', 'OS_TENANT_NAME'] },
  projectDomain: {
    help: "Domain of the project: its name, or its id (default: the user's)",
    env: ['OS_PROJECT_DOMAIN_NAME', 'OS_PROJECT_DOMAIN_ID', ...commonDomain],
  },
  projectId: { help: 'Project by id', env: ['OS_PROJECT_ID', 'OS_TENANT_ID'] },
  applicationCredentialId: { help: 'Application credential by id', env: ['OS_APPLICATION_CREDENTIAL_ID'] },
  applicationCredentialName: {
    help: 'Application credential by name (with username)',
    env: ['OS_APPLICATION_CREDENTIAL_NAME'],
  },
  applicationCredentialSecret: {
    help: 'Secret of the application credential',
    secret: true,
    env: ['OS_APPLICATION_CREDENTIAL_SECRET'],
  },
  token: { help: 'A token made elsewhere; it cannot be renewed', secret: true, env: ['OS_TOKEN', 'OS_AUTH_TOKEN'] },
  trustId: { help: 'Trust whose project is meant, instead of one of its own', env: ['OS_TRUST_ID'], rare: true },
  ...otherWays,
  region: { help: 'Region whose image service is used', env: ['OS_IMAGE_REGION_NAME', 'OS_REGION_NAME'] },
  interface: {
    help: 'Which address of the catalogue: public, internal or admin',
    default: 'public',
    env: ['OS_IMAGE_INTERFACE', 'OS_INTERFACE', 'OS_ENDPOINT_TYPE'],
  },
  imageEndpoint: {
    help: 'Address of Glance, instead of the one in the catalogue',
    env: ['OS_IMAGE_ENDPOINT_OVERRIDE', 'OS_IMAGE_ENDPOINT'],
  },
  serviceType: {
    help: 'Type of the image service in the catalogue, where it is not image',
    env: ['OS_IMAGE_SERVICE_TYPE'],
    rare: true,
  },
  serviceName: {
    help: 'Name of the image service in the catalogue, where there are several',
    env: ['OS_IMAGE_SERVICE_NAME'],
    rare: true,
  },
  caBundle: { ...tlsFields.caBundle, env: ['OS_CACERT'] },
  clientCert: { ...tlsFields.clientCert, env: ['OS_CERT'] },
  clientKey: { ...tlsFields.clientKey, env: ['OS_KEY'] },
  insecure: { ...tlsFields.insecure, env: ['OS_INSECURE'] },
} as const satisfies Fields;

export type ProfileValues = Values<typeof fields>;
