import { humanDuration } from '../../core/quantity.ts';
import { defineView, type View } from '../view.ts';
import { imageView } from './image.ts';
import type { ImageGroup } from '../../core/image-group.ts';

const profiles = (value: unknown): string => (value as readonly string[]).join(', ');

/** Profiles that are behind, each with how much older its newest image of the group is, where that is known. */
function laggards({ behind, images: [newest, ...older] }: ImageGroup): string {
  const told = behind.map((name) => {
    const own = older.find(({ profile }) => profile === name);
    if (newest?.createdAt === undefined || own?.createdAt === undefined) return name;
    return `${name} (${humanDuration(Math.max(0, Date.parse(newest.createdAt) - Date.parse(own.createdAt)))})`;
  });
  return told.join(', ');
}

/** Groups of images, as `list --group-by` shows them. */
const groupView: View<ImageGroup> = defineView<ImageGroup>({
  name: 'groups of images',
  columns: {
    by: { value: (found) => found.by },
    group: { value: (found) => found.group, kind: 'id' },
    names: { value: (found) => [...new Set(found.images.map(({ name }) => name))], show: profiles, kind: 'list' },
    images: { value: (found) => found.images.length, kind: 'number' },
    newest: { value: (found) => found.images[0]?.createdAt, kind: 'age' },
    same: { value: (found) => found.same, show: profiles, kind: 'list' },
    behind: { value: (found) => found.behind, show: (_value, _io, found) => laggards(found), kind: 'list' },
    ahead: { value: (found) => found.ahead, show: profiles, kind: 'list' },
    missing: { value: (found) => found.missing, show: profiles, kind: 'list' },
    unknown: { value: (found) => found.unknown, show: profiles, kind: 'list' },
  },
  usual: ['group', 'newest', 'same', 'behind', 'ahead', 'missing', 'unknown'],
  wide: ['by', 'group', 'names', 'images', 'newest', 'same', 'behind', 'ahead', 'missing', 'unknown'],
  id: (found) => found.group,
  json: (found, options) => ({ ...found, images: found.images.map((image) => imageView.json(image, options)) }),
});

/** By content, the group is a digest, and what it is called is worth a column. */
export const groupViewBy = (by: ImageGroup['by']): View<ImageGroup> =>
  by === 'name' ? groupView : { ...groupView, usual: ['names', ...groupView.usual] };
