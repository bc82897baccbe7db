import { defineDriver } from '../../core/driver.ts';
import { AwsClient } from './client.ts';
import { create } from './create.ts';
import { deactivate } from './deactivate.ts';
import { remove } from './delete.ts';
import { discover } from './discover.ts';
import { download } from './download.ts';
import { protectedError } from './fields.ts';
import { imageId } from './images.ts';
import { jobs } from './jobs.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { places } from './places.ts';
import { probe } from './probe.ts';
import { projection } from './projection.ts';
import { reactivate } from './reactivate.ts';
import { replicate } from './replicate.ts';
import { restore } from './restore.ts';
import { share } from './share.ts';
import { show } from './show.ts';
import { upload } from './upload.ts';
import { uses } from './uses.ts';

export default defineDriver({
  name: 'aws',
  title: 'AWS (EC2 images)',
  docs: 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html',
  profile: {
    region: { help: 'Region, several as a,b, or all; default: as the tools of AWS say' },
    awsProfile: { help: 'Profile in the files of AWS (~/.aws) whose credentials are used' },
    accessKeyId: { help: 'ID of an access key; default: whatever the tools of AWS would use' },
    secretAccessKey: { help: 'Secret of that key', secret: true },
    sessionToken: { help: 'Session token, where the key is one of a session', secret: true, rare: true },
    roleArn: { help: 'Role to take on with these credentials', rare: true },
    externalId: { help: 'External ID that the role asks for', rare: true },
    endpoint: { help: 'Address of all services, such as that of a test server', rare: true },
    kmsKeyId: { help: 'ARN of the key that new images are encrypted with', rare: true },
    useFips: { help: 'true: addresses that are certified (FIPS 140)', choices: ['true', 'false'], rare: true },
    channelParameter: {
      help: 'Parameter of the Systems Manager that follows each channel: /imgctl/channels/{{name}}/{{channel}}; default: none',
      rare: true,
    },
    useDualstack: { help: 'true: addresses that have IPv6 too', choices: ['true', 'false'], rare: true },
  },
  example: '--set awsProfile=default --set region=eu-central-1',
  setup: {
    variables: {
      'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN': 'keys',
      'AWS_PROFILE, AWS_DEFAULT_PROFILE': 'profile in the files of AWS',
      'AWS_REGION, AWS_DEFAULT_REGION': 'region',
      'AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE': 'paths of the files of AWS',
      'AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME': 'role that a token of somebody else vouches for',
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI': 'where a container gets its keys',
      'AWS_CONTAINER_AUTHORIZATION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE': 'what it asks for them with',
      'AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT': 'whether, and where, an instance is asked',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true: no address but the usual ones',
      'AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL_EBS, AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL_STS':
        'addresses of the services',
      'AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT': 'true: other addresses than the usual ones',
    },
    signIn: [
      { title: 'a profile of the AWS command line', needs: ['awsProfile'], may: ['roleArn', 'externalId'] },
      { title: 'access key', needs: ['accessKeyId', 'secretAccessKey'], may: ['sessionToken', 'roleArn', 'externalId'] },
      { title: 'whatever the AWS command line would use', needs: [], may: ['roleArn', 'externalId'] },
    ],
    after: ['region'],
  },
  requestIds: ['x-amzn-requestid', 'x-amz-request-id'],
  ids: imageId,
  connect: (values, tools) => new AwsClient(values, tools),
  jobs,
  operations: {
    list,
    show,
    create,
    patch,
    deactivate,
    reactivate,
    restore,
    delete: remove,
    replicate,
    upload,
    download,
    share,
    places,
    uses,
  },
  absent: {
    purge: 'Nobody can empty the recycle bin of AWS by hand: its retention rule does. delete is all that there is to do.',
    import: 'AWS fetches disks from its own storage (S3) only. upload takes a URL too, and streams it through this machine.',
  },
  irremovable: (image) => (image.protected === true ? protectedError(image.id) : undefined),
  probe,
  projection,
  discover,
});
