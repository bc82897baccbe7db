import type { ProvenanceFinding } from '../../core/provenance.ts';
import { defineView } from '../view.ts';

/** What was found when the record of an image was checked: a line for each thing on it. */
export const provenanceView = defineView<ProvenanceFinding>({
  name: 'findings',
  columns: {
    profile: { value: ({ profile }) => profile },
    image: { value: ({ image }) => image, kind: 'id' },
    name: { value: ({ name }) => name },
    claim: { value: ({ claim }) => claim },
    result: { value: ({ result }) => result, kind: 'status' },
    recorded: { value: ({ recorded }) => recorded },
    message: { value: ({ message }) => message },
  },
  usual: ['name', 'claim', 'result', 'recorded', 'message'],
  wide: ['profile', 'image', 'name', 'claim', 'result', 'recorded', 'message'],
  spare: ['name', 'recorded'],
  id: ({ image }) => image,
  json: (finding) => finding,
});
