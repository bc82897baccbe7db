import type { Member } from '../../core/operation.ts';
import { defineView } from '../view.ts';

/** Who has access to an image. */
export const memberView = defineView<Member>({
  name: 'members',
  columns: {
    with: { value: (member) => member.with, kind: 'id' },
    state: { value: (member) => member.state, kind: 'status' },
    since: { value: (member) => member.since, kind: 'age' },
  },
  usual: ['with', 'state', 'since'],
  wide: ['with', 'state', 'since'],
  id: (member) => member.with,
  json: (member) => member,
});
