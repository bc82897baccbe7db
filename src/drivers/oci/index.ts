import { defineDriver } from '../../core/driver.ts';
import { checkId, ownIds } from '../_oci/ids.ts';
import { connect } from './client.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { discover } from './discover.ts';
import { download } from './download.ts';
import { fields } from './fields.ts';
import { notOursToRemove } from './foreign.ts';
import { isIntact } from './intact.ts';
import { list } from './list.ts';
import { objection } from './mount.ts';
import { patch } from './patch.ts';
import { places } from './places.ts';
import { probe } from './probe.ts';
import { projection } from './projection.ts';
import { replicate } from './replicate.ts';
import { show } from './show.ts';
import { upload } from './upload.ts';

/** Images in a repository of an OCI registry: what the folder of the local store holds, for more than one machine. */
export default defineDriver({
  name: 'oci',
  title: 'OCI registry (distribution, Harbor, zot, GHCR, …)',
  docs: 'https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md',
  profile: fields,
  example:
    '--set registry=registry.example.org --set repository=images/library --set username=me --set password=env:REGISTRY_PASSWORD',
  setup: {
    variables: {
      REGISTRY_AUTH_FILE: 'file with credentials of registries',
      DOCKER_AUTH_CONFIG: 'text of such a file',
      DOCKER_CONFIG: 'folder of config.json',
      XDG_RUNTIME_DIR: 'folder of containers/auth.json',
    },
    where: [{ field: 'registry', looks: /./ }],
    signIn: [
      { title: 'user and password', needs: ['username', 'password'] },
      { title: 'token', needs: ['token'] },
      { title: 'none (what is public)', needs: [] },
    ],
  },
  ids: ownIds,
  idsAreWords: true,
  checkOwnId: checkId,
  connect,
  operations: { list, show, create, patch, delete: remove, upload, download, replicate, places },
  absent: {
    deactivate: 'Whoever may read the repository gets its blobs; a mark in the record would stop nobody.',
    reactivate: 'Nothing can be deactivated in a registry, so there is nothing to reactivate.',
    restore: 'A deleted manifest cannot be brought back by a registry.',
    purge: 'Deleted data goes with the registry’s own garbage collection, which only its operator can run.',
    import: 'A registry does not fetch URLs. upload takes a URL too, and streams it through this machine.',
    share:
      'Who may read a repository is decided in the registry’s own user management, which the distribution specification leaves open.',
    uses: 'A registry does not know who runs what was pulled from it.',
  },
  probe,
  projection,
  discover,
  objection,
  irremovable: notOursToRemove,
  isIntact,
});
