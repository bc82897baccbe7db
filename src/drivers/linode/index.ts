import { defineDriver } from '../../core/driver.ts';
import { tlsFields } from '../../core/field.ts';
import { connect } from './client.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { discover } from './discover.ts';
import { unchangeable } from './fields.ts';
import { jobs } from './jobs.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { places } from './places.ts';
import { probe } from './probe.ts';
import { replicate } from './replicate.ts';
import { show } from './show.ts';
import { upload } from './upload.ts';

const noStates = 'A Linode image can be used as long as it exists; there is no state in between.';

export default defineDriver({
  name: 'linode',
  title: 'Linode (Akamai)',
  docs: 'https://techdocs.akamai.com/linode-api/reference/get-images',
  profile: {
    token: {
      help: 'Personal access token; without one, public images and regions can be read',
      secret: true,
      env: ['LINODE_CLI_TOKEN', 'LINODE_TOKEN'],
    },
    region: { help: 'Region in which new images are made' },
    endpoint: {
      help: 'Address of the API',
      default: 'https://api.linode.com',
      env: ['LINODE_CLI_API_HOST', 'LINODE_URL'],
    },
    apiVersion: {
      help: 'Version of the API',
      default: 'v4',
      choices: ['v4', 'v4beta'],
      env: ['LINODE_CLI_API_VERSION', 'LINODE_API_VERSION'],
    },
    caBundle: { ...tlsFields.caBundle, env: ['LINODE_CLI_CA'] },
  },
  example: '--set token=env:LINODE_TOKEN --set region=us-ord',
  setup: {
    variables: {
      LINODE_CLI_CONFIG: 'path of the configuration of linode-cli',
      'LINODE_CLI_API_HOST, LINODE_CLI_API_SCHEME': 'host and scheme of the API',
    },
    where: [{ field: 'endpoint', looks: /./ }],
    signIn: [
      { title: 'token', needs: ['token'] },
      { title: 'none (public images only)', needs: [] },
    ],
    after: ['region'],
  },
  ids: /^(linode|private|shared)\/[^/]+$/,
  connect: (values, { http }) => connect(values, http),
  jobs,
  operations: { list, show, create, patch, delete: remove, replicate, upload, places },
  absent: {
    download: 'The API does not return image data. Deploy a Linode from the image and copy its disk from there.',
    import: 'Linode fetches no URL. upload takes a URL too, and streams it through this machine.',
    deactivate: `${noStates} delete removes it.`,
    reactivate: `${noStates} It is never inactive.`,
    restore: 'A deleted Linode image is gone with all its copies. Upload it again.',
    purge: 'delete already removes a Linode image for good.',
    share:
      'Linode shares images through share groups, a beta that imgctl does not support. Use Cloud Manager, or linode-cli image-sharegroups.',
    uses: 'A disk that was made from an image is a copy and needs it no more. See which Linodes were made from it with linode-cli linodes list.',
  },
  irremovable: ({ id }) => unchangeable(id, 'delete'),
  probe,
  discover,
});
