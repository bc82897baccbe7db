import { defineDriver } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import { basicAuthorization } from '../../core/secret.ts';
import { parseAddress } from './address.ts';
import { RancherClient } from './client.ts';
import { create } from './create.ts';
import { deactivate } from './deactivate.ts';
import { remove } from './delete.ts';
import { discover } from './discover.ts';
import { jobs } from './jobs.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { probe } from './probe.ts';
import { projectsNamed } from './project.ts';
import { purge } from './purge.ts';
import { reactivate } from './reactivate.ts';
import { imageIds } from './record.ts';
import { restore } from './restore.ts';
import { show } from './show.ts';

const records = 'Rancher 1.x keeps records of container images, not disks';

export default defineDriver({
  name: 'rancher',
  title: 'Rancher 1.x (Cattle)',
  docs: 'https://rancher.com/docs/rancher/v1.6/en/api/v2-beta/api-resources/image/',
  profile: {
    url: {
      help: 'URL of the server, of a version or of a project: http://host:8080/v1/projects/1a5',
      required: true,
      env: ['RANCHER_URL', 'CATTLE_URL'],
    },
    accessKey: {
      help: 'Access key of an API key; absent where the server asks for none',
      env: ['RANCHER_ACCESS_KEY', 'CATTLE_ACCESS_KEY'],
    },
    secretKey: {
      help: 'Secret key that belongs to the access key',
      secret: true,
      env: ['RANCHER_SECRET_KEY', 'CATTLE_SECRET_KEY'],
    },
    project: { help: 'Id or name of the project (environment); needed with the key of an account', env: ['RANCHER_ENVIRONMENT'] },
  },
  example: '--set url=http://HOST:8080/v1/projects/1a5 --set accessKey=KEY --set secretKey=env:RANCHER_SECRET_KEY',
  setup: {
    variables: {
      RANCHER_CLIENT_CONFIG: 'path of cli.json',
      'CATTLE_URL, CATTLE_ACCESS_KEY, CATTLE_SECRET_KEY': 'the same as RANCHER_*',
    },
    where: [{ field: 'url', looks: /./ }],
    signIn: [
      { title: 'API key', needs: ['accessKey', 'secretKey'] },
      { title: 'none (a server without access control)', needs: [] },
    ],
    after: ['project'],
  },
  ids: imageIds,
  connect({ url, accessKey, secretKey, project }, { http }) {
    if ((accessKey === undefined) !== (secretKey === undefined))
      throw configError(`${accessKey === undefined ? 'accessKey' : 'secretKey'} is required: an API key has two halves`, {
        hint: 'Set accessKey and secretKey.',
      });
    const authorization =
      accessKey === undefined || secretKey === undefined ? undefined : basicAuthorization(accessKey, secretKey);
    return new RancherClient(http, parseAddress(url, project), authorization);
  },
  jobs,
  operations: { list, show, create, patch, deactivate, reactivate, delete: remove, restore, purge },
  absent: {
    upload: `${records}: there is no data to upload. Push the image to a container registry instead.`,
    download: `${records}: there is no data to download. Pull the image from its container registry instead.`,
    import: `${records}: it fetches no disk from a URL.`,
    replicate: `${records}: its hosts pull an image where they need it, and no place can be chosen.`,
    share: `${records}: whoever is a member of the project sees them, and no other project does.`,
    places: `${records}: they lie in no region or store that could be chosen.`,
    uses: 'Containers name what they run by its Docker reference, and not by the id of an image: the API cannot be asked for those of one.',
  },
  probe,
  owners: async (client, name, call) => (await projectsNamed(client, name, call)).map((id) => ({ id, names: [name] })),
  discover,
});
