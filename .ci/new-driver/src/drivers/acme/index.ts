import { defineDriver } from '../../core/driver.ts';
import { connect } from './client.ts';
import { list } from './list.ts';
import { probe } from './probe.ts';
import { show } from './show.ts';

export default defineDriver({
  name: 'acme',
  title: 'Acme',
  docs: 'https://docs.acme.example/api/images',
  profile: {
    token: { help: 'API token', secret: true, required: true, env: ['ACME_TOKEN'] },
    endpoint: { help: 'Address of the API', default: 'https://api.acme.example', env: ['ACME_ENDPOINT'], rare: true },
  },
  example: '--set token=env:ACME_TOKEN',
  ids: /^img-[0-9a-f]+$/,
  connect: (values, { http }) => connect(values, http),
  operations: { list, show },
  // Each verb that gets a file goes from here to `operations`. What the provider cannot do stays, with the nearest thing that works.
  absent: {
    create: 'imgctl does not create images at Acme yet. Use its web interface.',
    patch: 'imgctl does not change images at Acme yet. Use its web interface.',
    deactivate: 'imgctl does not deactivate images at Acme yet. Use its web interface.',
    reactivate: 'imgctl does not reactivate images at Acme yet. Use its web interface.',
    delete: 'imgctl does not delete images at Acme yet. Use its web interface.',
    restore: 'imgctl does not restore images at Acme yet. Use its web interface.',
    purge: 'imgctl does not purge images at Acme yet. Use its web interface.',
    replicate: 'imgctl does not replicate images at Acme yet. Use its web interface.',
    upload: 'imgctl does not upload to Acme yet. Use its web interface.',
    download: 'imgctl does not download from Acme yet. Use its web interface.',
    import: 'imgctl does not import to Acme yet. Use its web interface.',
    share: 'imgctl does not share images at Acme yet. Use its web interface.',
    places: 'imgctl does not list regions of Acme yet. Use its web interface.',
    uses: 'imgctl does not ask Acme what uses an image yet. Use its web interface.',
  },
  probe,
});
