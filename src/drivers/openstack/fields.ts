import { tlsFields, type Fields, type Values } from '../../core/field.ts';

/** What a profile says. Which of them sign in together is decided in `sign-in.ts`. */
export const fields = {
  host: { help: 'Host of a Platform9 PCD: stands for authUrl=https://HOST/keystone/v3' },
  authUrl: { help: 'Keystone, with or without /v3', env: ['OS_AUTH_URL'] },
  username: { help: 'User name', env: ['OS_USERNAME'] },
  password: { help: "The user's password", secret: true, env: ['OS_PASSWORD'] },
  userDomain: {
    help: 'Domain of the user: its name, or its id',
    default: 'default',
    env: ['OS_USER_DOMAIN_NAME', 'OS_USER_DOMAIN_ID', 'OS_DEFAULT_DOMAIN'],
  },
  project: { help: 'Project by name', env: ['OS_PROJECT_NAME', 'OS_TENANT_NAME'] },
  projectDomain: {
    help: "Domain of the project: its name, or its id (default: the user's)",
    env: ['OS_PROJECT_DOMAIN_NAME', 'OS_PROJECT_DOMAIN_ID'],
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
  region: { help: 'Region whose image service is used', env: ['OS_REGION_NAME'] },
  interface: {
    help: 'Which address of the catalogue: public, internal or admin',
    default: 'public',
    env: ['OS_INTERFACE', 'OS_ENDPOINT_TYPE'],
  },
  imageEndpoint: {
    help: 'Address of Glance, instead of the one in the catalogue',
    env: ['OS_IMAGE_ENDPOINT_OVERRIDE', 'OS_IMAGE_ENDPOINT'],
  },
  caBundle: { ...tlsFields.caBundle, env: ['OS_CACERT'] },
  clientCert: { ...tlsFields.clientCert, env: ['OS_CERT'] },
  clientKey: { ...tlsFields.clientKey, env: ['OS_KEY'] },
  insecure: { ...tlsFields.insecure, env: ['OS_INSECURE'] },
} as const satisfies Fields;

export type ProfileValues = Values<typeof fields>;
