import { defineDriver } from '../../core/driver.ts';
import type { SignInMethod } from '../../core/field.ts';
import { usualRequestIds } from '../../core/request-id.ts';
import { OpenstackClient } from './client.ts';
import { create } from './create.ts';
import { deactivate } from './deactivate.ts';
import { remove } from './delete.ts';
import { discover } from './discover.ts';
import { download } from './download.ts';
import { fields } from './fields.ts';
import { objection } from './server-side-copy.ts';
import { imports } from './import.ts';
import { jobs } from './jobs.ts';
import { list } from './list.ts';
import { owners } from './owners.ts';
import { patch } from './patch.ts';
import { places } from './places.ts';
import { probe } from './probe.ts';
import { reactivate } from './reactivate.ts';
import { replicate } from './replicate.ts';
import { checkUuid, uuids } from './path-segment.ts';
import { share } from './share.ts';
import { show } from './show.ts';
import { upload } from './upload.ts';
import { uses } from './uses.ts';

/** Ways to sign in for which `authType` has to be set. */
const oidc = ['authType', 'identityProvider', 'protocol'];
const others: readonly SignInMethod[] = [
  { title: 'one-time code', needs: ['authType', 'username', 'passcode'], rare: true },
  { title: 'OpenID Connect password', needs: [...oidc, 'clientId', 'username', 'password'], rare: true },
  { title: 'OpenID Connect client', needs: [...oidc, 'clientId', 'clientSecret'], rare: true },
  { title: 'OpenID Connect access token', needs: [...oidc, 'accessToken'], rare: true },
];

export default defineDriver({
  name: 'openstack',
  title: 'OpenStack (Glance), Platform9 PCD',
  docs: 'https://docs.openstack.org/api-ref/image/v2/',
  profile: fields,
  example:
    '--set authUrl=https://HOST:5000/v3 --set username=ME --set password=env:OS_PASSWORD --set project=PROJECT --set region=REGION',
  setup: {
    accountVariable: 'OS_CLOUD',
    variables: {
      OS_CLOUD: 'the cloud in clouds.yaml',
      OS_CLIENT_CONFIG_FILE: 'path of clouds.yaml',
      OS_SYSTEM_SCOPE: 'must not be set: images belong to a project',
      OS_CLIENT_SECURE_FILE: 'path of secure.yaml',
      OS_CLIENT_VENDOR_FILE: 'path of clouds-public.yaml',
      'OS_ENDPOINT, OS_URL': 'endpoint used without a catalog',
    },
    where: [
      { field: 'authUrl', looks: /^https?:\/\//i },
      { field: 'host', looks: /^[\w.-]+(:\d+)?$/ },
      { field: 'imageEndpoint', looks: /^$/ },
    ],
    signIn: [
      { title: 'password', needs: ['username', 'password'], may: ['userDomain', 'project'] },
      { title: 'application credential', needs: ['applicationCredentialId', 'applicationCredentialSecret'] },
      {
        title: 'application credential by name',
        needs: ['applicationCredentialName', 'applicationCredentialSecret', 'username'],
        may: ['userDomain'],
      },
      { title: 'token', needs: ['token'], may: ['project'] },
      { title: 'password of a user by id', needs: ['userId', 'password'], rare: true },
      { title: 'none', needs: ['authType', 'imageEndpoint'], rare: true },
      ...others,
    ],
  },
  requestIds: ['x-openstack-request-id', ...usualRequestIds],
  ids: uuids,
  checkOwnId: checkUuid,
  connect: (values, { http }) => new OpenstackClient(http, values),
  jobs,
  operations: {
    list,
    show,
    create,
    patch,
    deactivate,
    reactivate,
    delete: remove,
    replicate,
    upload,
    download,
    import: imports,
    share,
    places,
    uses,
  },
  absent: {
    restore: 'A deleted Glance image is gone at once: upload it again.',
    purge: 'Deleting a Glance image removes it for good: there is nothing left to purge.',
  },
  probe,
  owners,
  objection,
  discover,
});
